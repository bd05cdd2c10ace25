#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/data/frame.h"
#include "lib/err.h"
#include "lib/ml/fit.h"
#include "lib/ml/rng.h"
#include "lib/ml/seal.h"
#include "lib/ml/spec.h"
#include "lib/ml/split.h"

#include "lib/banned.h"

#define CLASSES_MAX 100
#define SEALED      0xff /* in place of a fold */

/* Streams of the seed. */
enum { STREAM_HOLDOUT = 0x73706c31, STREAM_FOLDS = 0x73706c32 };

struct maker {
	const struct frame *frame;
	const struct spec *spec;
	struct arena *arena;
	struct target target; /* y: one a row of the whole frame */
	size_t *row;          /* those with a target */
	uint8_t *part;        /* one a row of the whole frame */
	size_t n;
};

/* A row with what it is ordered or grouped by. */
struct keyed {
	double key;
	size_t row;
};

static int
keyed_cmp(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->row > y->row) - (x->row < y->row);
}

/* A column as one number a row: its value, or the code of its level. */
static double
column_value(const struct column *c, size_t row)
{
	if (c->number != NULL)
		return c->number[row];
	return c->code[row] < 0 ? NAN : c->code[row];
}

static int
check_columns(const struct maker *m, struct err *err)
{
	const struct spec *s = m->spec;
	char pointer[64];

	for (int i = 0; i < s->nprotect; i++)
		if (frame_find(m->frame, s->protect[i]) == -1) {
			snprintf(pointer, sizeof(pointer), "/protected/%d", i);
			return err_ptr(err, ERR_INVALID, pointer,
			    "there is no column '%s'", s->protect[i]);
		}
	for (int i = 0; i < s->nexclude; i++)
		if (frame_find(m->frame, s->exclude[i]) == -1) {
			snprintf(
			    pointer, sizeof(pointer), "/params/exclude/%d", i);
			return err_ptr(err, ERR_INVALID, pointer,
			    "there is no column '%s'", s->exclude[i]);
		}
	if (s->split_column != NULL &&
	    frame_find(m->frame, s->split_column) == -1)
		return err_ptr(err, ERR_INVALID, "/params/split_column",
		    "there is no column '%s'", s->split_column);
	return 0;
}

/* The rows that have a target, in their order. */
static int
keep_rows(struct maker *m, const struct column *c, struct err *err)
{
	size_t missing = 0, first = 0;

	m->row = arena_alloc(m->arena, (m->frame->nrows + 1) * sizeof(size_t));
	for (size_t i = 0; i < m->frame->nrows; i++)
		if (!isnan(column_value(c, i)))
			m->row[m->n++] = i;
		else if (missing++ == 0)
			first = i;
	if (m->n == 0)
		return err_ptr(err, ERR_INVALID, "/target",
		    "the target '%s' has no value in any row", c->name);
	if (missing > 0 && !m->spec->drop_missing_target)
		return err_ptr(err, ERR_INVALID, "/target",
		    "the target '%s' is missing in %zu of %zu rows, first in "
		    "row %zu; say \"missing_target\": \"drop\" in params to "
		    "leave them out",
		    c->name, missing, m->frame->nrows, first + 1);
	return 0;
}

/* The distinct values of the target, ascending; -1 when there are too many. */
static int
distinct(
    const struct maker *m, const struct column *c, double *value, size_t *count)
{
	int n = 0;

	for (size_t i = 0; i < m->n; i++) {
		double v = column_value(c, m->row[i]);
		int at = 0;

		while (at < n && value[at] < v)
			at++;
		if (at == n || value[at] != v) {
			if (n == CLASSES_MAX)
				return -1;
			memmove(value + at + 1, value + at,
			    (size_t)(n - at) * sizeof(*value));
			memmove(count + at + 1, count + at,
			    (size_t)(n - at) * sizeof(*count));
			value[at] = v;
			count[at] = 0;
			n++;
		}
		count[at]++;
	}
	return n;
}

static const char *
class_name(const struct column *c, double value, struct arena *a)
{
	if (c->number == NULL)
		return arena_strdup(a, c->level[(int)value]);
	return arena_printf(a, "%.15g", value);
}

