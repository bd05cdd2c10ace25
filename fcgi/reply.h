/*
 * What goes back to the client: an answer, or a problem document (RFC 9457).
 */
#ifndef REPLY_H
#define REPLY_H

#include <stddef.h>

struct buf;
struct req;
struct res;

/* Turn req->err into an answer. */
void reply_problem(struct req *, struct res *, unsigned allow);

/* The head as CGI writes it, up to and with the empty line. */
void reply_head(const struct req *, const struct res *, struct buf *);

/* The reason phrase of a status that we send. */
const char *reply_reason(int status);

/* "GET, HEAD, POST" of a set of methods. */
const char *reply_allow(const struct req *, unsigned);

#endif
