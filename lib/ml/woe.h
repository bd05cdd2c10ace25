/*
 * Weights of evidence: a field cut into bins, each with the logarithm of its
 * odds over the odds of all.
 *
 * WoE of a bin is ln((positives + 1/2) / P) - ln((negatives + 1/2) / N), and
 * the information value of a field the sum of (positives / P - negatives / N)
 * times WoE (Siddiqi, Credit Risk Scorecards, 2006; with that halves added a
 * bin without one class stays finite).  Numbers are cut at quantiles and
 * merged by pool-adjacent-violators until the rate rises or falls all the way,
 * in the direction that keeps more information; categories are bins by
 * themselves, rare ones pooled.
 */
#ifndef WOE_H
#define WOE_H

#include <stddef.h>

struct arena;

struct woe_bin {
	double from; /* numbers: from <= x < the next bin's from */
	double pos, neg;
	double woe;
};

struct woe {
	int field;
	double iv;
	struct woe_bin *bin; /* numbers */
	int nbins;
	struct woe_bin *level; /* categories: one a level of the schema */
	int nlevels;
	struct woe_bin missing; /* counts 0 where training had none: WoE 0 */
	struct woe_bin other;   /* the pool of rare levels, and unknown ones */
};

/* x[n] with NaN where missing, y[n] 0 or 1.  At most max bins, each with at
 * least `share` of the rows. */
void woe_number(struct woe *, const double *x, const double *y, size_t n,
    int max, double share, struct arena *);

/* level[n] with -1 where missing. */
void woe_category(struct woe *, const int *level, int nlevels, const double *y,
    size_t n, double share, struct arena *);

#endif
