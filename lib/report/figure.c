/*
 * How well the model does: curves, scores, errors.
 */
#include "config.h"

#include <math.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/banned.h"
#include "lib/json.h"
#include "lib/report/figure.h"
#include "lib/report/figure_part.h"
#include "lib/report/measure.h"
#include "lib/report/series.h"

#define CURVE_MAX 1000
#define BINS_MAX  200

struct plot *
figure_new(struct arena *a, const char *name, const char *title,
    struct plot_series *series, size_t n)
{
	struct plot *p = arena_alloc(a, sizeof(*p));

	p->name = name;
	p->title = title;
	p->alt = title;
	p->series = series;
	p->nseries = n;
	return p;
}

struct plot_series
figure_guide(struct arena *a, const char *name, double x0, double y0, double x1,
    double y1)
{
	double *v = arena_alloc(a, 4 * sizeof(*v));

	v[0] = x0;
	v[1] = x1;
	v[2] = y0;
	v[3] = y1;
	return (struct plot_series){ .kind = PLOT_LINE,
		.name = name,
		.colour = PLOT_MUTED,
		.dashed = 1,
		.n = 2,
		.x = v,
		.y = v + 2 };
}

static const json_t *
curve(const json_t *evaluation, const char *name)
{
	return json_object_get(json_object_get(evaluation, "curves"), name);
}

static double
metric(const json_t *evaluation, const char *name)
{
	return json_num(
	    json_object_get(json_object_get(evaluation, "holdout"), name),
	    "value", NAN);
}

static struct plot *
unit_square(struct arena *a, const char *name, const char *title,
    struct plot_series *s, size_t n)
{
	struct plot *p = figure_new(a, name, title, s, n);

	p->square = 1;
	p->x.high = p->y.high = 1;
	return p;
}

const struct plot *
figure_roc(struct arena *a, const json_t *evaluation)
{
	struct plot_series *s = arena_alloc(a, 2 * sizeof(*s));
	double *x, *y, auc = metric(evaluation, "roc_auc");
	struct plot *p;
	size_t n = series_pairs(a, curve(evaluation, "roc"), CURVE_MAX, &x, &y);

	if (n < 2)
		return NULL;
	s[0] = figure_guide(a, "guessing", 0, 0, 1, 1);
	s[1] = (struct plot_series){ .kind = PLOT_LINE,
		.name =
		    isfinite(auc) ? arena_printf(a, "AUC %.3f", auc) : "model",
		.n = n,
		.x = x,
		.y = y };
	p = unit_square(a, "roc", "ROC curve", s, 2);
	p->x.label = "False positive rate";
	p->y.label = "True positive rate";
	return p;
}

const struct plot *
figure_pr(struct arena *a, const json_t *evaluation)
{
	struct plot_series *s = arena_alloc(a, 2 * sizeof(*s));
	double *x, *y, auc = metric(evaluation, "pr_auc");
	double base = json_num(
	    json_object_get(json_object_get(evaluation, "baseline"), "pr_auc"),
	    "value", NAN);
	struct plot *p;
	size_t n = series_pairs(a, curve(evaluation, "pr"), CURVE_MAX, &x, &y);

	if (n < 2)
		return NULL;
	s[0] = figure_guide(
	    a, isfinite(base) ? "guessing" : NULL, 0, base, 1, base);
	s[1] = (struct plot_series){ .kind = PLOT_LINE,
		.name = isfinite(auc) ? arena_printf(a, "PR AUC %.3f", auc)
		                      : "model",
		.n = n,
		.x = x,
		.y = y };
	p = unit_square(a, "pr", "Precision and recall", s, 2);
	p->x.label = "Recall";
	p->y.label = "Precision";
	return p;
}

const struct plot *
figure_calibration(struct arena *a, const json_t *evaluation)
{
	const json_t *bins = curve(evaluation, "calibration");
	struct plot_series *s = arena_alloc(a, 3 * sizeof(*s));
	struct plot *p;
	size_t n;

	s[1] = (struct plot_series){ .kind = PLOT_SCATTER,
		.x = series_members(a, bins, "predicted", BINS_MAX, &n),
		.y = series_members(a, bins, "observed", BINS_MAX, &n),
		.low = series_members(a, bins, "low", BINS_MAX, &n),
		.high = series_members(a, bins, "high", BINS_MAX, &n) };
	if (n == 0)
		return NULL;
	s[1].n = n;
	s[0] = figure_guide(a, "perfect", 0, 0, 1, 1);
	s[2] = s[1];
	s[2].kind = PLOT_LINE;
	s[2].low = s[2].high = NULL;
	s[1].name = "observed (95%)";
	p = unit_square(a, "calibration", "Calibration", s, 3);
	p->x.label = "Mean predicted probability";
	p->y.label = "Observed share";
	return p;
}

