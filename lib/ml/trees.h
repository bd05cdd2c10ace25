/*
 * Gradient-boosted trees and random forests, by libxgboost.
 *
 * A process that has called any of this must never fork: libxgboost's threads
 * do not survive it, and the child hangs.
 */
#ifndef TREES_H
#define TREES_H

#include <stddef.h>

struct arena;
struct err;
struct learned;
struct learner_input;

/* A table in libxgboost's form, to train on many times. */
struct xgb_data;

/* x[n * width], NaN where missing; y[n].  Neither is kept. */
struct xgb_data *trees_data(const float *x, const double *y, size_t n,
    size_t width, int threads, struct err *)
    __attribute__((warn_unused_result));
void trees_data_free(struct xgb_data *);

int trees_boost(const struct learner_input *, struct arena *, struct learned *,
    struct err *) __attribute__((warn_unused_result));
int trees_forest(const struct learner_input *, struct arena *, struct learned *,
    struct err *) __attribute__((warn_unused_result));

/* Multinomial logistic regression by the same library's linear booster:
 * weight[k * width] and bias[k] in the arena.  One thread, since its sums
 * depend on their number. */
int trees_multinomial(const struct learner_input *, double alpha, double lambda,
    struct arena *, struct learned *, struct err *)
    __attribute__((warn_unused_result));

/* What libxgboost itself predicts with a booster (ubj) of so many rounds:
 * p[n * k].  For checks of the packed scorer. */
int trees_reference(const void *booster, size_t size, int rounds,
    const float *x, size_t n, size_t width, int k, float *p, struct err *)
    __attribute__((warn_unused_result));

#endif
