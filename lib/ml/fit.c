#include "config.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/data/frame.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/ml/fit.h"
#include "lib/ml/rows.h"
#include "lib/ml/spec.h"
#include "lib/ml/split.h"
#include "lib/ml/woe.h"
#include "lib/score/dsl.h"
#include "lib/score/prep.h"

#include "lib/banned.h"

#define SMOOTHING    20 /* rows that the prior counts for, target encoding */
#define INNER        5  /* folds within the training rows, for the same */
#define ENCODED_MAX  20 /* classes that are encoded each by its own feature */
#define FEATURES_MAX 20000

struct maker {
	const struct split *split;
	const struct spec *spec;
	const size_t *row;
	size_t n;
	enum fit_kind kind;
	struct arena *arena;
	struct fit *fit;
	int *column; /* of each field */
	int room;    /* features that there is place for */
};

static bool
named(const char *const *names, int n, const char *name)
{
	for (int i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static bool
usable(const struct spec *s, const struct column *c)
{
	if (c->type == COL_CONSTANT || c->type == COL_IDENTIFIER ||
	    c->type == COL_TEXT)
		return false;
	if (strcmp(c->name, s->target) == 0 ||
	    named(s->exclude, s->nexclude, c->name))
		return false;
	if (s->exclude_protected && named(s->protect, s->nprotect, c->name))
		return false;
	return s->split_column == NULL || strcmp(s->split_column, c->name) != 0;
}

/* The levels that the training rows have, in the order of the column. */
static void
field_levels(struct maker *m, struct prep_field *f, const struct column *c)
{
	bool *seen = arena_alloc(m->arena, c->nlevels + 1);

	for (size_t i = 0; i < m->n; i++)
		if (c->code[m->row[i]] >= 0)
			seen[c->code[m->row[i]]] = true;
	f->level = arena_alloc(m->arena, (c->nlevels + 1) * sizeof(*f->level));
	for (size_t i = 0; i < c->nlevels; i++)
		if (seen[i])
			f->level[f->nlevels++] = c->level[i];
}

static bool
any_value(const struct maker *m, const struct column *c)
{
	for (size_t i = 0; i < m->n; i++)
		if (c->number != NULL ? !isnan(c->number[m->row[i]])
				      : c->code[m->row[i]] >= 0)
			return true;
	return false;
}

static void
make_schema(struct maker *m)
{
	const struct frame *f = m->split->frame;
	struct prep *p = arena_alloc(m->arena, sizeof(*p));

	p->field = arena_alloc(m->arena, (f->ncols + 1) * sizeof(*p->field));
	m->column = arena_alloc(m->arena, (f->ncols + 1) * sizeof(*m->column));
	for (size_t j = 0; j < f->ncols; j++) {
		const struct column *c = &f->column[j];
		struct prep_field *field = &p->field[p->nfields];

		if (!usable(m->spec, c) || !any_value(m, c))
			continue;
		field->name = c->name;
		field->kind = c->code != NULL           ? FIELD_CATEGORY
		              : c->type == COL_DATETIME ? FIELD_DATETIME
		                                        : FIELD_NUMBER;
		if (field->kind == FIELD_CATEGORY)
			field_levels(m, field, c);
		m->column[p->nfields++] = (int)j;
	}
	m->fit->prep = p;
}

static int
feature_room(const struct maker *m)
{
	const struct prep *p = m->fit->prep;
	int n = m->spec->nderived * 2 + 1;

	for (int i = 0; i < p->nfields; i++)
		n += p->field[i].kind == FIELD_CATEGORY
		         ? (p->field[i].nlevels <= m->spec->one_hot_max
				   ? p->field[i].nlevels
				   : m->split->target.nclasses + 1) +
		               1
		         : DATE__MAX + 2;
	return n;
}

static struct feature *
feature_add(struct maker *m, const char *name, enum prep_op op, int field)
{
	struct prep *p = m->fit->prep;
	struct feature *f = &p->feature[p->nfeatures++];

	if (p->nfeatures > m->room)
		abort();
	f->name = name;
	f->op = op;
	f->field = field;
	f->scale = 1;
	f->missing = f->unknown = NAN;
	return f;
}

static int
double_cmp(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct moments {
	double mean, sd, median;
	size_t n;
};

/* Of what is there, sorting v. */
static struct moments
moments(double *v, size_t n)
{
	struct moments m = { 0 };
	double sum = 0, sq = 0;

	for (size_t i = 0; i < n; i++)
		if (!isnan(v[i])) {
			v[m.n++] = v[i];
			sum += v[i];
		}
	if (m.n == 0)
		return m;
	m.mean = sum / (double)m.n;
	for (size_t i = 0; i < m.n; i++)
		sq += (v[i] - m.mean) * (v[i] - m.mean);
	m.sd = sqrt(sq / (double)m.n);
	qsort(v, m.n, sizeof(*v), double_cmp);
	m.median =
	    m.n % 2 == 1 ? v[m.n / 2] : (v[m.n / 2 - 1] + v[m.n / 2]) / 2;
	return m;
}

static void
add_missing(struct maker *m, int field)
{
	feature_add(m,
	    arena_printf(
		m->arena, "%s is missing", m->fit->prep->field[field].name),
	    PREP_MISSING, field);
}

static void
add_number(struct maker *m, int field)
{
	const char *name = m->fit->prep->field[field].name;
	const double *x = m->split->frame->column[m->column[field]].number;
	struct feature *f;
	struct moments s;
	double *v;

	if (m->kind == FIT_TREES) {
		feature_add(m, name, PREP_NUMBER, field);
		return;
	}
	v = arena_alloc(m->arena, (m->n + 1) * sizeof(*v));
	for (size_t i = 0; i < m->n; i++)
		v[i] = x[m->row[i]];
	s = moments(v, m->n);
	if (s.sd > 0) {
		f = feature_add(m, name, PREP_NUMBER, field);
		f->shift = s.mean;
		f->scale = 1 / s.sd;
		f->missing = (float)((s.median - s.mean) / s.sd);
	}
	if (s.n < m->n)
		add_missing(m, field);
}

static void
add_one_hot(struct maker *m, int field)
{
	const struct prep_field *f = &m->fit->prep->field[field];
	const struct column *c = &m->split->frame->column[m->column[field]];
	bool linear = m->kind == FIT_LINEAR, gaps = false;
	/* Two levels say the same thing twice: one of them is enough. */
	int from = f->nlevels == 2 ? 1 : 0;

	for (int k = from; k < f->nlevels; k++) {
		float *table =
		    arena_alloc(m->arena, (size_t)f->nlevels * sizeof(*table));
		struct feature *x = feature_add(m,
		    arena_printf(m->arena, "%s=%s", f->name, f->level[k]),
		    PREP_LOOKUP, field);

		table[k] = 1;
		x->table = table;
		x->missing = linear ? 0 : NAN;
		x->unknown = 0;
	}
	for (size_t i = 0; i < m->n; i++)
		gaps = gaps || c->code[m->row[i]] < 0;
	if (linear && gaps)
		add_missing(m, field);
}

static double
encoded_target(const struct split *s, int class, size_t row)
{
	return class < 0 ? s->target.y[row] : s->target.y[row] == class;
}

/* What an encoding is made of: sums by level, the last for missing. */
struct sums {
	double *sum, *count;
	double prior;
};

static double
encode(const struct sums *s, int level)
{
	return (s->sum[level] + SMOOTHING * s->prior) /
	       (s->count[level] + SMOOTHING);
}

/* code[n]: levels of the schema, nlevels where missing; skip: an inner fold
 * to leave out, or -1. */
static void
sum_levels(const struct maker *m, const int *code, int nlevels, int class,
    const uint8_t *inner, int skip, struct sums *s)
{
	double sum = 0, count = 0;

	memset(s->sum, 0, (size_t)(nlevels + 1) * sizeof(*s->sum));
	memset(s->count, 0, (size_t)(nlevels + 1) * sizeof(*s->count));
	for (size_t i = 0; i < m->n; i++) {
		double y = encoded_target(m->split, class, m->row[i]);

		if (inner != NULL && inner[i] == skip)
			continue;
		s->sum[code[i]] += y;
		s->count[code[i]]++;
		sum += y;
		count++;
	}
	s->prior = count > 0 ? sum / count : 0;
}

static int *
schema_codes(const struct maker *m, int field)
{
	const struct prep_field *f = &m->fit->prep->field[field];
	const struct column *c = &m->split->frame->column[m->column[field]];
	int *map = arena_alloc(m->arena, (c->nlevels + 1) * sizeof(*map));
	int *code = arena_alloc(m->arena, (m->n + 1) * sizeof(*code));
	int next = 0;

	/* The schema has a subset of the column's levels in the same order. */
	for (size_t i = 0; i < c->nlevels && next < f->nlevels; i++)
		if (f->level[next] == c->level[i])
			map[i] = next++;
	for (size_t i = 0; i < m->n; i++) {
		int32_t v = c->code[m->row[i]];

		code[i] = v < 0 ? f->nlevels : map[v];
	}
	return code;
}

static void
sums_alloc(struct sums *s, int nlevels, struct arena *a)
{
	s->sum = arena_alloc(a, (size_t)(nlevels + 1) * sizeof(*s->sum));
	s->count = arena_alloc(a, (size_t)(nlevels + 1) * sizeof(*s->count));
}

static void
add_encoding(struct maker *m, int field, const int *code, int class)
{
	const struct prep_field *f = &m->fit->prep->field[field];
	const struct split *s = m->split;
	float *table =
	    arena_alloc(m->arena, (size_t)f->nlevels * sizeof(*table));
	struct fit_encoding *e = &m->fit->encoding[m->fit->nencodings++];
	double sum = 0, sq = 0;
	struct feature *x;
	struct sums sums;

	x = feature_add(m,
	    class < 0
		? arena_printf(m->arena, "%s~%s", f->name, m->spec->target)
		: arena_printf(
		      m->arena, "%s~%s", f->name, s->target.class[class]),
	    PREP_LOOKUP, field);
	sums_alloc(&sums, f->nlevels, m->arena);
	sum_levels(m, code, f->nlevels, class, NULL, -1, &sums);
	*e = (struct fit_encoding){ m->fit->prep->nfeatures - 1,
		m->column[field], class, 0, 1 };
	if (m->kind == FIT_LINEAR) {
		for (size_t i = 0; i < m->n; i++)
			sum += encode(&sums, code[i]);
		e->shift = sum / (double)m->n;
		for (size_t i = 0; i < m->n; i++) {
			double d = encode(&sums, code[i]) - e->shift;

			sq += d * d;
		}
		if (sq > 0)
			e->scale = 1 / sqrt(sq / (double)m->n);
	}
	for (int i = 0; i < f->nlevels; i++)
		table[i] = (float)((encode(&sums, i) - e->shift) * e->scale);
	x->table = table;
	x->unknown = (float)((sums.prior - e->shift) * e->scale);
	x->missing = (float)((encode(&sums, f->nlevels) - e->shift) * e->scale);
}

static void
add_category(struct maker *m, int field)
{
	const struct prep_field *f = &m->fit->prep->field[field];
	int classes = m->split->target.nclasses;
	const int *code;

	if (f->nlevels <= m->spec->one_hot_max) {
		add_one_hot(m, field);
		return;
	}
	code = schema_codes(m, field);
	if (m->spec->task != TASK_MULTICLASS)
		add_encoding(m, field, code, -1);
	else
		for (int c = 0; c < classes && c < ENCODED_MAX; c++)
			add_encoding(m, field, code, c);
}

/* An expression, for linear models standardised around itself. */
static int
add_expr(struct maker *m, const char *name, const char *expr, struct err *err)
{
	struct prep *p = m->fit->prep;
	struct arena *a = m->arena;
	struct dsl *code;
	struct feature *f;
	struct moments s;
	struct rows *rows;
	struct raw *raw;
	double *v;

	if ((code = dsl_compile(expr, p->field, p->nfields, a, err)) == NULL)
		return -1;
	if (m->kind == FIT_TREES) {
		f = feature_add(m, name, PREP_EXPR, -1);
		f->expr = expr;
		return 0;
	}
	if ((rows = rows_bind(p, m->split->frame, 1, a, err)) == NULL)
		return -1;
	v = arena_alloc(a, (m->n + 1) * sizeof(*v));
	raw = arena_alloc(a, (size_t)(p->nfields + 1) * sizeof(*raw));
	for (size_t i = 0; i < m->n; i++) {
		rows_raw(rows, m->row[i], raw);
		v[i] = dsl_run(code, raw);
	}
	s = moments(v, m->n);
	if (!(s.sd > 0))
		return 0;
	f = feature_add(m, name, PREP_EXPR, -1);
	f->expr = arena_printf(
	    a, "((%s) - (%.17g)) * (%.17g)", expr, s.mean, 1 / s.sd);
	f->missing = (float)((s.median - s.mean) / s.sd);
	return 0;
}

/* A field's name as the expression language writes it. */
static const char *
quoted(struct maker *m, const char *name)
{
	return arena_printf(m->arena, "`%s`", name);
}

static int
add_date(struct maker *m, int field, struct err *err)
{
	static const struct {
		enum date_part part;
		const char *name;
	} parts[] = { { DATE_DAYS, "days" }, { DATE_YEAR, "year" },
		{ DATE_MONTH, "month" }, { DATE_DAY, "day" },
		{ DATE_WEEKDAY, "weekday" }, { DATE_HOUR, "hour" } };
	const char *name = m->fit->prep->field[field].name;

	if (m->kind == FIT_LINEAR && strchr(name, '`') != NULL)
		return 0; /* the language cannot name it */
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const char *full =
		    arena_printf(m->arena, "%s %s", name, parts[i].name);

		if (m->kind == FIT_TREES) {
			feature_add(m, full, PREP_DATE, field)->part =
			    parts[i].part;
			continue;
		}
		if (add_expr(m, full,
			arena_printf(
			    m->arena, "%s(%s)", parts[i].name, quoted(m, name)),
			err) == -1)
			return -1;
	}
	return 0;
}

static int
make_features(struct maker *m, struct err *err)
{
	const struct prep *p = m->fit->prep;

	for (int i = 0; i < p->nfields; i++)
		switch (p->field[i].kind) {
		case FIELD_NUMBER:
			add_number(m, i);
			break;
		case FIELD_CATEGORY:
			add_category(m, i);
			break;
		case FIELD_DATETIME:
			if (add_date(m, i, err) == -1)
				return -1;
			break;
		}
	for (int i = 0; i < m->spec->nderived; i++)
		if (add_expr(m, m->spec->derived[i].name,
			m->spec->derived[i].expr, err) == -1)
			return -1;
	return 0;
}

static void
woe_feature(struct maker *m, const struct woe *w)
{
	const struct prep_field *field = &m->fit->prep->field[w->field];
	int n = field->kind == FIELD_NUMBER ? w->nbins : w->nlevels;
	float *table = arena_alloc(m->arena, (size_t)(n + 1) * sizeof(*table));
	double *edge = arena_alloc(m->arena, (size_t)(n + 1) * sizeof(*edge));
	struct feature *f;

	f = feature_add(m, field->name,
	    field->kind == FIELD_NUMBER ? PREP_BINS : PREP_LOOKUP, w->field);
	for (int i = 0; i < n; i++)
		if (field->kind == FIELD_NUMBER) {
			table[i] = (float)w->bin[i].woe;
			if (i > 0)
				edge[f->nedges++] = w->bin[i].from;
		} else {
			table[i] = (float)w->level[i].woe;
		}
	f->table = table;
	f->edge = edge;
	f->missing = (float)w->missing.woe;
	f->unknown = (float)w->other.woe;
}

/* Bin all fields; those that tell too little are left out, unless that would
 * leave none. */
static void
make_woe(struct maker *m, const json_t *params)
{
	const struct prep *p = m->fit->prep;
	struct woe *w =
	    arena_alloc(m->arena, (size_t)(p->nfields + 1) * sizeof(*w));
	double *y = arena_alloc(m->arena, (m->n + 1) * sizeof(*y));
	double *x = arena_alloc(m->arena, (m->n + 1) * sizeof(*x));
	double share = json_num(params, "share", 0.05);
	double least = json_num(params, "iv", 0.02), most = 0;
	int n = 0, max = (int)json_int(params, "bins", 6);

	for (size_t i = 0; i < m->n; i++)
		y[i] = m->split->target.y[m->row[i]];
	for (int i = 0; i < p->nfields; i++) {
		const struct column *c = &m->split->frame->column[m->column[i]];

		if (p->field[i].kind == FIELD_DATETIME)
			continue;
		w[n].field = i;
		if (p->field[i].kind == FIELD_NUMBER) {
			for (size_t j = 0; j < m->n; j++)
				x[j] = c->number[m->row[j]];
			woe_number(&w[n], x, y, m->n, max, share, m->arena);
		} else {
			int *code = schema_codes(m, i);

			for (size_t j = 0; j < m->n; j++)
				if (code[j] == p->field[i].nlevels)
					code[j] = -1;
			woe_category(&w[n], code, p->field[i].nlevels, y, m->n,
			    share, m->arena);
		}
		most = w[n].iv > most ? w[n].iv : most;
		n++;
	}
	m->fit->woe = arena_alloc(m->arena, (size_t)(n + 1) * sizeof(*w));
	for (int i = 0; i < n; i++)
		if (w[i].iv >= (least < most ? least : most)) {
			m->fit->woe[m->fit->prep->nfeatures] = w[i];
			woe_feature(m, &w[i]);
		}
}

int
fit_make(const struct split *s, const size_t *row, size_t n, enum fit_kind kind,
    const json_t *params, struct arena *a, struct fit *fit, struct err *err)
{
	struct maker m = { .split = s,
		.spec = s->spec,
		.row = row,
		.n = n,
		.kind = kind,
		.arena = a,
		.fit = fit };

	*fit = (struct fit){ 0 };
	make_schema(&m);
	if (fit->prep->nfields == 0)
		return err_set(err, ERR_INVALID,
		    "there is no column to learn from: all are constant, "
		    "text, identifiers or excluded");
	m.room = feature_room(&m);
	if (m.room > FEATURES_MAX)
		return err_set(err, ERR_TOO_LARGE,
		    "%d features are more than the %d that we train with",
		    m.room, FEATURES_MAX);
	fit->prep->feature =
	    arena_alloc(a, (size_t)(m.room + 1) * sizeof(*fit->prep->feature));
	fit->encoding =
	    arena_alloc(a, (size_t)(m.room + 1) * sizeof(*fit->encoding));
	if (kind == FIT_WOE)
		make_woe(&m, params);
	else if (kind != FIT_NONE && make_features(&m, err) == -1)
		return -1;
	return prep_compile(fit->prep, a, err);
}

static uint8_t
inner_fold(uint64_t seed, size_t row)
{
	uint64_t z = seed ^ ((uint64_t)row + 1) * 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (uint8_t)((z ^ (z >> 31)) % INNER);
}

float *
fit_training(const struct fit *fit, const struct split *s, const size_t *row,
    size_t n, struct arena *a, struct err *err)
{
	size_t width = (size_t)fit->prep->nfeatures;
	float *x = arena_alloc(a, (n * width + 1) * sizeof(*x));
	struct rows *rows = rows_bind(fit->prep, s->frame, 1, a, err);
	struct maker m = { .split = s,
		.spec = s->spec,
		.row = row,
		.n = n,
		.arena = a,
		.fit = (struct fit *)fit };
	uint8_t *inner;

	if (rows == NULL)
		return NULL;
	rows_matrix(rows, row, n, x);
	if (fit->nencodings == 0)
		return x;
	inner = arena_alloc(a, n + 1);
	for (size_t i = 0; i < n; i++)
		inner[i] = inner_fold(s->spec->seed, row[i]);
	m.column = arena_alloc(
	    a, (size_t)(fit->prep->nfields + 1) * sizeof(*m.column));
	for (int e = 0; e < fit->nencodings; e++) {
		const struct fit_encoding *enc = &fit->encoding[e];
		int field = fit->prep->feature[enc->feature].field;
		int nlevels = fit->prep->field[field].nlevels;
		struct sums sums;
		int *code;

		m.column[field] = enc->column;
		code = schema_codes(&m, field);
		sums_alloc(&sums, nlevels, a);
		for (int q = 0; q < INNER; q++) {
			sum_levels(
			    &m, code, nlevels, enc->class, inner, q, &sums);
			for (size_t i = 0; i < n; i++)
				if (inner[i] == q)
					x[i * width + (size_t)enc->feature] =
					    (float)((encode(&sums, code[i]) -
							enc->shift) *
						    enc->scale);
		}
	}
	return x;
}

int
fit_check(const struct split *s, struct err *err)
{
	struct arena *a = arena_new();
	size_t n = s->frame->nrows, *row = arena_alloc(a, n * sizeof(*row));
	struct fit fit;
	int r;

	for (size_t i = 0; i < n; i++)
		row[i] = i;
	r = fit_make(s, row, n, FIT_NONE, NULL, a, &fit, err);
	for (int i = 0; i < s->spec->nderived && r == 0; i++) {
		struct err inner = { 0 };

		if (dsl_compile(s->spec->derived[i].expr, fit.prep->field,
			fit.prep->nfields, a, &inner) == NULL) {
			char pointer[64];

			snprintf(pointer, sizeof(pointer),
			    "/params/derived/%d/expr", i);
			r = err_ptr(err, ERR_INVALID, pointer, "column %ld: %s",
			    inner.column, inner.text);
		}
	}
	arena_free(a);
	return r;
}
