#include "config.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/data/frame.h"
#include "lib/json.h"
#include "lib/ml/fairness.h"
#include "lib/ml/metric.h"
#include "lib/ml/spec.h"

#include "lib/banned.h"

#define SMALL      20
#define GROUPS_MAX 50
#define QUARTERS   4

/* Labels that nobody wants to be given, where nothing else is said. */
static const char *const unwanted[] = { "bad", "default", "fraud", "churn",
	"reject", "rejected", "denied", "deny", "delinquent", "recid",
	"recidivist", "high_risk", "fail" };

struct group {
	const char *name;
	size_t *index; /* into the scored rows */
	size_t n;
	double selected, truly, hits, false_hits;
};

struct grouping {
	struct group *group;
	int n;
	int *of; /* one a scored row */
};

static int
double_cmp(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static size_t
row_of(const size_t *rows, size_t i)
{
	return rows == NULL ? i : rows[i];
}

static int
add_group(struct grouping *g, const char *name)
{
	g->group[g->n].name = name;
	return g->n++;
}

/* Levels, in the order of the column; beyond the fiftieth all are one. */
static void
group_levels(struct grouping *g, const struct column *c, const size_t *rows,
    size_t n, struct arena *a)
{
	int *map = arena_alloc(a, (c->nlevels + 1) * sizeof(*map));
	int missing = -1, other = -1;
	bool *seen = arena_alloc(a, c->nlevels + 1);

	for (size_t i = 0; i < n; i++)
		if (c->code[row_of(rows, i)] >= 0)
			seen[c->code[row_of(rows, i)]] = true;
	for (size_t l = 0; l < c->nlevels; l++) {
		if (!seen[l])
			continue;
		if (g->n < GROUPS_MAX - 2)
			map[l] = add_group(g, c->level[l]);
		else
			map[l] = other == -1
			             ? (other = add_group(g, "(others)"))
			             : other;
	}
	for (size_t i = 0; i < n; i++) {
		int32_t code = c->code[row_of(rows, i)];

		if (code >= 0)
			g->of[i] = map[code];
		else
			g->of[i] = missing == -1
			               ? (missing = add_group(g, "(missing)"))
			               : missing;
	}
}

static void
group_quarters(struct grouping *g, const struct column *c, const size_t *rows,
    size_t n, struct arena *a)
{
	double *v = arena_alloc(a, (n + 1) * sizeof(*v)), edge[QUARTERS + 1];
	size_t known = 0;
	int cuts = 0, missing = -1;

	for (size_t i = 0; i < n; i++)
		if (!isnan(c->number[row_of(rows, i)]))
			v[known++] = c->number[row_of(rows, i)];
	qsort(v, known, sizeof(*v), double_cmp);
	for (size_t q = 0; q < QUARTERS && known > 0; q++)
		if (cuts == 0 || v[q * known / QUARTERS] > edge[cuts - 1])
			edge[cuts++] = v[q * known / QUARTERS];
	for (int i = 0; i < cuts; i++)
		add_group(g, i + 1 < cuts
				 ? arena_printf(a, "%.6g to < %.6g", edge[i],
				       edge[i + 1])
				 : arena_printf(a, "%.6g and more", edge[i]));
	for (size_t i = 0; i < n; i++) {
		double x = c->number[row_of(rows, i)];
		int q = 0;

		if (isnan(x)) {
			if (missing == -1)
				missing = add_group(g, "(missing)");
			g->of[i] = missing;
			continue;
		}
		while (q + 1 < cuts && x >= edge[q + 1])
			q++;
		g->of[i] = q;
	}
}

static void
fill_groups(struct grouping *g, size_t n, struct arena *a)
{
	for (size_t i = 0; i < n; i++)
		g->group[g->of[i]].n++;
	for (int j = 0; j < g->n; j++) {
		g->group[j].index = arena_alloc(
		    a, (g->group[j].n + 1) * sizeof(*g->group[j].index));
		g->group[j].n = 0;
	}
	for (size_t i = 0; i < n; i++) {
		struct group *one = &g->group[g->of[i]];

		one->index[one->n++] = i;
	}
}

/* The favourable class: the named one; of two, the one that is not unwanted;
 * -1 when there is none. */
static int
favourable(
    const struct spec *s, const struct scored *scored, const char *const *class)
{
	int k = scored->task == TASK_BINARY ? 2 : scored->k;

	if (scored->task == TASK_REGRESSION)
		return -1;
	for (int c = 0; c < k && s->favourable != NULL; c++)
		if (strcmp(class[c], s -> favourable) == 0)
			return c;
	if (scored->task != TASK_BINARY)
		return -1;
	if (strcmp(s->template, "scorecard") == 0)
		return 0;
	for (size_t i = 0; i < nitems(unwanted); i++)
		if (strcasecmp(class[1], unwanted[i]) == 0)
			return 0;
	return 1;
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

static void
count_group(struct group *g, const struct scored *s, int wanted)
{
	for (size_t i = 0; i < g->n; i++) {
		bool selected = label_of(s, g->index[i]) == wanted;
		bool truly = (int)s->y[g->index[i]] == wanted;

		g->selected += selected;
		g->truly += truly;
		g->hits += selected && truly;
		g->false_hits += selected && !truly;
	}
}

/* The scored rows of one group, of one class against the rest. */
static struct scored
take_group(
    const struct group *g, const struct scored *s, int class, struct arena *a)
{
	double *y = arena_alloc(a, (g->n + 1) * sizeof(*y));
	double *p = arena_alloc(a, (g->n + 1) * sizeof(*p));
	struct scored one = { s->task == TASK_REGRESSION ? TASK_REGRESSION
							 : TASK_BINARY,
		1, g->n, y, p, 0.5 };

	for (size_t i = 0; i < g->n; i++) {
		size_t at = g->index[i];

		y[i] =
		    s->task == TASK_MULTICLASS ? s->y[at] == class : s->y[at];
		p[i] =
		    s->p[at * (size_t)s->k + (s->k == 1 ? 0 : (size_t) class)];
	}
	return one;
}

static double
mean(const double *v, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += v[i];
	return n == 0 ? NAN : sum / (double)n;
}

static json_t *
group_json(
    const struct group *g, const struct scored *s, int wanted, struct arena *a)
{
	json_t *v = json_object();
	bool classes = s->task != TASK_REGRESSION;
	double n = (double)g->n, untruly = n - g->truly;

	json_object_set_new(v, "group", json_string(g->name));
	json_object_set_new(v, "n", json_integer((json_int_t)g->n));
	json_object_set_new(v, "small", json_boolean(g->n < SMALL));
	if (s->task != TASK_MULTICLASS || wanted >= 0) {
		struct scored one = take_group(g, s, wanted, a);

		json_object_set_new(
		    v, "base_rate", json_finite(mean(one.y, g->n)));
		json_object_set_new(
		    v, "mean_score", json_finite(mean(one.p, g->n)));
		json_object_set_new(v, "auc",
		    json_finite(
			classes ? metric_value(METRIC_ROC_AUC, &one) : NAN));
		json_object_set_new(v, "ece",
		    json_finite(classes ? metric_ece(&one, 10) : NAN));
	}
	if (wanted < 0)
		return v;
	json_object_set_new(v, "selection_rate", json_finite(g->selected / n));
	json_object_set_new(v, "tpr", json_finite(g->hits / g->truly));
	json_object_set_new(v, "fpr", json_finite(g->false_hits / untruly));
	return v;
}

struct range {
	double low, high;
};

static void
widen(struct range *r, double x)
{
	if (isnan(x))
		return;
	r->low = fmin(r->low, x);
	r->high = fmax(r->high, x);
}

static double
width(const struct range *r)
{
	return r->high >= r->low ? r->high - r->low : NAN;
}

static void
compare_groups(const struct grouping *g, json_t *out)
{
	struct range rate = { INFINITY, -INFINITY }, tpr = rate, fpr = rate;
	double ratio, opportunity, odds;
	const char *reference = NULL;
	int large = 0;

	for (int i = 0; i < g->n; i++) {
		const struct group *one = &g->group[i];
		double n = (double)one->n, selected = one->selected / n;

		if (one->n < SMALL)
			continue;
		large++;
		if (selected > rate.high)
			reference = one->name;
		widen(&rate, selected);
		widen(&tpr, one->hits / one->truly);
		widen(&fpr, one->false_hits / (n - one->truly));
	}
	ratio = large > 1 && rate.high > 0 ? rate.low / rate.high : NAN;
	opportunity = large > 1 ? width(&tpr) : NAN;
	odds = large > 1 ? fmax(opportunity, width(&fpr)) : NAN;
	json_object_set_new(out, "reference",
	    reference == NULL ? json_null() : json_string(reference));
	json_object_set_new(out, "selection_rate_ratio", json_finite(ratio));
	json_object_set_new(out, "four_fifths",
	    isnan(ratio) ? json_null() : json_boolean(ratio >= 0.8));
	json_object_set_new(
	    out, "equal_opportunity_difference", json_finite(opportunity));
	json_object_set_new(
	    out, "equalised_odds_difference", json_finite(odds));
}

static json_t *
attribute(const struct spec *spec, const struct scored *s,
    const char *const *class, const struct frame *f, const size_t *rows,
    const char *name, struct arena *a)
{
	const struct column *c = &f->column[frame_find(f, name)];
	int wanted = favourable(spec, s, class);
	json_t *out = json_object(), *groups = json_array();
	struct grouping g = { 0 };

	g.group = arena_alloc(a, GROUPS_MAX * sizeof(*g.group));
	g.of = arena_alloc(a, (s->n + 1) * sizeof(*g.of));
	if (c->number != NULL)
		group_quarters(&g, c, rows, s->n, a);
	else
		group_levels(&g, c, rows, s->n, a);
	fill_groups(&g, s->n, a);
	for (int i = 0; i < g.n; i++) {
		if (wanted >= 0)
			count_group(&g.group[i], s, wanted);
		if (g.group[i].n > 0)
			json_array_append_new(
			    groups, group_json(&g.group[i], s, wanted, a));
	}
	json_object_set_new(out, "attribute", json_string(name));
	json_object_set_new(out, "favourable",
	    wanted < 0 ? json_null() : json_string(class[wanted]));
	json_object_set_new(out, "groups", groups);
	if (wanted >= 0)
		compare_groups(&g, out);
	return out;
}

json_t *
fairness_make(const struct spec *spec, const struct scored *s,
    const char *const *class, const struct frame *f, const size_t *rows)
{
	json_t *out = json_array();
	struct arena *a = arena_new();

	for (int i = 0; i < spec->nprotect; i++)
		if (frame_find(f, spec->protect[i]) != -1)
			json_array_append_new(
			    out, attribute(spec, s, class, f, rows,
				     spec->protect[i], a));
	arena_free(a);
	return out;
}
