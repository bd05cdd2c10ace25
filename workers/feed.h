/*
 * The journal, read for an audience: one LISTENing connection, one query for
 * all who are hungry, a look once a second at what no notification told, and
 * a way back when PostgreSQL was away.
 */
#ifndef FEED_H
#define FEED_H

#include <stddef.h>

struct audience;
struct err;
struct feed;

/* `head` bytes are left free before each event.  No connection yet. */
struct feed *feed_new(const char *conninfo, struct audience *, size_t head);
void feed_free(struct feed *);

/* Connect and LISTEN, then wake everybody; nothing is missed in between. */
int feed_connect(struct feed *, struct err *)
    __attribute__((warn_unused_result));
/* The connection's socket for poll(), or -1 while there is none. */
int feed_fd(const struct feed *);

/* Take in the notifications that have come. */
int feed_notified(struct feed *, struct err *)
    __attribute__((warn_unused_result));
/* Ask which runs went on unnoticed, and wake their listeners. */
int feed_look(struct feed *, struct err *) __attribute__((warn_unused_result));
/* Serve the hungry, or as many as go into one query, and call ready(arg) of
 * each that got something to send. */
int feed_serve(struct feed *, void (*ready)(void *), struct err *)
    __attribute__((warn_unused_result));

/* May a session read a run?  ERR_UNAUTHENTIC: the session has ended;
 * ERR_NOT_FOUND: there is no such run; else nobody can tell now. */
int feed_admit(struct feed *, const char *sid, const char *run_id, struct err *)
    __attribute__((warn_unused_result));

#endif
