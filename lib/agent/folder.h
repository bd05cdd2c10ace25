/*
 * A folder of definition files, each parsed, in the order of their names.
 */
#ifndef FOLDER_H
#define FOLDER_H

#include <stddef.h>

struct arena;
struct err;

typedef void *folder_parse_fn(
    const char *text, size_t n, struct arena *, struct err *);

/* A file's bytes, at most max of them; NUL-terminated, of the arena.
 * ERR_NOT_FOUND when it is not there. */
char *folder_read(const char *path, size_t max, size_t *n, struct arena *,
    struct err *) __attribute__((warn_unused_result));

/* Parse each file DIR/…SUFFIX: NULL-terminated, of the arena.  The first that
 * cannot be parsed fails, with its name in the error. */
void **folder_load(const char *dir, const char *suffix, size_t max,
    folder_parse_fn *, struct arena *, struct err *)
    __attribute__((warn_unused_result));

#endif
