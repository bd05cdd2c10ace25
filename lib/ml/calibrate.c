#include "config.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/ml/calibrate.h"
#include "lib/ml/metric.h"

#include "lib/banned.h"

#define BINS       10
#define TINY       1e-7 /* logits stay finite, and inside a float */
#define KNOTS_MAX  200
#define FOLDS      256
#define CLEAR_GAIN 0.99 /* of the Brier score */

struct point {
	double p, y;
};

/* Rows from..to of sorted points, as one step. */
struct block {
	double y, count, low, high;
};

static double
logit(double p)
{
	p = p < TINY ? TINY : p > 1 - TINY ? 1 - TINY : p;
	return log(p / (1 - p));
}

static double
sigmoid(double z)
{
	return 1 / (1 + exp(-z));
}

/* Newton's method with Platt's smoothed targets (Lin, Lin and Weng, 2007). */
static void
fit_platt(struct calibration *c, const struct point *q, size_t n)
{
	double pos = 0, neg, high, low;

	for (size_t i = 0; i < n; i++)
		pos += q[i].y;
	neg = (double)n - pos;
	high = (pos + 1) / (pos + 2);
	low = 1 / (neg + 2);
	c->a = 1;
	c->b = 0;
	for (int round = 0; round < 50; round++) {
		double ga = 0, gb = 0, haa = 1e-9, hab = 0, hbb = 1e-9, det;
		double da, db;

		for (size_t i = 0; i < n; i++) {
			double z = logit(q[i].p);
			double s = sigmoid(c->a * z + c->b), w = s * (1 - s);
			double e = s - (q[i].y != 0 ? high : low);

			ga += e * z;
			gb += e;
			haa += w * z * z;
			hab += w * z;
			hbb += w;
		}
		det = haa * hbb - hab * hab;
		if (!(fabs(det) > 1e-12))
			return;
		da = (hbb * ga - hab * gb) / det;
		db = (haa * gb - hab * ga) / det;
		/* Half steps keep a start far away from running off. */
		da = fmax(-2, fmin(2, da));
		db = fmax(-2, fmin(2, db));
		c->a -= da;
		c->b -= db;
		if (fabs(da) + fabs(db) < 1e-10)
			return;
	}
}

static int
point_cmp(const void *a, const void *b)
{
	double x = ((const struct point *)a)->p,
	       y = ((const struct point *)b)->p;

	return (x > y) - (x < y);
}

/* Pool adjacent violators; q is sorted. */
static size_t
pool(const struct point *q, size_t n, struct block *block)
{
	size_t m = 0;

	for (size_t i = 0; i < n;) {
		struct block b = { .low = q[i].p, .high = q[i].p };

		for (; i < n && q[i].p == b.low; i++) {
			b.y += q[i].y;
			b.count++;
		}
		while (m > 0 &&
		       block[m - 1].y * b.count >= b.y * block[m - 1].count) {
			m--;
			b.y += block[m].y;
			b.count += block[m].count;
			b.low = block[m].low;
		}
		block[m++] = b;
	}
	return m;
}

static void
add_knot(struct calibration *c, double x, double y)
{
	if (c->n > 0 && c->x[c->n - 1] >= x)
		return;
	c->x[c->n] = x;
	c->y[c->n++] = y;
}

static void
fit_isotonic(
    struct calibration *c, const struct point *q, size_t n, struct arena *a)
{
	struct block *block = arena_alloc(a, (n + 1) * sizeof(*block));
	size_t m = pool(q, n, block), step = 1 + 2 * m / KNOTS_MAX;

	c->x = arena_alloc(a, (2 * m + 2) * sizeof(*c->x));
	c->y = arena_alloc(a, (2 * m + 2) * sizeof(*c->y));
	c->n = 0;
	for (size_t i = 0; i < m; i++) {
		double y = block[i].y / block[i].count;
		double edge = 0.5 / ((double)n + 1); /* never quite certain */

		y = y < edge ? edge : y > 1 - edge ? 1 - edge : y;
		if (i % step != 0 && i + 1 < m)
			continue;
		add_knot(c, block[i].low, y);
		add_knot(c, block[i].high, y);
	}
}

