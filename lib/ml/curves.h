/*
 * Predictions as curves: what the plots of a report are drawn from.
 */
#ifndef CURVES_H
#define CURVES_H

#include <jansson.h>

struct scored;

/* The "curves" of the evaluation document: roc and pr (multiclass: micro-
 * averaged over one-vs-rest), calibration (ten bins of equal count, Wilson's
 * 95% interval; multiclass: of the label's probability), score_distribution;
 * regression: residuals and predicted_actual.  No curve has more than 200
 * points. */
json_t *curves_make(const struct scored *, const char *const *class);

/* {"labels","matrix"}: rows are the truth, columns the labels given. */
json_t *curves_confusion(const struct scored *, const char *const *class);

#endif