const struct plot *
figure_scores(struct arena *a, const json_t *evaluation)
{
	const json_t *d = curve(evaluation, "score_distribution");
	const json_t *classes = json_object_get(d, "classes");
	size_t edges, k = json_array_size(classes), n = 0;
	double *x = series_numbers(
	    a, json_object_get(d, "edges"), BINS_MAX + 1, &edges);
	double threshold = json_num(evaluation, "threshold", NAN);
	struct plot_series *s;
	struct plot *p;

	/* More than a few on top of each other show nothing. */
	if (k > 4)
		k = 4;
	s = arena_alloc(a, (k + 1) * sizeof(*s));
	for (size_t i = 0; i < k && edges > 1; i++) {
		const json_t *class = json_array_get(classes, i);
		size_t bars;
		double *y = series_numbers(
		    a, json_object_get(class, "counts"), BINS_MAX, &bars);
		double sum = 0;

		for (size_t j = 0; j < bars; j++)
			sum += isfinite(y[j]) ? y[j] : 0;
		if (bars + 1 != edges || !(sum > 0))
			continue;
		/* Shares, as classes differ in size. */
		for (size_t j = 0; j < bars; j++)
			y[j] /= sum;
		s[n] = (struct plot_series){ .kind = PLOT_HIST,
			.name = series_word(a, json_object_get(class, "label")),
			.colour = (int)n,
			.n = bars,
			.x = x,
			.y = y };
		n++;
	}
	if (n == 0)
		return NULL;
	p = figure_new(a, "score-distribution", "Scores by actual class", s, n);
	p->x.label = "Score";
	p->y.label = "Share of the class";
	if (isfinite(threshold)) {
		double *guide = arena_alloc(a, sizeof(*guide));

		*guide = threshold;
		p->guides = guide;
		p->nguides = 1;
	}
	return p;
}

const struct plot *
figure_confusion(struct arena *a, const json_t *evaluation)
{
	const json_t *c = json_object_get(evaluation, "confusion");
	const json_t *matrix = json_object_get(c, "matrix");
	size_t k = json_array_size(json_object_get(c, "labels")), n = 0;
	struct plot_series *s;
	struct plot *p;
	double *v;

	if (k < 2 || k > FIGURE_CLASSES_MAX || json_array_size(matrix) < k)
		return NULL;
	v = arena_alloc(a, 4 * k * k * sizeof(*v));
	for (size_t i = 0; i < k; i++) {
		const json_t *row = json_array_get(matrix, i);
		double sum = 0;

		for (size_t j = 0; j < k; j++)
			sum += fmax(0, series_number(json_array_get(row, j)));
		for (size_t j = 0; j < k; j++, n++) {
			double x = series_number(json_array_get(row, j));

			v[n] = (double)j;
			v[k * k + n] = (double)i;
			v[2 * k * k + n] = sum > 0 ? x / sum : 0;
			v[3 * k * k + n] = x;
		}
	}
	s = arena_alloc(a, sizeof(*s));
	*s = (struct plot_series){ .kind = PLOT_TILE,
		.n = n,
		.x = v,
		.y = v + k * k,
		.low = v + 2 * k * k,
		.high = v + 3 * k * k };
	p = figure_new(a, "confusion", "Confusion matrix", s, 1);
	p->square = 1;
	p->x.categories = series_words(a, json_object_get(c, "labels"), k, &k);
	p->x.ncategories = p->y.ncategories = k;
	p->y.categories = p->x.categories;
	p->x.label = "Predicted";
	p->y.label = "Actual";
	return p;
}

const struct plot *
figure_predicted(struct arena *a, const json_t *evaluation)
{
	struct plot_series *s = arena_alloc(a, 2 * sizeof(*s));
	double *x, *y, low = INFINITY, high = -INFINITY;
	size_t n = series_pairs(a, curve(evaluation, "predicted_actual"),
	    FIGURE_POINTS_MAX, &x, &y);
	struct plot *p;

	for (size_t i = 0; i < n; i++)
		if (isfinite(x[i]) && isfinite(y[i])) {
			low = fmin(low, fmin(x[i], y[i]));
			high = fmax(high, fmax(x[i], y[i]));
		}
	if (!(low <= high))
		return NULL;
	s[0] = figure_guide(a, "perfect", low, low, high, high);
	s[1] = (struct plot_series){ .kind = PLOT_SCATTER,
		.name = "a row of the holdout",
		.n = n,
		.x = x,
		.y = y };
	p = figure_new(
	    a, "predicted-actual", "Predicted and actual values", s, 2);
	p->square = 1;
	p->x.label = "Predicted";
	p->y.label = "Actual";
	return p;
}

