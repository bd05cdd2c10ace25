/*
 * Who calls: from the access token, and from the session behind it.
 *
 * A token is verified once and remembered by its digest; whether its session
 * still stands is asked again each second, and at once when a logout on this
 * host says so.
 */
#ifndef SESSION_H
#define SESSION_H

struct conf;
struct err;
struct req;
struct session;

/* One a worker; keys_dir must hold a key. */
struct session *session_new(const struct conf *, struct err *)
    __attribute__((warn_unused_result));
void session_free(struct session *);

/* Fill req->who.  No token leaves it at ANYONE; a bad one is
 * ERR_UNAUTHENTIC. */
int session_take(struct session *, struct req *)
    __attribute__((warn_unused_result));

/* A new access token for a session; belongs to the request. */
const char *session_token(struct session *, struct req *, const char *user,
    const char *role, const char *sid) __attribute__((warn_unused_result));

/* The worker's own, for the handlers of group auth. */
extern struct session *session_here;

#endif
