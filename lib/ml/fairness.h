/*
 * How a model treats groups of people.
 *
 * Selected means given the favourable label.  The selection-rate ratio is the
 * least over the greatest selection rate of the groups that are large enough
 * (the four-fifths rule of 29 CFR 1607.4(D) looks at it), the equal-
 * opportunity difference the greatest gap between true positive rates, and the
 * equalised-odds difference the greater of that and of the gap between false
 * positive rates, positive meaning favourable in both.
 */
#ifndef FAIRNESS_H
#define FAIRNESS_H

#include <jansson.h>
#include <stddef.h>

struct frame;
struct scored;
struct spec;

/*
 * [{"attribute","favourable","reference","groups":[{"group","n","small",
 * "base_rate","selection_rate","tpr","fpr","auc","mean_score","ece"}],
 * "selection_rate_ratio","four_fifths","equal_opportunity_difference",
 * "equalised_odds_difference"}], one a protected attribute of the
 * specification.  rows[n] of the frame are those of the scored (NULL: the
 * first n).  base_rate, auc, mean_score and ece are of the positive class, or
 * of the values in a regression, which has no rates; multiclass has rates only
 * if a favourable class is named.  Numbers are grouped by their quarters, what
 * is missing is a group.  Groups of fewer than 20 rows are shown, and left out
 * of ratio and differences.
 */
json_t *fairness_make(const struct spec *, const struct scored *,
    const char *const *class, const struct frame *, const size_t *rows);

#endif
