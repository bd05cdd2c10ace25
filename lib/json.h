/*
 * jansson with limits, and with errors that name the place.
 */
#ifndef JSON_H
#define JSON_H

#include <jansson.h>

struct arena;
struct err;

/* Deeper nesting than this is refused before jansson recurses into it. */
#define JSON_DEPTH_MAX 64

/* Parse text of n bytes.  Refuses duplicate members, NUL escapes, more than
 * JSON_DEPTH_MAX levels and numbers that are no finite double; the error is
 * ERR_MALFORMED with line and column.  The caller owns the result. */
json_t *json_parse(const char *text, size_t n, struct err *)
    __attribute__((warn_unused_result));

/* The same from a file of at most max bytes. */
json_t *json_parse_file(const char *path, size_t max, struct err *)
    __attribute__((warn_unused_result));

/* Compact text with sorted keys: the same value always gives the same bytes.
 * Belongs to the arena. */
char *json_text(const json_t *, struct arena *);

/* The same for people and other programs to read: reals with 12 significant
 * digits, so that a tenth is written 0.1.  Not for what is read back. */
char *json_say(const json_t *, struct arena *);

/* Members that are there and of the type, else the fallback. */
const char *json_str(const json_t *object, const char *key, const char *none);
double json_num(const json_t *object, const char *key, double none);
long long json_int(const json_t *object, const char *key, long long none);

/* A real, or null when it is not finite (JSON has no NaN). */
json_t *json_finite(double);

#endif