/* Which of two classes is the positive one: the named one; the yes of a
 * boolean; else the rarer, and of equals the later. */
static int
choose_positive(const struct maker *m, const struct column *c,
    const char *const *name, const size_t *count, struct err *err)
{
	if (m->spec->positive != NULL) {
		for (int i = 0; i < 2; i++)
			if (strcmp(name[i], m->spec->positive) == 0)
				return i;
		return err_ptr(err, ERR_INVALID, "/positive",
		    "the target '%s' is never '%s', but '%s' or '%s'", c->name,
		    m->spec->positive, name[0], name[1]);
	}
	if (c->type == COL_BOOLEAN)
		return 1;
	return count[0] < count[1] ? 0 : 1;
}

static int
class_target(struct maker *m, const struct column *c, struct err *err)
{
	double value[CLASSES_MAX + 1], *y = (double *)m->target.y;
	size_t count[CLASSES_MAX + 1];
	int n = distinct(m, c, value, count), least = m->spec->folds + 1;
	const char **name;

	if (n == -1)
		return err_ptr(err, ERR_INVALID, "/target",
		    "the target '%s' has more than %d different values; is it "
		    "a regression?",
		    c->name, CLASSES_MAX);
	name = arena_alloc(m->arena, (size_t)n * sizeof(*name));
	for (int i = 0; i < n; i++)
		name[i] = class_name(c, value[i], m->arena);
	if (n == 1)
		return err_ptr(err, ERR_INVALID, "/target",
		    "the target '%s' is '%s' in every row", c->name, name[0]);
	if (m->spec->task == TASK_BINARY && n != 2)
		return err_ptr(err, ERR_INVALID, "/target",
		    "the target '%s' has %d classes, a binary task has 2",
		    c->name, n);
	for (int i = 0; i < n; i++)
		if (count[i] < (size_t)least)
			return err_ptr(err, ERR_INVALID, "/target",
			    "class '%s' of the target '%s' has %zu row%s; %d "
			    "folds and a holdout need %d",
			    name[i], c->name, count[i],
			    count[i] == 1 ? "" : "s", m->spec->folds, least);
	for (int i = 0; m->spec->favourable != NULL; i++) {
		if (i == n)
			return err_ptr(err, ERR_INVALID, "/params/favourable",
			    "the target '%s' is never '%s'", c->name,
			    m->spec->favourable);
		if (strcmp(name[i], m->spec->favourable) == 0)
			break;
	}
	if (m->spec->task == TASK_BINARY) {
		int positive = choose_positive(m, c, name, count, err);

		if (positive == -1)
			return -1;
		if (positive == 0) {
			const char *t = name[0];
			double v = value[0];

			name[0] = name[1];
			name[1] = t;
			value[0] = value[1];
			value[1] = v;
		}
	}
	for (size_t i = 0; i < m->n; i++) {
		double v = column_value(c, m->row[i]);
		int k = 0;

		while (value[k] != v)
			k++;
		y[m->row[i]] = k;
	}
	m->target.class = name;
	m->target.nclasses = n;
	return 0;
}

static int
value_target(struct maker *m, const struct column *c, struct err *err)
{
	double *y = (double *)m->target.y, first;
	bool same = true;

	if (c->type != COL_INTEGER && c->type != COL_NUMBER)
		return err_ptr(err, ERR_INVALID, "/target",
		    "the target '%s' is of type %s, a regression needs a "
		    "number",
		    c->name, column_type_names[c->type]);
	if (m->n < 2 * (size_t)(m->spec->folds + 1))
		return err_ptr(err, ERR_INVALID, "/target",
		    "%zu rows have a target; %d folds and a holdout need %d",
		    m->n, m->spec->folds, 2 * (m->spec->folds + 1));
	first = c->number[m->row[0]];
	for (size_t i = 0; i < m->n; i++) {
		y[m->row[i]] = c->number[m->row[i]];
		same = same && y[m->row[i]] == first;
	}
	if (same)
		return err_ptr(err, ERR_INVALID, "/target",
		    "the target '%s' is %.15g in every row", c->name, first);
	return 0;
}

