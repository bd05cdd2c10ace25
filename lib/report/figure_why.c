/*
 * Why the model does what it does, for whom, and for how long: importance,
 * dependence, fairness, stability, and the search that led to it.
 */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/banned.h"
#include "lib/json.h"
#include "lib/report/figure.h"
#include "lib/report/figure_part.h"
#include "lib/report/measure.h"
#include "lib/report/series.h"

struct bar {
	const char *label;
	double value;
	size_t place;
};

static int
by_value(const void *x, const void *y)
{
	const struct bar *a = x, *b = y;

	if (a->value != b->value)
		return a->value > b->value ? -1 : 1;
	return a->place < b->place ? -1 : 1;
}

/* [{label, value}] as flat bars, the largest first. */
static struct plot *
bars(struct arena *a, const json_t *array, const char *label, const char *value,
    const char *name, const char *title)
{
	struct plot_series *s = arena_alloc(a, sizeof(*s));
	const char **words = arena_alloc(a, FIGURE_ROWS_MAX * sizeof(*words));
	double *v = arena_alloc(a, FIGURE_ROWS_MAX * sizeof(*v));
	struct bar *all =
	    arena_alloc(a, (json_array_size(array) + 1) * sizeof(*all));
	const json_t *item;
	struct plot *p;
	size_t i, n = 0;

	json_array_foreach (array, i, item) {
		double x = json_num(item, value, NAN);

		if (isfinite(x))
			all[n++] = (struct bar){
				series_word(a, json_object_get(item, label)), x,
				i
			};
	}
	if (n == 0)
		return NULL;
	qsort(all, n, sizeof(*all), by_value);
	n = n < FIGURE_ROWS_MAX ? n : FIGURE_ROWS_MAX;
	for (i = 0; i < n; i++) {
		words[i] = all[i].label;
		v[i] = all[i].value;
	}
	*s = (struct plot_series){ .kind = PLOT_BAR, .n = n, .y = v };
	p = figure_new(a, name, title, s, 1);
	p->y.categories = words;
	p->y.ncategories = n;
	return p;
}

const struct plot *
figure_importance(struct arena *a, const json_t *evaluation)
{
	struct plot *p = bars(a, json_object_get(evaluation, "importance"),
	    "feature", "value", "importance", "Importance of the features");

	if (p != NULL)
		p->x.label = "Mean absolute SHAP value";
	return p;
}

const struct plot *
figure_stability(struct arena *a, const json_t *evaluation)
{
	/* The conventional limits of the population stability index. */
	static const double limits[] = { 0.1, 0.25 };
	const json_t *stability = json_object_get(evaluation, "stability");
	struct plot *p = bars(a, json_object_get(stability, "features"),
	    "feature", "psi", "stability", "Stability of the features");

	if (p == NULL)
		return NULL;
	p->x.label = "PSI, development against holdout";
	p->guides = limits;
	p->nguides = 2;
	return p;
}

const struct plot *
figure_dependence(struct arena *a, const json_t *evaluation, size_t i)
{
	const json_t *d = json_array_get(
	    json_object_get(evaluation, "partial_dependence"), i);
	const json_t *points = json_object_get(d, "points");
	const char *feature = json_str(d, "feature", "");
	int number = strcmp(json_str(d, "kind", "number"), "number") == 0;
	struct plot_series *s = arena_alloc(a, sizeof(*s));
	struct plot *p;
	double *x, *y;
	size_t n = series_pairs(a, points, 500, &x, &y);
	size_t known = 0;

	for (size_t j = 0; j < n; j++)
		known += isfinite(y[j]) && (!number || isfinite(x[j]));
	if (known == 0)
		return NULL;
	p = figure_new(a, arena_printf(a, "partial-dependence-%02zu", i + 1),
	    feature, s, 1);
	p->alt = arena_printf(
	    a, "Partial dependence of the prediction on %.200s", feature);
	if (number) {
		*s = (struct plot_series){
			.kind = PLOT_LINE, .n = n, .x = x, .y = y
		};
		p->y.label = "Mean prediction";
		return p;
	}
	if (n > FIGURE_CLASSES_MAX)
		n = FIGURE_CLASSES_MAX;
	{
		const char **words = arena_alloc(a, n * sizeof(*words));

		/* Read again, unthinned: x are words. */
		for (size_t j = 0; j < n; j++) {
			const json_t *pair = json_array_get(points, j);

			words[j] = series_word(a, json_array_get(pair, 0));
			y[j] = series_number(json_array_get(pair, 1));
		}
		p->y.categories = words;
	}
	*s = (struct plot_series){ .kind = PLOT_DUMBBELL, .n = n, .x = y };
	p->y.ncategories = n;
	p->x.label = "Mean prediction";
	return p;
}

const struct plot *
figure_sensitivity(struct arena *a, const json_t *evaluation)
{
	const json_t *v = json_object_get(evaluation, "sensitivity");
	struct plot_series *s = arena_alloc(a, 2 * sizeof(*s));
	struct plot *p;
	size_t n;

	s[0] = (struct plot_series){ .kind = PLOT_LINE,
		.x = series_members(a, v, "noise_sd", 200, &n),
		.y = series_members(a, v, "metric_drop", 200, &n) };
	if (n < 2)
		return NULL;
	s[0].n = n;
	s[1] = s[0];
	s[1].kind = PLOT_SCATTER;
	p = figure_new(a, "sensitivity", "Sensitivity to noise", s, 2);
	p->x.label = "Noise added, in standard deviations";
	p->y.label = "Loss of the metric";
	p->y.zero = 1;
	return p;
}

