#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "lib/arena.h"
#include "lib/json.h"
#include "lib/ml/curves.h"
#include "lib/ml/metric.h"

#include "lib/banned.h"

#define POINTS_MAX 200
#define BINS       10
#define BARS       20

struct point {
	double p, y;
};

static int
point_cmp(const void *a, const void *b)
{
	const struct point *x = a, *y = b;

	if (x->p != y->p)
		return x->p < y->p ? -1 : 1;
	return (x->y > y->y) - (x->y < y->y);
}

static json_t *
pair(double x, double y)
{
	return json_pack("[o,o]", json_finite(x), json_finite(y));
}

static int
label_of(const struct scored *s, size_t i)
{
	const double *p = s->p + i * (size_t)s->k;
	int best = 0;

	if (s->task == TASK_BINARY)
		return p[0] >= s->threshold;
	for (int c = 1; c < s->k; c++)
		if (p[c] > p[best])
			best = c;
	return best;
}

/* One point a probability, ascending: of the positive class, or of each class
 * against the rest. */
static struct point *
all_points(const struct scored *s, size_t *n, struct arena *a)
{
	size_t k = (size_t)s->k;
	struct point *q = arena_alloc(a, (s->n * k + 1) * sizeof(*q));

	*n = s->n * k;
	for (size_t i = 0; i < *n; i++)
		q[i] = (struct point){ s->p[i],
			s->task == TASK_BINARY ? s->y[i]
					       : s->y[i / k] == (int)(i % k) };
	qsort(q, *n, sizeof(*q), point_cmp);
	return q;
}

/* Both curves, walking down; where there are more points than are wanted,
 * those nearest to even steps along the curve. */
static void
rank_curves(const struct scored *s, json_t *curves, struct arena *a)
{
	json_t *roc = json_array(), *pr = json_array();
	double pos = 0, neg, tp = 0, fp = 0, next_roc = 0, next_pr = 0;
	const double step = 2.0 / (POINTS_MAX - 4);
	struct point *q;
	size_t n;

	q = all_points(s, &n, a);
	for (size_t i = 0; i < n; i++)
		pos += q[i].y;
	neg = (double)n - pos;
	json_array_append_new(roc, pair(0, 0));
	for (size_t i = n; i-- > 0 && pos > 0 && neg > 0;) {
		double x, y, precision;

		tp += q[i].y;
		fp += 1 - q[i].y;
		if (i > 0 && q[i - 1].p == q[i].p)
			continue;
		x = fp / neg;
		y = tp / pos;
		precision = tp / (tp + fp);
		if (x + y >= next_roc || i == 0) {
			json_array_append_new(roc, pair(x, y));
			next_roc = x + y + step;
		}
		if (json_array_size(pr) == 0)
			json_array_append_new(pr, pair(0, precision));
		if (y >= next_pr || i == 0) {
			json_array_append_new(pr, pair(y, precision));
			next_pr = y + step / 2;
		}
	}
	json_object_set_new(curves, "roc", roc);
	json_object_set_new(curves, "pr", pr);
}

static json_t *
calibration_bin(const struct point *q, size_t n)
{
	const double z = 1.959963984540054;
	double p = 0, y = 0, count = (double)n, centre, half;

	for (size_t i = 0; i < n; i++) {
		p += q[i].p;
		y += q[i].y;
	}
	p /= count;
	y /= count;
	centre = (y + z * z / (2 * count)) / (1 + z * z / count);
	half = z / (1 + z * z / count) *
	       sqrt(y * (1 - y) / count + z * z / (4 * count * count));
	return json_pack("{s:f,s:f,s:I,s:f,s:f}", "predicted", p, "observed", y,
	    "count", (json_int_t)n, "low", fmax(0, centre - half), "high",
	    fmin(1, centre + half));
}

static json_t *
calibration(const struct scored *s, struct arena *a)
{
	struct point *q = arena_alloc(a, (s->n + 1) * sizeof(*q));
	json_t *bins = json_array();

	for (size_t i = 0; i < s->n; i++) {
		int label = label_of(s, i);

		q[i] = s->task == TASK_BINARY
		           ? (struct point){ s->p[i], s->y[i] }
		           : (struct point){
				     s->p[i * (size_t)s->k + (size_t)label],
				     s->y[i] == label
			     };
	}
	qsort(q, s->n, sizeof(*q), point_cmp);
	for (size_t b = 0; b < BINS; b++) {
		size_t from = b * s->n / BINS, to = (b + 1) * s->n / BINS;

		if (to > from)
			json_array_append_new(
			    bins, calibration_bin(q + from, to - from));
	}
	return bins;
}