static int
make_target(struct maker *m, struct err *err)
{
	int t = frame_find(m->frame, m->spec->target);
	const struct column *c;
	double *y;

	if (t == -1)
		return err_ptr(err, ERR_INVALID, "/target",
		    "there is no column '%s'", m->spec->target);
	c = &m->frame->column[t];
	if (keep_rows(m, c, err) == -1)
		return -1;
	y = arena_alloc(m->arena, m->frame->nrows * sizeof(*y));
	m->target.task = m->spec->task;
	m->target.y = y;
	if (m->spec->task == TASK_REGRESSION)
		return value_target(m, c, err);
	if (c->type == COL_TEXT || c->type == COL_DATETIME ||
	    c->type == COL_IDENTIFIER)
		return err_ptr(err, ERR_INVALID, "/target",
		    "the target '%s' is of type %s, which has no classes",
		    c->name, column_type_names[c->type]);
	return class_target(m, c, err);
}

/* Shuffled, class after class, and dealt: each part gets its share of each
 * class, to the row. */
static void
deal_rows(struct maker *m)
{
	int groups =
	    m->spec->split == SPLIT_STRATIFIED ? m->target.nclasses : 1;
	size_t *order = arena_alloc(m->arena, m->n * sizeof(*order));
	size_t dealt = 0;
	struct rng r;

	rng_init(&r, m->spec->seed, STREAM_HOLDOUT);
	for (int g = 0; g < groups; g++) {
		size_t n = 0, sealed;

		for (size_t i = 0; i < m->n; i++)
			if (groups == 1 || m->target.y[m->row[i]] == g)
				order[n++] = m->row[i];
		rng_shuffle(&r, order, n);
		sealed = (size_t)(m->spec->holdout * (double)n + 0.5);
		sealed = sealed == 0 ? 1 : sealed;
		for (size_t i = 0; i < n; i++)
			m->part[order[i]] =
			    i < sealed
				? SEALED
				: (uint8_t)(dealt++ % (size_t)m->spec->folds);
	}
}

/* Rows sorted by the split column; what is missing is an error. */
static struct keyed *
sort_rows(const struct maker *m, struct err *err)
{
	const struct column *c =
	    &m->frame->column[frame_find(m->frame, m->spec->split_column)];
	struct keyed *k = arena_alloc(m->arena, m->n * sizeof(*k));
	size_t different = 1;

	if (m->spec->split == SPLIT_TIME && c->number == NULL) {
		err_ptr(err, ERR_INVALID, "/params/split_column",
		    "the column '%s' is of type %s, which has no order in "
		    "time",
		    c->name, column_type_names[c->type]);
		return NULL;
	}
	for (size_t i = 0; i < m->n; i++) {
		k[i] = (struct keyed){ column_value(c, m->row[i]), m->row[i] };
		if (isnan(k[i].key)) {
			err_ptr(err, ERR_INVALID, "/params/split_column",
			    "the column '%s' is missing in row %zu", c->name,
			    m->row[i] + 1);
			return NULL;
		}
	}
	qsort(k, m->n, sizeof(*k), keyed_cmp);
	for (size_t i = 1; i < m->n; i++)
		different += k[i].key != k[i - 1].key;
	if (different < (size_t)m->spec->folds + 1) {
		err_ptr(err, ERR_INVALID, "/params/split_column",
		    "the column '%s' has %zu different values; %d folds and a "
		    "holdout need %d",
		    c->name, different, m->spec->folds, m->spec->folds + 1);
		return NULL;
	}
	return k;
}

/* Whole groups in random order: to the holdout until it has its share, each
 * of the rest to the smallest fold. */
