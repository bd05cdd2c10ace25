/*
 * A request as FastCGI hands it over: its parameters, taken once, and its body,
 * read when the row asks for it.
 */
#ifndef REQUEST_H
#define REQUEST_H

#include <stddef.h>

struct req;

/* Take what we read from the parameters ("NAME=value", ends with NULL); the
 * texts stay FastCGI's and live as long as the request.  Sets req->method to
 * 0 for one that no row can have.  *head is 1 for HEAD, which is a GET. */
int request_take(struct req *, char **params, int *head)
    __attribute__((warn_unused_result));

/* Read the body that a form expects: JSON, no more than body_max_kb.  Checks
 * its media type.  A row that reads its body itself (takes) is left alone. */
int request_body(struct req *) __attribute__((warn_unused_result));

/* The number after "wait=" in a Prefer header (RFC 7240); 0 without one. */
long request_wait(const char *prefer);

/* Whether an If-None-Match or If-Match header names this entity tag. */
int request_etag(const char *header, const char *etag);

#endif
