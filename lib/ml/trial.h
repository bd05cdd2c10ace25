/*
 * One trial: a configuration, trained on some folds and scored on the rest.
 */
#ifndef TRIAL_H
#define TRIAL_H

#include <jansson.h>
#include <stddef.h>

struct err;
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
 * Run what search_next asked for: {"trial","rung","config":{"learner",
 * "params","rounds_max"?},"folds":[k…]}.  The result:
 * {"trial","rung","config","metric","score","sd","folds":[{"fold","rows",
 * "score","rounds"}],"rounds","seconds"}, where score is the mean of the
 * folds' and rounds the mean of their best (0 for what has no rounds).  All
 * but "seconds" is a pure function of split and request.
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

#endif
