/*
 * The evaluation document.
 */
#ifndef EVALUATE_H
#define EVALUATE_H

#include <jansson.h>

struct err;
struct model;
struct split;
struct study;
struct watch;

/*
 * Score the sealed rows, once, and say all that there is to say about the
 * model: the "evaluation" part of metrics.json.  results are the search's.
 * For the platform, in the evaluation phase; no tool calls it.
 */
json_t *evaluate_holdout(const struct model *, const struct split *,
    const json_t *results, const struct watch *, struct err *)
    __attribute__((warn_unused_result));

/*
 * The same document as far as development rows can give it, from out-of-fold
 * predictions of a configuration (a trial's "config"), for the tools
 * model_evaluate, model_explain, fairness_check and stability_check.  What is
 * "holdout" there is "oof" here; there is no "search".  The threshold is
 * chosen by the specification's rule on the same rows.  "stability" compares
 * the first validated fold with what it was trained on, "importance" and
 * "partial_dependence" are that fold's model's, and "overfit" is {"train",
 * "validated","gap"} of the objective on it, a gap above 0 meaning worse on
 * what was not trained on.
 */
json_t *evaluate_development(struct study *, const json_t *config,
    const struct watch *, struct err *) __attribute__((warn_unused_result));

#endif
