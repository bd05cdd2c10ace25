/*
 * Linear models, and the constant one: by liblinear, LAPACK, XGBoost.
 */
#ifndef LINEAR_H
#define LINEAR_H

#include <stddef.h>

struct arena;
struct err;
struct learned;
struct learner_input;

/* The share of each class or the mean of the target, whatever the features. */
int linear_baseline(const struct learner_input *, struct arena *,
    struct learned *, struct err *) __attribute__((warn_unused_result));

/* Binary: liblinear, L2 by trust region or L1 by coordinate descent, with a
 * constant feature of 10 in place of an intercept, which so is hardly
 * penalised.  Multiclass: multinomial, see trees_multinomial. */
int linear_logistic(const struct learner_input *, struct arena *,
    struct learned *, struct err *) __attribute__((warn_unused_result));

/* (X'X + lambda I) w = X'y on centred X and y, by Cholesky. */
int linear_ridge(const struct learner_input *, struct arena *, struct learned *,
    struct err *) __attribute__((warn_unused_result));

/* The first of these for others: weights of the columns of x[n * width] that
 * `use` allows (NULL: all), and the intercept last: w[width + 1]. */
int linear_binary(const float *x, const double *y, size_t n, size_t width,
    const unsigned char *use, double c, int l1, double *w, struct err *)
    __attribute__((warn_unused_result));

/* The mean of each column, what contributions are told against. */
float *linear_means(const float *x, size_t n, size_t width, struct arena *);

#endif
