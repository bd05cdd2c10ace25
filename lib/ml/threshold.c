#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "lib/arena.h"
#include "lib/ml/spec.h"
#include "lib/ml/threshold.h"

#include "lib/banned.h"

struct point {
	double p, y;
};

static int
point_cmp(const void *a, const void *b)
{
	double x = ((const struct point *)a)->p,
	       y = ((const struct point *)b)->p;

	return (x < y) - (x > y); /* descending */
}

static double
worth(const struct spec *s, double tp, double fp, double pos, double neg)
{
	double fn = pos - tp, tn = neg - fp, d;

	switch (s->threshold_rule) {
	case THRESHOLD_MCC:
		d = sqrt(tp + fp) * sqrt(tp + fn) * sqrt(tn + fp) *
		    sqrt(tn + fn);
		return d > 0 ? (tp * tn - fp * fn) / d : 0;
	case THRESHOLD_YOUDEN:
		return tp / pos - fp / neg;
	case THRESHOLD_COST:
		return -(s->cost_fp * fp + s->cost_fn * fn);
	default:
		return 2 * tp / (2 * tp + fp + fn);
	}
}

double
threshold_choose(
    const struct spec *s, const double *p, const double *y, size_t n)
{
	struct arena *a;
	struct point *q;
	double pos = 0, tp = 0, fp = 0, best, at = s->threshold;

	if (s->threshold_rule == THRESHOLD_FIXED || n == 0)
		return s->threshold;
	a = arena_new();
	q = arena_alloc(a, n * sizeof(*q));
	for (size_t i = 0; i < n; i++) {
		q[i] = (struct point){ p[i], y[i] };
		pos += y[i];
	}
	qsort(q, n, sizeof(*q), point_cmp);
	/* Costs may be least when nothing is called positive. */
	best = s->threshold_rule == THRESHOLD_COST
	           ? worth(s, 0, 0, pos, (double)n - pos)
	           : -INFINITY;
	at = 1;
	for (size_t i = 0; i < n; i++) {
		double v;

		tp += q[i].y;
		fp += 1 - q[i].y;
		if (i + 1 < n && q[i + 1].p == q[i].p)
			continue;
		v = worth(s, tp, fp, pos, (double)n - pos);
		if (v > best) {
			best = v;
			at = i + 1 < n ? (q[i].p + q[i + 1].p) / 2 : q[i].p / 2;
		}
	}
	arena_free(a);
	return at;
}
