#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/data/frame.h"
#include "lib/json.h"
#include "lib/ml/psi.h"
#include "lib/score/prep.h"

#include "lib/banned.h"

#define BINS       10
#define LEVELS_MAX 30
#define LEAST      1e-4

struct level {
	const char *name;
	size_t count;
};

static int
double_cmp(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The most frequent first, of equals by name. */
static int
level_cmp(const void *a, const void *b)
{
	const struct level *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int
bin_of(const double *edge, int n, double x)
{
	int b = 0;

	while (b < n && x >= edge[b])
		b++;
	return b;
}

/* Inner edges at the tenths of sorted v, each only once. */
static int
cut(const double *v, size_t n, double *edge)
{
	int m = 0;

	for (int q = 1; q < BINS && n > 0; q++) {
		double e = v[(size_t)q * n / BINS];

		if (e > v[0] && (m == 0 || e > edge[m - 1]))
			edge[m++] = e;
	}
	return m;
}

static json_t *
reals(const double *v, int n)
{
	json_t *a = json_array();

	for (int i = 0; i < n; i++)
		json_array_append_new(a, json_real(v[i]));
	return a;
}

static json_t *
counts_json(const size_t *v, int n)
{
	json_t *a = json_array();

	for (int i = 0; i < n; i++)
		json_array_append_new(a, json_integer((json_int_t)v[i]));
	return a;
}

static json_t *
number_reference(const double *x, const size_t *rows, size_t n)
{
	struct arena *a = arena_new();
	double *v = arena_alloc(a, (n + 1) * sizeof(*v)), edge[BINS];
	size_t known = 0, count[BINS + 1] = { 0 };
	json_t *r;
	int m;

	for (size_t i = 0; i < n; i++) {
		double value = x[rows == NULL ? i : rows[i]];

		if (!isnan(value))
			v[known++] = value;
	}
	qsort(v, known, sizeof(*v), double_cmp);
	m = cut(v, known, edge);
	for (size_t i = 0; i < known; i++)
		count[bin_of(edge, m, v[i])]++;
	r = json_pack("{s:o,s:o,s:I}", "edges", reals(edge, m), "counts",
	    counts_json(count, m + 1), "missing", (json_int_t)(n - known));
	arena_free(a);
	return r;
}

static json_t *
category_reference(const struct column *c, const size_t *rows, size_t n)
{
	struct arena *a = arena_new();
	struct level *l = arena_alloc(a, (c->nlevels + 1) * sizeof(*l));
	json_t *names = json_array(), *counts = json_array(), *r;
	size_t missing = 0, other = 0;

	for (size_t i = 0; i < c->nlevels; i++)
		l[i].name = c->level[i];
	for (size_t i = 0; i < n; i++) {
		int32_t code = c->code[rows == NULL ? i : rows[i]];

		if (code < 0)
			missing++;
		else
			l[code].count++;
	}
	qsort(l, c->nlevels, sizeof(*l), level_cmp);
	for (size_t i = 0; i < c->nlevels; i++)
		if (i < LEVELS_MAX && l[i].count > 0) {
			json_array_append_new(names, json_string(l[i].name));
			json_array_append_new(
			    counts, json_integer((json_int_t)l[i].count));
		} else {
			other += l[i].count;
		}
	r = json_pack("{s:o,s:o,s:I,s:I}", "levels", names, "counts", counts,
	    "other", (json_int_t)other, "missing", (json_int_t)missing);
	arena_free(a);
	return r;
}

json_t *
psi_reference(
    const struct prep *p, const struct frame *f, const size_t *rows, size_t n)
{
	json_t *features = json_array();

	for (int i = 0; i < p->nfields; i++) {
		int at = frame_find(f, p->field[i].name);
		const struct column *c;
		json_t *one;

		if (at == -1)
			continue;
		c = &f->column[at];
		one = c->number != NULL ? number_reference(c->number, rows, n)
		                        : category_reference(c, rows, n);
		json_object_set_new(
		    one, "feature", json_string(p->field[i].name));
		json_object_set_new(one, "kind",
		    json_string(c->number != NULL ? "number" : "category"));
		json_array_append_new(features, one);
	}
	return json_pack(
	    "{s:I,s:o}", "rows", (json_int_t)n, "features", features);
}

json_t *
psi_score(const double *p, size_t n)
{
	return number_reference(p, NULL, n);
}

static double
share(double count, double n)
{
	double s = n > 0 ? count / n : 0;

	return s < LEAST ? LEAST : s;
}

static double
term(double expected, double ne, double actual, double na)
{
	double e = share(expected, ne), a = share(actual, na);

	return (a - e) * log(a / e);
}

static double
array_sum(const json_t *a)
{
	double sum = 0;

	for (size_t i = 0; i < json_array_size(a); i++)
		sum += json_number_value(json_array_get(a, i));
	return sum;
}

static double
number_psi(const json_t *ref, const double *x, const size_t *rows, size_t n)
{
	const json_t *edges = json_object_get(ref, "edges");
	const json_t *counts = json_object_get(ref, "counts");
	double edge[BINS], missing = json_num(ref, "missing", 0), total, psi;
	size_t count[BINS + 1] = { 0 }, gone = 0;
	int m = (int)json_array_size(edges);

	m = m > BINS - 1 ? BINS - 1 : m;
	for (int i = 0; i < m; i++)
		edge[i] = json_number_value(json_array_get(edges, (size_t)i));
	for (size_t i = 0; i < n; i++) {
		double v = x[rows == NULL ? i : rows[i]];

		if (isnan(v))
			gone++;
		else
			count[bin_of(edge, m, v)]++;
	}
	total = array_sum(counts) + missing;
	psi = missing + (double)gone > 0
	          ? term(missing, total, (double)gone, (double)n)
	          : 0;
	for (int i = 0; i <= m; i++)
		psi +=
		    term(json_number_value(json_array_get(counts, (size_t)i)),
			total, (double)count[i], (double)n);
	return psi;
}

static double
category_psi(
    const json_t *ref, const struct column *c, const size_t *rows, size_t n)
{
	const json_t *levels = json_object_get(ref, "levels");
	const json_t *counts = json_object_get(ref, "counts");
	double other = json_num(ref, "other", 0);
	double missing = json_num(ref, "missing", 0);
	double total = array_sum(counts) + other + missing, psi = 0;
	size_t m = json_array_size(levels), gone = 0, rest = 0;
	struct arena *a = arena_new();
	size_t *count = arena_alloc(a, (c->nlevels + 1) * sizeof(*count));

	for (size_t i = 0; i < n; i++) {
		int32_t code = c->code[rows == NULL ? i : rows[i]];

		if (code < 0)
			gone++;
		else
			count[code]++;
	}
	rest = n - gone;
	for (size_t i = 0; i < m; i++) {
		const char *name = json_string_value(json_array_get(levels, i));
		size_t hits = 0;

		for (size_t j = 0; j < c->nlevels; j++)
			if (strcmp(c->level[j], name) == 0)
				hits = count[j];
		rest -= hits;
		psi += term(json_number_value(json_array_get(counts, i)), total,
		    (double)hits, (double)n);
	}
	if (other + (double)rest > 0)
		psi += term(other, total, (double)rest, (double)n);
	if (missing + (double)gone > 0)
		psi += term(missing, total, (double)gone, (double)n);
	arena_free(a);
	return psi;
}

json_t *
psi_features(const json_t *reference, const struct frame *f, const size_t *rows,
    size_t n)
{
	json_t *out = json_array(), *ref;
	size_t i;

	json_array_foreach (json_object_get(reference, "features"), i, ref) {
		const char *name = json_str(ref, "feature", "");
		int at = frame_find(f, name);
		const struct column *c = at == -1 ? NULL : &f->column[at];
		int is_number =
		    strcmp(json_str(ref, "kind", ""), "number") == 0;

		if (c == NULL || is_number != (c->number != NULL))
			continue;
		json_array_append_new(
		    out, json_pack("{s:s,s:f}", "feature", name, "psi",
			     is_number ? number_psi(ref, c->number, rows, n)
				       : category_psi(ref, c, rows, n)));
	}
	return out;
}

double
psi_scores(const json_t *score, const double *p, size_t n)
{
	return number_psi(score, p, NULL, n);
}
