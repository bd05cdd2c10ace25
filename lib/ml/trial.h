/*
 * One trial: a configuration, trained on some folds and scored on the rest.
 */
#ifndef TRIAL_H
#define TRIAL_H

#include <jansson.h>
#include <stddef.h>

struct arena;
struct err;
struct fit;
struct scorer;
struct split;
struct watch;

/* What trials of one split share: prepared folds, and the out-of-fold
 * predictions of what was trained in this process.  It is a cache: every
 * result is the same with an empty one. */
struct study;

/* The split must outlive the study. */
struct study *study_new(const struct split *);
void study_free(struct study *);
const struct split *study_split(const struct study *);

/*
 * Run what search_next asked for: {"trial","rung","slot","config":{"learner",
 * "params"},"folds":[k…]}; an agent's own trial has no slot, and without folds
 * it is trained on all.  The result: {"trial","rung","slot"?,"config",
 * "metric","score","sd","folds":[{"fold","rows","score","rounds"}],"rounds",
 * "seconds"}, where config is complete, score the mean of the folds' and
 * rounds the mean of their best (0 for what has no rounds).  A configuration
 * that cannot be trained on these data (ridge on too many features) gives a
 * result with a null score and its "error".  All but "seconds" is a pure
 * function of split and request.  Labels are made at a threshold of 1/2 where
 * the objective needs any: the threshold is chosen later, once.
 */
json_t *trial_run(struct study *, const json_t *request, const struct watch *,
    struct err *) __attribute__((warn_unused_result));

/*
 * The out-of-fold predictions of a configuration: p[rows * k], NaN for rows
 * that were in no validated fold (by time: the first fold).  k is 1, or the
 * number of classes.  Belongs to the study.
 */
const double *trial_oof(struct study *, const json_t *config,
    const struct watch *, struct err *) __attribute__((warn_unused_result));

/* Train one fold again, and keep its model: fit and scorer are the arena's. */
int trial_fold(struct study *, const json_t *config, int fold,
    const struct watch *, struct arena *, struct fit *, struct scorer *,
    struct err *) __attribute__((warn_unused_result));

/* Which folds are validated: 0 to n - 1, by time 1 to n - 1. */
int trial_first_fold(const struct split *);

/* The seed of a learner: fold -1 is for all of the rows. */
unsigned long trial_seed(const struct split *, int fold);

#endif