static void
fit_kind(struct calibration *c, enum calibration_kind kind,
    const struct point *q, size_t n, struct arena *a)
{
	c->kind = kind;
	if (kind == CALIBRATE_PLATT)
		fit_platt(c, q, n);
	else if (kind == CALIBRATE_ISOTONIC)
		fit_isotonic(c, q, n, a);
}

double
calibrate_apply(const struct calibration *c, double p)
{
	int low = 0, high = c->n - 1;

	switch (c->kind) {
	case CALIBRATE_PLATT:
		return sigmoid(c->a * logit(p) + c->b);
	case CALIBRATE_ISOTONIC:
		if (p <= c->x[0])
			return c->y[0];
		if (p >= c->x[high])
			return c->y[high];
		while (high - low > 1) {
			int mid = (low + high) / 2;

			if (c->x[mid] <= p)
				low = mid;
			else
				high = mid;
		}
		return c->y[low] + (c->y[high] - c->y[low]) * (p - c->x[low]) /
		                       (c->x[high] - c->x[low]);
	default:
		return p;
	}
}

/* Brier score and ECE when each fold is calibrated by the others. */
static void
cross_fit(enum calibration_kind kind, const double *p, const double *y,
    const uint8_t *fold, size_t n, double *brier, double *ece)
{
	struct arena *a = arena_new();
	double *out = arena_alloc(a, (n + 1) * sizeof(*out));
	struct point *q = arena_alloc(a, (n + 1) * sizeof(*q));
	struct scored s = { TASK_BINARY, 1, n, y, out, 0.5 };
	bool seen[FOLDS] = { false };

	for (size_t i = 0; i < n; i++)
		seen[fold[i]] = true;
	for (int f = 0; f < FOLDS; f++) {
		struct calibration c = { 0 };
		size_t m = 0;

		if (!seen[f])
			continue;
		for (size_t i = 0; i < n; i++)
			if (fold[i] != f)
				q[m++] = (struct point){ p[i], y[i] };
		qsort(q, m, sizeof(*q), point_cmp);
		fit_kind(&c, m == 0 ? CALIBRATE_NONE : kind, q, m, a);
		for (size_t i = 0; i < n; i++)
			if (fold[i] == f)
				out[i] = calibrate_apply(&c, p[i]);
	}
	*brier = metric_value(METRIC_BRIER, &s);
	*ece = metric_ece(&s, BINS);
	arena_free(a);
}

/* Predictions that hug the base rate have a small ECE and a bad Brier score: a
 * clear gain in that is enough. */
static bool
helps(const double *brier, const double *ece, int kind)
{
	return ece[kind] < ece[CALIBRATE_NONE] ||
	       brier[kind] < CLEAR_GAIN * brier[CALIBRATE_NONE];
}

void
calibrate_fit(struct calibration *c, enum calibration_kind kind,
    const double *p, const double *y, const uint8_t *fold, size_t n,
    struct arena *a)
{
	enum calibration_kind best = CALIBRATE_NONE;
	double brier[CALIBRATE__MAX], ece[CALIBRATE__MAX];
	struct point *q = arena_alloc(a, (n + 1) * sizeof(*q));

	*c = (struct calibration){ 0 };
	for (int k = CALIBRATE_NONE; k < CALIBRATE__MAX; k++) {
		cross_fit((enum calibration_kind)k, p, y, fold, n, &brier[k],
		    &ece[k]);
		if (brier[k] < brier[best] && helps(brier, ece, k))
			best = (enum calibration_kind)k;
	}
	if (kind != CALIBRATE_AUTO)
		best = kind;
	c->ece_before = ece[CALIBRATE_NONE];
	c->ece_after = ece[best];
	c->brier_before = brier[CALIBRATE_NONE];
	c->brier_after = brier[best];
	for (size_t i = 0; i < n; i++)
		q[i] = (struct point){ p[i], y[i] };
	qsort(q, n, sizeof(*q), point_cmp);
	fit_kind(c, best, q, n, a);
}
