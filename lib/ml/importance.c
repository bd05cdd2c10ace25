#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/data/frame.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/ml/importance.h"
#include "lib/ml/rows.h"
#include "lib/ml/scorer.h"
#include "lib/ml/watch.h"
#include "lib/score/explain.h"
#include "lib/score/mws.h"
#include "lib/score/prep.h"

#include "lib/banned.h"

#define EXPLAINED 2000
#define PARTIAL   300
#define GRID      20

struct ranked {
	int field;
	double value;
};

static int
ranked_cmp(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->value != y->value)
		return x->value > y->value ? -1 : 1;
	return x->field - y->field;
}

json_t *
importance_make(const struct mws *mws, const struct frame *f,
    const struct watch *w, struct err *err)
{
	const struct prep *p = mws_prep(mws);
	size_t n = f->nrows < EXPLAINED ? f->nrows : EXPLAINED;
	size_t fields = (size_t)p->nfields, groups = (size_t)mws_ngroups(mws);
	struct arena *a = arena_new();
	struct rows *rows = rows_bind(p, f, 0, a, err);
	float *x = arena_alloc(a, ((size_t)p->nfeatures + 1) * sizeof(*x));
	double *phi = arena_alloc(a, groups * (fields + 1) * sizeof(*phi));
	struct ranked *r = arena_alloc(a, (fields + 1) * sizeof(*r));
	json_t *out = json_array();
	int failed = rows == NULL;

	for (size_t j = 0; j < fields; j++)
		r[j].field = (int)j;
	for (size_t i = 0; i < n && !failed; i++) {
		size_t row = i * f->nrows / n;

		if (i % 64 == 0 &&
		    watch_tick(w, (double)i / (double)n, err) == -1)
			failed = 1;
		rows_matrix(rows, &row, 1, x);
		explain_fields(mws, x, phi);
		for (size_t g = 0; g < groups; g++)
			for (size_t j = 0; j < fields; j++)
				r[j].value +=
				    fabs(phi[g * (fields + 1) + j]) / (double)n;
	}
	qsort(r, fields, sizeof(*r), ranked_cmp);
	for (size_t j = 0; j < fields; j++)
		json_array_append_new(
		    out, json_pack("{s:s,s:f}", "feature",
			     p->field[r[j].field].name, "value", r[j].value));
	arena_free(a);
	if (!failed)
		return out;
	json_decref(out);
	return NULL;
}

static int
double_cmp(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Up to GRID values of a column: quantiles from 2.5% to 97.5%. */
static size_t
number_grid(const struct column *c, size_t n, struct raw *grid, struct arena *a)
{
	double *v = arena_alloc(a, (n + 1) * sizeof(*v));
	size_t known = 0, m = 0;

	for (size_t i = 0; i < n; i++)
		if (!isnan(c->number[i]))
			v[known++] = c->number[i];
	qsort(v, known, sizeof(*v), double_cmp);
	for (size_t q = 0; q < GRID && known > 0; q++) {
		double at = 0.025 + 0.95 * (double)q / (GRID - 1);
		double x = v[(size_t)(at * (double)(known - 1))];

		if (m == 0 || x > grid[m - 1].number)
			grid[m++] =
			    (struct raw){ .kind = RAW_NUMBER, .number = x };
	}
	return m;
}

static size_t
level_grid(const struct prep_field *field, struct raw *grid)
{
	size_t m = 0;

	for (int i = 0; i < field->nlevels && m < GRID; i++)
		grid[m++] = (struct raw){ .kind = RAW_LEVEL, .level = i };
	return m;
}

static double
mean_prediction(const struct mws *mws, struct rows *rows, size_t total,
    size_t n, int field, const struct raw *value, int class, struct raw *raw,
    float *x, double *p)
{
	const struct prep *prep = mws_prep(mws);
	size_t width = (size_t)prep->nfeatures, k = (size_t)mws_ngroups(mws);
	double sum = 0;

	for (size_t i = 0; i < n; i++) {
		rows_raw(rows, i * total / n, raw);
		raw[field] = *value;
		prep_row(prep, raw, x + i * width);
	}
	scorer_predict(mws, x, n, p);
	for (size_t i = 0; i < n; i++)
		sum += p[i * k + (k == 1 ? 0 : (size_t) class)];
	return sum / (double)n;
}

static json_t *
partial(const struct mws *mws, const struct frame *f, int field, int class,
    struct err *err)
{
	const struct prep *prep = mws_prep(mws);
	const struct prep_field *pf = &prep->field[field];
	int at = frame_find(f, pf->name);
	size_t n = f->nrows < PARTIAL ? f->nrows : PARTIAL, m = 0;
	struct arena *a = arena_new();
	struct rows *rows = rows_bind(prep, f, 0, a, err);
	struct raw *raw =
	    arena_alloc(a, ((size_t)prep->nfields + 1) * sizeof(*raw));
	float *x =
	    arena_alloc(a, (n * (size_t)prep->nfeatures + 1) * sizeof(*x));
	double *p =
	    arena_alloc(a, (n * (size_t)mws_ngroups(mws) + 1) * sizeof(*p));
	struct raw grid[GRID];
	json_t *out, *points = json_array();

	if (rows != NULL && at != -1)
		m = pf->kind == FIELD_CATEGORY
		        ? level_grid(pf, grid)
		        : number_grid(&f->column[at], f->nrows, grid, a);
	for (size_t i = 0; i < m; i++)
		json_array_append_new(
		    points, json_pack("[o,f]",
				pf->kind == FIELD_CATEGORY
				    ? json_string(pf->level[grid[i].level])
				    : json_real(grid[i].number),
				mean_prediction(mws, rows, f->nrows, n, field,
				    &grid[i], class, raw, x, p)));
	out = json_pack("{s:s,s:s,s:o}", "feature", pf->name, "kind",
	    pf->kind == FIELD_CATEGORY ? "category" : "number", "points",
	    points);
	if (mws_ngroups(mws) > 1)
		json_object_set_new(
		    out, "class", json_string(mws_label(mws, class)));
	arena_free(a);
	if (rows != NULL)
		return out;
	json_decref(out);
	return NULL;
}

json_t *
importance_partial(const struct mws *mws, const struct frame *f,
    const json_t *importance, int n, int class, const struct watch *w,
    struct err *err)
{
	json_t *out = json_array();

	for (int i = 0; i < n && (size_t)i < json_array_size(importance); i++) {
		const json_t *one = json_array_get(importance, (size_t)i);
		const char *name = json_str(one, "feature", "");
		int field = mws_field(mws, name, strlen(name));
		json_t *curve;

		if (field == -1 || !(json_num(one, "value", 0) > 0))
			continue;
		if (watch_tick(w, (double)i / n, err) == -1 ||
		    (curve = partial(mws, f, field, class, err)) == NULL) {
			json_decref(out);
			return NULL;
		}
		json_array_append_new(out, curve);
	}
	return out;
}