static json_t *
even_edges(double low, double high, int bars)
{
	json_t *edges = json_array();

	for (int i = 0; i <= bars; i++)
		json_array_append_new(
		    edges, json_real(low + (high - low) * i / bars));
	return edges;
}

static int
bar_of(double x, double low, double high, int bars)
{
	int b = (int)((x - low) / (high - low) * bars);

	return b < 0 ? 0 : b >= bars ? bars - 1 : b;
}

static json_t *
bars_json(const size_t *count, int bars)
{
	json_t *counts = json_array();

	for (int i = 0; i < bars; i++)
		json_array_append_new(
		    counts, json_integer((json_int_t)count[i]));
	return counts;
}

/* Of the rows of each class: the probability of the positive class, or of
 * their own. */
static json_t *
distribution(const struct scored *s, const char *const *class)
{
	json_t *classes = json_array();
	int k = s->task == TASK_BINARY ? 2 : s->k;

	for (int c = 0; c < k; c++) {
		size_t count[BARS] = { 0 };

		for (size_t i = 0; i < s->n; i++)
			if ((int)s->y[i] == c)
				count[bar_of(s->k == 1 ? s->p[i]
						       : s->p[i * (size_t)s->k +
							      (size_t)c],
				    0, 1, BARS)]++;
		json_array_append_new(
		    classes, json_pack("{s:s,s:o}", "label", class[c], "counts",
				 bars_json(count, BARS)));
	}
	return json_pack(
	    "{s:o,s:o}", "edges", even_edges(0, 1, BARS), "classes", classes);
}

static void
value_curves(const struct scored *s, json_t *curves)
{
	size_t count[BARS] = { 0 };
	double low = INFINITY, high = -INFINITY;
	json_t *pairs = json_array();
	size_t points = s->n < POINTS_MAX ? s->n : POINTS_MAX;

	for (size_t i = 0; i < s->n; i++) {
		low = fmin(low, s->y[i] - s->p[i]);
		high = fmax(high, s->y[i] - s->p[i]);
	}
	if (!(high > low)) {
		low -= 0.5;
		high += 0.5;
	}
	for (size_t i = 0; i < s->n; i++)
		count[bar_of(s->y[i] - s->p[i], low, high, BARS)]++;
	/* Rows stand in no order that says anything: evenly spaced ones do. */
	for (size_t i = 0; i < points; i++) {
		size_t row = i * s->n / points;

		json_array_append_new(pairs, pair(s->p[row], s->y[row]));
	}
	json_object_set_new(curves, "residuals",
	    json_pack("{s:o,s:o}", "edges", even_edges(low, high, BARS),
		"counts", bars_json(count, BARS)));
	json_object_set_new(curves, "predicted_actual", pairs);
}

json_t *
curves_make(const struct scored *s, const char *const *class)
{
	json_t *curves = json_object();
	struct arena *a = arena_new();

	if (s->task == TASK_REGRESSION) {
		value_curves(s, curves);
	} else {
		rank_curves(s, curves, a);
		json_object_set_new(curves, "calibration", calibration(s, a));
		json_object_set_new(
		    curves, "score_distribution", distribution(s, class));
	}
	arena_free(a);
	return curves;
}

json_t *
curves_confusion(const struct scored *s, const char *const *class)
{
	json_t *labels = json_array(), *matrix = json_array();
	int k = s->task == TASK_BINARY ? 2 : s->k;
	struct arena *a = arena_new();
	size_t *count = arena_alloc(a, (size_t)k * (size_t)k * sizeof(*count));

	for (size_t i = 0; i < s->n; i++)
		count[(int)s->y[i] * k + label_of(s, i)]++;
	for (int c = 0; c < k; c++) {
		json_array_append_new(labels, json_string(class[c]));
		json_array_append_new(matrix, bars_json(count + c * k, k));
	}
	arena_free(a);
	return json_pack("{s:o,s:o}", "labels", labels, "matrix", matrix);
}
