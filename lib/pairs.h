/*
 * The pairs of a query string, decoded.
 */
#ifndef PAIRS_H
#define PAIRS_H

struct arena;
struct err;

#define PAIRS_MAX 64

struct pair {
	const char *name, *value;
};

/* Parse "a=1&b=2".  The pairs end with a NULL name and belong to the arena;
 * ERR_MALFORMED for a bad escape, a NUL, bytes that are no UTF-8, or more than
 * PAIRS_MAX of them. */
struct pair *pairs_parse(const char *, struct arena *, struct err *)
    __attribute__((warn_unused_result));

/* The value of the first pair of that name, or NULL. */
const char *pairs_find(const struct pair *, const char *name);

#endif
