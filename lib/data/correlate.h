/*
 * Pearson correlations of pairs of columns, over the rows that have both.
 */
#ifndef CORRELATE_H
#define CORRELATE_H

#include <stddef.h>

/* Columns beyond these are left out: pairs grow with the square. */
#define CORRELATE_COLUMNS 64

struct correlate;

struct correlate *correlate_new(void);
void correlate_free(struct correlate *);

/* A place for a column, or -1 when there is none left. */
int correlate_place(struct correlate *);

/* One block of rows: first the values of each column (NaN where missing; mean
 * and missing are those of the block), then all pairs. */
void correlate_column(struct correlate *, int place, const double *x, size_t n,
    double mean, size_t missing);
void correlate_pairs(struct correlate *);

/* r of two places, NaN where it is not defined. */
double correlate_r(const struct correlate *, int a, int b);

#endif
