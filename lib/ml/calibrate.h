/*
 * Making probabilities mean what they say.
 */
#ifndef CALIBRATE_H
#define CALIBRATE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/ml/spec.h"

struct arena;

/* The form of lib/score/pack.h: Platt is 1 / (1 + exp(-(a logit(p) + b))),
 * isotonic is linear between knots and flat outside. */
struct calibration {
	enum calibration_kind kind; /* never CALIBRATE_AUTO */
	double a, b;
	double *x, *y;
	int n;
	double ece_before, ece_after; /* cross-fitted, ten bins */
	double brier_before, brier_after;
};

/*
 * From out-of-fold p[n] of class 1, y[n] 0 or 1, fold[n].  Both ways are
 * judged on folds that they were not fitted to; AUTO takes the one with the
 * lowest Brier score, if that is lower than without by one part in a hundred,
 * or the ECE is lower as well; else
 * none.  The result is fitted to all rows.
 */
void calibrate_fit(struct calibration *, enum calibration_kind, const double *p,
    const double *y, const uint8_t *fold, size_t n, struct arena *);

double calibrate_apply(const struct calibration *, double p);

#endif
