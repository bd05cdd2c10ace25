/*
 * Mean, spread and skew of a stream of numbers, and its histogram.
 */
#ifndef MOMENTS_H
#define MOMENTS_H

#include <stddef.h>
#include <stdint.h>

/* Sums of powers of the distance from the mean. */
struct moments {
	size_t n;
	double mean, m2, m3, min, max;
};

/* What one block of values has. */
struct moments moments_of(const double *x, size_t n);
void moments_add(struct moments *, const struct moments *);
double moments_sd(const struct moments *);   /* of a sample: n - 1 */
double moments_skew(const struct moments *); /* g1 = m3 / m2^1.5 */

/*
 * Counts in bins whose width is a power of two and whose edges are multiples of
 * it.  When a value falls outside, neighbours are joined, so that every count
 * is exact whatever the order of the values, and no range has to be known.
 */
#define HISTOGRAM_BINS 512

struct histogram {
	int exponent; /* of the width */
	double first; /* the first bin's edge, in widths */
	double scale; /* 1 / width; 0 before the first value */
	double min, max;
	uint64_t count[HISTOGRAM_BINS];
};

void histogram_add(
    struct histogram *, const double *x, size_t n, double min, double max);

/* At most max bins that hold all values, none narrower than `narrowest`.
 * edge[max + 1], count[max].  Returns how many. */
size_t histogram_bins(const struct histogram *, double narrowest, size_t max,
    double *edge, uint64_t *count);

#endif
