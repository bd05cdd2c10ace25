/*
 * A question put to cross-validation: does a change of the request help?
 */
#ifndef PROBE_H
#define PROBE_H

#include <jansson.h>

struct err;
struct work;

/*
 * Train one learner in its plain configuration on the same folds as the work
 * stands and as the request would have it, and compare fold by fold.  learner
 * NULL: the simplest that the run allows.  The result, the caller's:
 * {"learner","metric","before","after","gain","se","folds":[gain…]}, where a
 * gain is positive when the metric is better, and se is the standard error of
 * the mean over the folds.
 */
json_t *probe_compare(struct work *, const json_t *request, const char *learner,
    struct err *) __attribute__((warn_unused_result));

/* The folds' mean gain of one trial's result over another's ("gain", "se",
 * "folds"), both on the same folds. */
json_t *probe_paired(
    const struct work *, const json_t *before, const json_t *after);

#endif
