/*
 * Which fields a model goes by, and how.
 */
#ifndef IMPORTANCE_H
#define IMPORTANCE_H

#include <jansson.h>
#include <stddef.h>

struct err;
struct frame;
struct mws;
struct watch;

/* [{"feature","value"}]: the mean of |Shapley value| of each raw field over at
 * most 2,000 evenly spaced rows, in the space of the margin, summed over
 * classes; the most important first. */
json_t *importance_make(const struct mws *, const struct frame *,
    const struct watch *, struct err *) __attribute__((warn_unused_result));

/* [{"feature","kind","class"?,"points":[[x,y]]}] of the first n features of
 * an importance: the mean prediction over at most 300 rows, with the field set
 * to x in all of them.  Multiclass: the probability of `class`, the index of a
 * label. */
json_t *importance_partial(const struct mws *, const struct frame *,
    const json_t *importance, int n, int class, const struct watch *,
    struct err *) __attribute__((warn_unused_result));

#endif