static int
deal_groups(struct maker *m, struct err *err)
{
	struct keyed *k = sort_rows(m, err);
	size_t *start, *order, ngroups = 0, sealed = 0, least;
	size_t fold[16] = { 0 };
	struct rng r;

	if (k == NULL)
		return -1;
	start = arena_alloc(m->arena, (m->n + 1) * sizeof(*start));
	order = arena_alloc(m->arena, m->n * sizeof(*order));
	for (size_t i = 0; i < m->n; i++)
		if (i == 0 || k[i].key != k[i - 1].key) {
			order[ngroups] = ngroups;
			start[ngroups++] = i;
		}
	start[ngroups] = m->n;
	rng_init(&r, m->spec->seed, STREAM_FOLDS);
	rng_shuffle(&r, order, ngroups);
	least = (size_t)m->spec->folds; /* groups that the folds must get */
	for (size_t g = 0; g < ngroups; g++) {
		size_t from = start[order[g]], to = start[order[g] + 1];
		uint8_t part = 0;

		if ((double)sealed < m->spec->holdout * (double)m->n &&
		    ngroups - g > least) {
			sealed += to - from;
			part = SEALED;
		} else {
			for (int f = 1; f < m->spec->folds; f++)
				if (fold[f] < fold[part])
					part = (uint8_t)f;
			fold[part] += to - from;
		}
		for (size_t i = from; i < to; i++)
			m->part[k[i].row] = part;
	}
	return 0;
}

/* Blocks of time; a boundary is never between rows of the same instant. */
static int
deal_times(struct maker *m, struct err *err)
{
	struct keyed *k = sort_rows(m, err);
	int blocks = m->spec->folds + 1, block = 0;
	double per_fold;

	if (k == NULL)
		return -1;
	per_fold = (1 - m->spec->holdout) * (double)m->n / m->spec->folds;
	for (size_t i = 0; i < m->n; i++) {
		bool may = i > 0 && k[i].key != k[i - 1].key;

		if (may && block + 1 < blocks &&
		    (double)i >= per_fold * (block + 1))
			block++;
		m->part[k[i].row] =
		    block == m->spec->folds ? SEALED : (uint8_t)block;
	}
	return 0;
}

/* A frame of its own, with the rows of the given part (or all folds). */
static struct frame *
take_rows(
    const struct maker *m, bool sealed, size_t **rows, double **y, size_t *n)
{
	struct frame *f = arena_alloc(m->arena, sizeof(*f));
	size_t count = 0, *row;

	row = arena_alloc(m->arena, (m->n + 1) * sizeof(*row));
	for (size_t i = 0; i < m->n; i++)
		if ((m->part[m->row[i]] == SEALED) == sealed)
			row[count++] = m->row[i];
	f->nrows = count;
	f->ncols = m->frame->ncols;
	f->column = arena_alloc(m->arena, f->ncols * sizeof(*f->column));
	for (size_t j = 0; j < f->ncols; j++) {
		const struct column *from = &m->frame->column[j];
		struct column *to = &f->column[j];

		*to = *from;
		if (from->number != NULL) {
			to->number =
			    arena_alloc(m->arena, count * sizeof(double));
			for (size_t i = 0; i < count; i++)
				to->number[i] = from->number[row[i]];
		}
		if (from->code != NULL) {
			to->code =
			    arena_alloc(m->arena, count * sizeof(int32_t));
			for (size_t i = 0; i < count; i++)
				to->code[i] = from->code[row[i]];
		}
	}
	*y = arena_alloc(m->arena, count * sizeof(double));
	for (size_t i = 0; i < count; i++)
		(*y)[i] = m->target.y[row[i]];
	*rows = row;
	*n = count;
	return f;
}

static void
fill_split(struct split *s, struct maker *m)
{
	struct sealed *sealed = arena_alloc(m->arena, sizeof(*sealed));
	uint8_t *fold;
	double *y;
	size_t n;

	sealed->frame = take_rows(m, true, &sealed->row, &y, &sealed->n);
	sealed->y = y;
	s->frame = take_rows(m, false, &s->row, &y, &n);
	s->target = m->target;
	s->target.y = y;
	s->spec = m->spec;
	s->nfolds = m->spec->folds;
	fold = arena_alloc(m->arena, n);
	s->fold_rows =
	    arena_alloc(m->arena, (size_t)s->nfolds * sizeof(size_t));
	for (size_t i = 0; i < n; i++) {
		fold[i] = m->part[s->row[i]];
		s->fold_rows[fold[i]]++;
	}
	s->fold = fold;
	s->holdout_rows = sealed->n;
	s->dropped_rows = m->frame->nrows - m->n;
	s->sealed = sealed;
	s->mem = m->arena;
}

/* Each side of each fold, and the holdout, must have something to learn from
 * and to measure with. */
