/*
 * What to try next.
 */
#ifndef SEARCH_H
#define SEARCH_H

#include <jansson.h>

struct err;
struct spec;

/*
 * A pure function of the specification and of the results so far (trial_run's,
 * in order): the next request for trial_run, or {"done":true,"reason"}.
 *
 * First the fixed trials: the baseline, then each allowed learner with its
 * default configuration, on all folds.  Then seeded random configurations on
 * two folds (rung 0), of which the better third goes on to all folds (rung 1).
 * The budget of seconds is counted over the results' own "seconds": a search
 * that does not hit it is deterministic.
 */
json_t *search_next(const struct spec *, const json_t *results, struct err *)
    __attribute__((warn_unused_result));

/* The best result on all folds, or NULL; of equals, the first.  Borrowed. */
const json_t *search_best(const struct spec *, const json_t *results);

/* How many trials the search will run if the seconds suffice. */
int search_planned(const struct spec *);

/* {"metric","trials":[…],"best_so_far":[…]}: the evaluation's "search". */
json_t *search_to_json(const struct spec *, const json_t *results);

#endif
