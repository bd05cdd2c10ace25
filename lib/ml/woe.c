#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/ml/woe.h"

#include "lib/banned.h"

#define FINE 50 /* cuts before merging */

struct point {
	double x, y;
};

static int
point_cmp(const void *a, const void *b)
{
	double x = ((const struct point *)a)->x,
	       y = ((const struct point *)b)->x;

	return (x > y) - (x < y);
}

static double
bin_woe(const struct woe_bin *b, double pos, double neg)
{
	return log((b->pos + 0.5) / pos) - log((b->neg + 0.5) / neg);
}

static double
bin_iv(const struct woe_bin *b, double pos, double neg)
{
	return (b->pos / pos - b->neg / neg) * bin_woe(b, pos, neg);
}

static double
rate(const struct woe_bin *b)
{
	return b->pos / (b->pos + b->neg);
}

static void
merge(struct woe_bin *bin, int *n, int at)
{
	bin[at].pos += bin[at + 1].pos;
	bin[at].neg += bin[at + 1].neg;
	memmove(
	    &bin[at + 1], &bin[at + 2], (size_t)(*n - at - 2) * sizeof(*bin));
	--*n;
}

/* Pool adjacent violators; direction +1: the rate rises. */
static void
pool(struct woe_bin *bin, int *n, int direction)
{
	for (int i = 0; i + 1 < *n;) {
		double step = rate(&bin[i + 1]) - rate(&bin[i]);

		if (step * direction > 0) {
			i++;
			continue;
		}
		merge(bin, n, i);
		if (i > 0)
			i--;
	}
}

/* Merge the pair that loses the least information. */
static void
merge_least(struct woe_bin *bin, int *n, double pos, double neg)
{
	double least = INFINITY;
	int at = 0;

	for (int i = 0; i + 1 < *n; i++) {
		struct woe_bin both = bin[i];
		double loss;

		both.pos += bin[i + 1].pos;
		both.neg += bin[i + 1].neg;
		loss = bin_iv(&bin[i], pos, neg) +
		       bin_iv(&bin[i + 1], pos, neg) - bin_iv(&both, pos, neg);
		if (loss < least) {
			least = loss;
			at = i;
		}
	}
	merge(bin, n, at);
}

/* A bin that is too small joins the neighbour whose rate is nearer. */
static void
merge_small(struct woe_bin *bin, int *n, double least)
{
	for (int i = 0; i<*n && * n> 1;) {
		if (bin[i].pos + bin[i].neg >= least) {
			i++;
			continue;
		}
		if (i == 0)
			merge(bin, n, 0);
		else if (i == *n - 1 ||
			 fabs(rate(&bin[i]) - rate(&bin[i - 1])) <=
			     fabs(rate(&bin[i + 1]) - rate(&bin[i])))
			merge(bin, n, --i);
		else
			merge(bin, n, i);
	}
}

static double
total_iv(const struct woe_bin *bin, int n, double pos, double neg)
{
	double iv = 0;

	for (int i = 0; i < n; i++)
		iv += bin_iv(&bin[i], pos, neg);
	return iv;
}

/* Cut into bins of a fiftieth of the rows, or as large as one value is. */
static int
cut_fine(struct woe_bin *bin, const struct point *p, size_t n)
{
	int count = 0;

	for (size_t i = 0; i < n; i++) {
		if (i == 0 ||
		    (p[i].x != p[i - 1].x && count < FINE &&
			(bin[count - 1].pos + bin[count - 1].neg) * FINE >=
			    (double)n)) {
			bin[count] = (struct woe_bin){ .from = p[i].x };
			count++;
		}
		if (p[i].y != 0)
			bin[count - 1].pos++;
		else
			bin[count - 1].neg++;
	}
	return count;
}

static void
totals(const double *y, size_t n, double *pos, double *neg)
{
	*pos = 0;
	for (size_t i = 0; i < n; i++)
		*pos += y[i] != 0;
	*neg = (double)n - *pos;
}

static void
close_bin(struct woe *w, struct woe_bin *b, double pos, double neg)
{
	if (b->pos + b->neg == 0)
		return;
	b->woe = bin_woe(b, pos, neg);
	w->iv += bin_iv(b, pos, neg);
}

void
woe_number(struct woe *w, const double *x, const double *y, size_t n, int max,
    double share, struct arena *a)
{
	struct point *p = arena_alloc(a, (n + 1) * sizeof(*p));
	struct woe_bin up[FINE + 1], down[FINE + 1], *best;
	double pos, neg;
	size_t known = 0;
	int nup, ndown;

	totals(y, n, &pos, &neg);
	for (size_t i = 0; i < n; i++)
		if (!isnan(x[i]))
			p[known++] = (struct point){ x[i], y[i] };
		else if (y[i] != 0)
			w->missing.pos++;
		else
			w->missing.neg++;
	qsort(p, known, sizeof(*p), point_cmp);
	nup = ndown = cut_fine(up, p, known);
	memcpy(down, up, sizeof(down));
	pool(up, &nup, 1);
	pool(down, &ndown, -1);
	merge_small(up, &nup, share * (double)n);
	merge_small(down, &ndown, share * (double)n);
	best = up;
	w->nbins = nup;
	if (total_iv(down, ndown, pos, neg) > total_iv(up, nup, pos, neg)) {
		best = down;
		w->nbins = ndown;
	}
	while (w->nbins > max)
		merge_least(best, &w->nbins, pos, neg);
	w->bin = arena_alloc(a, (size_t)(w->nbins + 1) * sizeof(*w->bin));
	memcpy(w->bin, best, (size_t)w->nbins * sizeof(*w->bin));
	if (w->nbins > 0)
		w->bin[0].from = -INFINITY;
	for (int i = 0; i < w->nbins; i++)
		close_bin(w, &w->bin[i], pos, neg);
	close_bin(w, &w->missing, pos, neg);
}

void
woe_category(struct woe *w, const int *level, int nlevels, const double *y,
    size_t n, double share, struct arena *a)
{
	double pos, neg;

	totals(y, n, &pos, &neg);
	w->nlevels = nlevels;
	w->level = arena_alloc(a, (size_t)(nlevels + 1) * sizeof(*w->level));
	for (size_t i = 0; i < n; i++) {
		struct woe_bin *b =
		    level[i] < 0 ? &w->missing : &w->level[level[i]];

		if (y[i] != 0)
			b->pos++;
		else
			b->neg++;
	}
	for (int i = 0; i < nlevels; i++) {
		struct woe_bin *b = &w->level[i];

		if (b->pos + b->neg < share * (double)n) {
			w->other.pos += b->pos;
			w->other.neg += b->neg;
		}
	}
	close_bin(w, &w->other, pos, neg);
	for (int i = 0; i < nlevels; i++) {
		struct woe_bin *b = &w->level[i];

		if (b->pos + b->neg < share * (double)n)
			b->woe = w->other.woe;
		else
			close_bin(w, b, pos, neg);
	}
	close_bin(w, &w->missing, pos, neg);
}
