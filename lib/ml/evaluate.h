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
 * predictions of a configuration (a trial's "config"): for the tools
 * model_evaluate, model_explain, fairness_check, stability_check.  "holdout"
 * and "baseline" are called "oof" and "baseline" here; "stability" compares
 * each fold with the others; "overfit" is {"train","oof","gap"} of the
 * objective.
 */
json_t *evaluate_development(struct study *, const json_t *config,
    const struct watch *, struct err *) __attribute__((warn_unused_result));

#endif
