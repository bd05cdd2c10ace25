/*
 * A reader of Universal Binary JSON (draft 12), as XGBoost writes its models.
 */
#ifndef UBJ_H
#define UBJ_H

#include <stddef.h>

struct arena;
struct err;
struct ubj;

#define UBJ_DEPTH_MAX 32

/* The document in n bytes, which must outlive it.  Damaged: ERR_MALFORMED,
 * with the offset in its text. */
const struct ubj *ubj_parse(const void *, size_t n, struct arena *,
    struct err *) __attribute__((warn_unused_result));

/* A member of an object by name; NULL when it is not there, or the value is no
 * object (NULL too, so that calls nest). */
const struct ubj *ubj_get(const struct ubj *, const char *name);
/* An array's length (0 for what is none), and elements. */
size_t ubj_len(const struct ubj *);
const struct ubj *ubj_item(const struct ubj *, size_t); /* of untyped arrays */
double ubj_num(const struct ubj *, size_t);             /* NaN if no number */
/* A number, or a text that reads as one; NaN for all else. */
double ubj_number(const struct ubj *);
/* The text of a string in the arena, or NULL. */
const char *ubj_text(const struct ubj *, struct arena *);

#endif
