/*
 * Calls to the REST interface: JSON in, JSON out, a refusal as an error.
 */
#ifndef HTTP_H
#define HTTP_H

#include <jansson.h>
#include <stdio.h>

struct ctl;
struct err;

/* A path of formatted words; %s are escaped for use in a path or a query. */
const char *http_path(struct ctl *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The path with one more parameter; a NULL value adds nothing. */
const char *http_with(
    struct ctl *, const char *path, const char *name, const char *value);

/* Call the server.  The body may be NULL; the answer is the caller's, or NULL
 * where there was none (204).  A refusal is an error of its own kind, with
 * the document in ctl->problem.  What can be repeated without harm is
 * repeated a few times when the server is away for a moment: GET, and a POST
 * with a key (an Idempotency-Key; may be NULL). */
int http_call(struct ctl *, const char *method, const char *path,
    const json_t *body, const char *key, json_t **answer, struct err *)
    __attribute__((warn_unused_result));

/* POST a file as it is. */
int http_upload(struct ctl *, const char *path, const char *file,
    const char *media_type, json_t **answer, struct err *)
    __attribute__((warn_unused_result));

/* GET into a file. */
int http_download(struct ctl *, const char *path, FILE *, struct err *)
    __attribute__((warn_unused_result));

#endif