/* Wilson's interval of a share, which holds for small groups too. */
static void
share_interval(double p, double n, double *low, double *high)
{
	const double z = 1.959963984540054;
	double half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n));

	*low = (p + z * z / (2 * n) - half) / (1 + z * z / n);
	*high = (p + z * z / (2 * n) + half) / (1 + z * z / n);
}

/* The share of a group that is favourable in fact.  base_rate is of the
 * positive class, which of two may be the other one. */
static double
favourable_rate(
    const json_t *evaluation, const json_t *attribute, const json_t *group)
{
	const char *positive = json_str(evaluation, "positive", "");
	const char *favourable = json_str(attribute, "favourable", positive);
	double rate = json_num(group, "base_rate", NAN);

	if (strcmp(positive, favourable) == 0)
		return rate;
	return *positive != '\0' ? 1 - rate : NAN;
}

const struct plot *
figure_fairness(struct arena *a, const json_t *evaluation, size_t i)
{
	const json_t *attribute =
	    json_array_get(json_object_get(evaluation, "fairness"), i);
	const json_t *groups = json_object_get(attribute, "groups"), *g;
	const char *favourable = json_str(attribute, "favourable", NULL);
	const char *name = json_str(attribute, "attribute", "");
	struct plot_series *s = arena_alloc(a, sizeof(*s));
	const char **words = arena_alloc(a, FIGURE_ROWS_MAX * sizeof(*words));
	double *v = arena_alloc(a, 4 * FIGURE_ROWS_MAX * sizeof(*v));
	double *low = v + 2 * FIGURE_ROWS_MAX, *high = v + 3 * FIGURE_ROWS_MAX;
	struct plot *p;
	size_t j, n = 0;

	json_array_foreach (groups, j, g) {
		double rate = json_num(g, "selection_rate", NAN);

		if (n == FIGURE_ROWS_MAX)
			break;
		if (!isfinite(rate))
			continue;
		words[n] = series_word(a, json_object_get(g, "group"));
		v[n] = rate;
		v[FIGURE_ROWS_MAX + n] =
		    favourable_rate(evaluation, attribute, g);
		share_interval(rate, json_num(g, "n", NAN), &low[n], &high[n]);
		n++;
	}
	if (n == 0)
		return NULL;
	*s = (struct plot_series){ .kind = PLOT_DUMBBELL,
		.name = "selection rate (95%); ring: actual rate",
		.n = n,
		.x = v,
		.y = v + FIGURE_ROWS_MAX,
		.low = low,
		.high = high };
	p = figure_new(a, arena_printf(a, "fairness-%02zu", i + 1),
	    favourable != NULL
		? arena_printf(
		      a, "Labelled “%.60s”, by %.100s", favourable, name)
		: arena_printf(a, "Selection rate by %.100s", name),
	    s, 1);
	p->y.categories = words;
	p->y.ncategories = n;
	p->x.low = 0;
	p->x.high = 1;
	return p;
}

/* Trials on as many folds as any are whole; only those count as the best. */
static size_t
most_folds(const json_t *trials)
{
	const json_t *t;
	size_t i, most = 0;

	json_array_foreach (trials, i, t)
		if (json_array_size(json_object_get(t, "folds")) > most)
			most = json_array_size(json_object_get(t, "folds"));
	return most;
}

static int
is_baseline(const json_t *trial)
{
	return strcmp(json_str(json_object_get(trial, "config"), "learner", ""),
		   "baseline") == 0;
}

const struct plot *
figure_search(
    struct arena *a, const json_t *trials, const char *metric, int sign)
{
	const struct measure *m = measure_find(metric);
	size_t size = json_array_size(trials), n = 0, partial = 0;
	size_t folds = most_folds(trials);
	struct plot_series *s = arena_alloc(a, 3 * sizeof(*s));
	double *v = arena_alloc(a, 4 * (size + 1) * sizeof(*v)), best = NAN;
	struct plot *p;

	for (size_t i = 0; i < size; i++) {
		const json_t *t = json_array_get(trials, i);
		double score = json_num(t, "score", NAN);
		int whole =
		    json_array_size(json_object_get(t, "folds")) == folds;

		/* The baseline is far below and would flatten the rest. */
		if (!isfinite(score) || is_baseline(t))
			continue;
		if (whole && !(best * sign >= score * sign))
			best = score;
		v[n] = (double)(i + 1);
		v[size + n] = whole ? score : NAN;
		v[2 * size + n] = whole ? NAN : score;
		v[3 * size + n] = best;
		partial += !whole;
		n++;
	}
	if (n < 2)
		return NULL;
	s[0] = (struct plot_series){ .kind = PLOT_SCATTER,
		.name = partial > 0 ? "a trial on fewer folds" : NULL,
		.colour = PLOT_MUTED,
		.n = n,
		.x = v,
		.y = v + 2 * size };
	s[1] = (struct plot_series){ .kind = PLOT_SCATTER,
		.name = "a trial on all folds",
		.n = n,
		.x = v,
		.y = v + size };
	s[2] = (struct plot_series){ .kind = PLOT_STEP,
		.name = "best so far",
		.colour = 1,
		.n = n,
		.x = v,
		.y = v + 3 * size };
	p = figure_new(a, "search", "The search", s, 3);
	p->x.label = "Trial";
	p->x.integer = 1;
	p->y.label = m != NULL
	                 ? arena_printf(a, "%s, cross-validated", m->label)
	                 : "Score, cross-validated";
	return p;
}