static int
check_parts(const struct split *s, struct err *err)
{
	int k = s->target.nclasses;

	if (s->holdout_rows == 0 || s->frame->nrows == 0)
		return err_ptr(err, ERR_INVALID, "/params/split",
		    "the split leaves no rows to %s",
		    s->holdout_rows == 0 ? "hold out" : "train on");
	for (int f = 0; f < s->nfolds; f++)
		if (s->fold_rows[f] == 0)
			return err_ptr(err, ERR_INVALID, "/params/folds",
			    "fold %d would be empty", f);
	for (int c = 0; c < k; c++) {
		size_t sealed = 0;

		for (size_t i = 0; i < s->sealed->n; i++)
			sealed += s->sealed->y[i] == c;
		if (sealed == 0)
			return err_ptr(err, ERR_INVALID, "/params/split",
			    "the holdout would have no row of class '%s'",
			    s->target.class[c]);
		for (int f = 0; f < s->nfolds; f++) {
			size_t in = 0, out = 0;

			for (size_t i = 0; i < s->frame->nrows; i++)
				if (s->target.y[i] == c) {
					in += s->fold[i] == f;
					out += s->spec->split == SPLIT_TIME
					           ? s->fold[i] < f
					           : s->fold[i] != f;
				}
			if (s->spec->split == SPLIT_TIME && f == 0)
				continue;
			if (in == 0 || out == 0)
				return err_ptr(err, ERR_INVALID,
				    "/params/split",
				    "fold %d would have no row of class '%s' "
				    "to %s",
				    f, s->target.class[c],
				    in == 0 ? "validate with" : "train on");
		}
	}
	return 0;
}

struct split *
split_make(const struct frame *f, const struct spec *spec, struct err *err)
{
	struct maker m = { .frame = f, .spec = spec, .arena = arena_new() };
	struct split *s = arena_alloc(m.arena, sizeof(*s));
	int r = 0;

	m.part = arena_alloc(m.arena, f->nrows + 1);
	if (make_target(&m, err) == -1 || check_columns(&m, err) == -1)
		r = -1;
	else if (spec->split == SPLIT_GROUPED)
		r = deal_groups(&m, err);
	else if (spec->split == SPLIT_TIME)
		r = deal_times(&m, err);
	else
		deal_rows(&m);
	if (r == 0) {
		fill_split(s, &m);
		r = check_parts(s, err);
	}
	if (r == 0)
		r = fit_check(s, err);
	if (r == -1) {
		arena_free(m.arena);
		return NULL;
	}
	return s;
}

void
split_free(struct split *s)
{
	if (s != NULL)
		arena_free(s->mem);
}

/* part: a fold, SEALED, or -1 for all of development. */
static json_t *
part_to_json(const size_t *row, const uint8_t *fold, size_t n, int part)
{
	struct digest *d = digest_new();
	char hex[DIGEST_HEX], line[32];
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		if (part >= 0 && fold[i] != part)
			continue;
		count++;
		digest_add(d, line,
		    (size_t)snprintf(line, sizeof(line), "%zu\n", row[i]));
	}
	digest_end(d, hex);
	return json_pack("{s:I,s:s}", "rows", (json_int_t)count, "digest", hex);
}

json_t *
split_to_json(const struct split *s)
{
	json_t *v = json_object(), *folds = json_array();
	size_t n = s->frame->nrows;

	json_object_set_new(
	    v, "method", json_string(split_kind_names[s->spec->split]));
	json_object_set_new(v, "column",
	    s->spec->split == SPLIT_GROUPED || s->spec->split == SPLIT_TIME
		? json_string(s->spec->split_column)
		: json_null());
	json_object_set_new(v, "seed", json_integer((json_int_t)s->spec->seed));
	json_object_set_new(
	    v, "development", part_to_json(s->row, s->fold, n, -1));
	json_object_set_new(
	    v, "holdout", part_to_json(s->sealed->row, NULL, s->sealed->n, -1));
	for (int f = 0; f < s->nfolds; f++)
		json_array_append_new(
		    folds, part_to_json(s->row, s->fold, n, f));
	json_object_set_new(v, "folds", folds);
	json_object_set_new(
	    v, "dropped_rows", json_integer((json_int_t)s->dropped_rows));
	return v;
}