static const struct plot *
histogram(struct arena *a, const json_t *v, const char *name, const char *title,
    const char *label)
{
	struct plot_series *s = arena_alloc(a, sizeof(*s));
	struct plot *p;
	size_t edges, n;

	s->kind = PLOT_HIST;
	s->x = series_numbers(
	    a, json_object_get(v, "edges"), BINS_MAX + 1, &edges);
	s->y = series_numbers(a, json_object_get(v, "counts"), BINS_MAX, &n);
	s->n = n;
	if (n == 0 || edges != n + 1)
		return NULL;
	p = figure_new(a, name, title, s, 1);
	p->x.label = label;
	p->y.label = "Rows";
	p->y.integer = 1;
	return p;
}

const struct plot *
figure_residuals(struct arena *a, const json_t *evaluation)
{
	return histogram(a, curve(evaluation, "residuals"), "residuals",
	    "Residuals", "Actual less predicted");
}

/* Where the model and the baseline stand, for metrics of one scale. */
const struct plot *
figure_metrics(struct arena *a, const json_t *evaluation)
{
	size_t n = 0, rows = 0;
	const char **label;
	struct plot_series *s = arena_alloc(a, sizeof(*s));
	struct measured m;
	struct plot *p;
	double *v, lowest = 0;

	while (measures[rows].name != NULL)
		rows++;
	label = arena_alloc(a, rows * sizeof(*label));
	v = arena_alloc(a, 4 * rows * sizeof(*v));
	for (size_t i = 0; i < rows; i++) {
		if (!measures[i].bounded ||
		    measured_read(&m, evaluation, &measures[i]) == -1 ||
		    m.value < -1)
			continue;
		label[n] = measures[i].label;
		v[n] = m.value;
		v[rows + n] = m.baseline;
		v[2 * rows + n] = m.low;
		v[3 * rows + n] = m.high;
		n++;
	}
	if (n < 2)
		return NULL;
	*s = (struct plot_series){ .kind = PLOT_DUMBBELL,
		.name = "model (95%); ring: baseline",
		.n = n,
		.x = v,
		.y = v + rows,
		.low = v + 2 * rows,
		.high = v + 3 * rows };
	p = figure_new(a, "metrics", "Beside the baseline", s, 1);
	p->y.categories = label;
	p->y.ncategories = n;
	for (size_t i = 0; i < n; i++)
		lowest = fmin(lowest, fmin(v[i], v[2 * rows + i]));
	p->x.low = lowest < 0 ? -1 : 0;
	p->x.high = 1;
	return p;
}

const struct plot *
figure_column(
    struct arena *a, const json_t *column, size_t number, const char *title)
{
	const char *name = arena_printf(a, "column-%02zu", number);
	const json_t *top = json_object_get(column, "top"), *item;
	size_t i, n = 0;
	struct plot_series *s;
	const struct plot *hist;
	const char **label;
	struct plot *p;
	double *v;

	if (title == NULL)
		title = json_str(column, "name", "");
	hist = histogram(
	    a, json_object_get(column, "histogram"), name, title, NULL);
	if (hist != NULL)
		return hist;
	s = arena_alloc(a, sizeof(*s));
	v = arena_alloc(a, FIGURE_CLASSES_MAX * sizeof(*v));
	label = arena_alloc(a, FIGURE_CLASSES_MAX * sizeof(*label));
	json_array_foreach (top, i, item) {
		double count = json_num(item, "count", NAN);

		if (n == FIGURE_CLASSES_MAX)
			break;
		if (!isfinite(count))
			continue;
		label[n] = series_word(a, json_object_get(item, "value"));
		v[n++] = count;
	}
	if (n == 0)
		return NULL;
	*s = (struct plot_series){ .kind = PLOT_BAR, .n = n, .y = v };
	p = figure_new(a, name, title, s, 1);
	p->y.categories = label;
	p->y.ncategories = n;
	p->x.label = "Rows";
	p->x.integer = 1;
	return p;
}
