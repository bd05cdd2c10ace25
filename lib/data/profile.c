/*
 * The profile of a data set: one pass over its rows.
 *
 * A batch goes column by column, so that each inner loop has one column's type
 * and memory; what concerns several columns (correlations, repeated rows, the
 * sample) follows when all of them have taken it.
 */
#include "config.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/banned.h"
#include "lib/data/correlate.h"
#include "lib/data/format.h"
#include "lib/data/leakage.h"
#include "lib/data/limits.h"
#include "lib/data/profile.h"
#include "lib/data/reader.h"
#include "lib/data/sample.h"
#include "lib/data/sniff.h"
#include "lib/data/summary.h"
#include "lib/data/top.h"
#include "lib/err.h"

/* Rows of the sample: fewer where there are many columns. */
#define SAMPLE_ROWS  32768
#define SAMPLE_MIN   1024
#define SAMPLE_CELLS (4L << 20)

/* Rows of the sample that leakage is looked for in. */
#define LEAKAGE_ROWS 8192

/* What is listed at most. */
#define CORRELATIONS 500
#define LEAKS        50
#define WARNINGS     100
#define CLASSES      100

/* From where a share of rows is worth a warning. */
#define MISSING_MUCH  0.5
#define REPEATED_MUCH 0.01
#define CLASS_SMALL   0.05

struct profile {
	struct reader *r;
	const char *target;
	struct summary **column;
	size_t ncols, maxcols, rows;
	struct sample sample;
	struct repeats repeats;
	struct correlate *correlate;
	int crowded; /* more columns of numbers than correlations have room */
	struct summary_room room;
	json_t *warnings;
};

static void warn(struct profile *, const char *, ...)
    __attribute__((format(printf, 2, 3)));

static void
warn(struct profile *p, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (json_array_size(p->warnings) >= WARNINGS)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	json_array_append_new(p->warnings, summary_text(text, strlen(text)));
}

/* New columns, of the first batch or of JSONL. */
static void
columns(struct profile *p, size_t ncols)
{
	if (p->sample.max == 0) {
		size_t max = SAMPLE_CELLS / (ncols == 0 ? 1 : ncols);

		max = max > SAMPLE_ROWS  ? SAMPLE_ROWS
		      : max < SAMPLE_MIN ? SAMPLE_MIN
		                         : max;
		sample_init(&p->sample, max);
	}
	if (ncols > p->maxcols) {
		p->maxcols = 2 * ncols;
		p->column =
		    reallocarray(p->column, p->maxcols, sizeof(*p->column));
		if (p->column == NULL)
			abort();
	}
	for (; p->ncols < ncols; p->ncols++)
		p->column[p->ncols] = summary_new(reader_column(p->r, p->ncols),
		    p->ncols, p->rows, p->target != NULL);
}

/* The block of one column goes into the correlations, if it has numbers. */
static void
correlate(struct profile *p, struct summary *s, size_t n)
{
	if (s->place == -1) {
		if (s->missing == n || p->crowded)
			return;
		if ((s->place = correlate_place(p->correlate)) == -1) {
			p->crowded = 1;
			return;
		}
	}
	correlate_column(
	    p->correlate, s->place, p->room.x, n, s->mean, s->missing);
}

static void
take(struct profile *p, const struct batch *b)
{
	columns(p, b->ncols);
	summary_room(&p->room, b->nrows);
	memset(p->room.row_hash, 0, b->nrows * sizeof(*p->room.row_hash));
	sample_draw(&p->sample, b->nrows);
	for (size_t i = 0; i < p->ncols; i++) {
		summary_take(p->column[i], b->cell + i * b->stride, b->nrows,
		    &p->sample, &p->room);
		correlate(p, p->column[i], b->nrows);
	}
	correlate_pairs(p->correlate);
	repeats_add(&p->repeats, p->room.row_hash, b->nrows);
	p->rows += b->nrows;
}

static enum column_type
type_of(const struct profile *p, size_t i)
{
	return sniff_type(p->column[i]->sniff);
}

struct correlation {
	size_t a, b;
	double r;
};

static int
compare_correlations(const void *a, const void *b)
{
	const struct correlation *x = a, *y = b;
	double d = fabs(y->r) - fabs(x->r);

	if (d != 0)
		return d < 0 ? -1 : 1;
	if (x->a != y->a)
		return x->a < y->a ? -1 : 1;
	return x->b < y->b ? -1 : x->b > y->b;
}

static json_t *
correlations(const struct profile *p)
{
	struct correlation *all =
	    calloc(CORRELATE_COLUMNS * CORRELATE_COLUMNS, sizeof(*all));
	size_t numeric[CORRELATE_COLUMNS], n = 0, k = 0;
	json_t *a = json_array();

	if (all == NULL)
		abort();
	for (size_t i = 0; i < p->ncols; i++) {
		enum column_type t = type_of(p, i);

		if (p->column[i]->place != -1 &&
		    (t == COL_INTEGER || t == COL_NUMBER || t == COL_DATETIME))
			numeric[k++] = i;
	}
	for (size_t i = 0; i < k; i++)
		for (size_t j = i + 1; j < k; j++) {
			double r = correlate_r(p->correlate,
			    p->column[numeric[i]]->place,
			    p->column[numeric[j]]->place);

			if (!isnan(r))
				all[n++] = (struct correlation){ numeric[i],
					numeric[j], r };
		}
	qsort(all, n, sizeof(*all), compare_correlations);
	for (size_t i = 0; i < n && i < CORRELATIONS; i++)
		json_array_append_new(a,
		    json_pack("{s:s, s:s, s:f}", "a", p->column[all[i].a]->name,
			"b", p->column[all[i].b]->name, "r", all[i].r));
	free(all);
	return a;
}

/* Whether the target's values are classes. */
static int
has_classes(const struct profile *p, size_t target)
{
	enum column_type t = type_of(p, target);
	int exact;

	return t == COL_BOOLEAN || t == COL_CATEGORY ||
	       (t == COL_INTEGER &&
		   sniff_distinct(p->column[target]->sniff, &exact) <= 20);
}

static json_t *
leakage(struct profile *p, size_t target)
{
	struct leakage_column *c = calloc(p->ncols, sizeof(*c));
	json_t *a = json_array();
	struct leakage found[LEAKS];
	size_t n;

	if (c == NULL)
		abort();
	for (size_t i = 0; i < p->ncols; i++) {
		const struct summary *s = p->column[i];

		c[i].x = sniff_numeric(s->sniff) ? s->sample_x : NULL;
		c[i].key = s->sample_key;
	}
	n = leakage_find(c, p->ncols, target, has_classes(p, target),
	    p->sample.n < LEAKAGE_ROWS ? p->sample.n : LEAKAGE_ROWS, found,
	    LEAKS);
	for (size_t i = 0; i < n; i++) {
		const char *name = p->column[found[i].column]->name;
		char shown[FORMAT_SHOWN];

		json_array_append_new(
		    a, json_pack("{s:s, s:f, s:s}", "column", name, "score",
			   found[i].score, "measure", found[i].measure));
		warn(p,
		    "column '%s' foretells the target nearly perfectly (%s "
		    "%.3f): is it known before the target is?",
		    format_shown(shown, name, strlen(name)), found[i].measure,
		    found[i].score);
	}
	free(c);
	return a;
}

static json_t *
target_json(struct profile *p, size_t target)
{
	const struct summary *s = p->column[target];
	enum column_type type = type_of(p, target);
	struct top_value v[CLASSES];
	json_t *o = json_object(), *classes;
	size_t missing = sniff_missing(s->sniff), n;
	char shown[FORMAT_SHOWN];
	int exact;

	json_object_set_new(o, "name", json_string(s->name));
	json_object_set_new(o, "type", json_string(column_type_names[type]));
	json_object_set_new(o, "missing", json_integer((json_int_t)missing));
	json_object_set_new(o, "distinct",
	    json_integer((json_int_t)sniff_distinct(s->sniff, &exact)));
	if (missing > 0)
		warn(p, "the target is missing in %zu of %zu rows", missing,
		    p->rows);
	if (!has_classes(p, target))
		return o;
	classes = json_array();
	n = sniff_top(s->sniff, v, CLASSES, &exact);
	for (size_t i = 0; i < n; i++) {
		double share = (double)v[i].count / (double)(p->rows - missing);

		json_array_append_new(
		    classes, json_pack("{s:o, s:I, s:f}", "value",
				 summary_text(v[i].text, v[i].len), "count",
				 (json_int_t)v[i].count, "share", share));
		if (share < CLASS_SMALL)
			warn(p, "class '%s' of the target has %.2g%% of rows",
			    format_shown(shown, v[i].text, v[i].len),
			    100 * share);
	}
	json_object_set_new(o, "classes", classes);
	return o;
}

/* What each column may want to be looked at for. */
static void
column_warnings(struct profile *p)
{
	size_t after;

	for (size_t i = 0; i < p->ncols; i++) {
		const struct summary *s = p->column[i];
		size_t missing = sniff_missing(s->sniff);
		const char *offender = sniff_offender(s->sniff, &after);
		enum column_type type = type_of(p, i);
		char name[FORMAT_SHOWN];

		format_shown(name, s->name, strlen(s->name));
		if (type == COL_CONSTANT)
			warn(p, "column '%s' %s", name,
			    missing == p->rows
				? "is empty"
				: "has the same value in every row");
		else if ((double)missing > MISSING_MUCH * (double)p->rows)
			warn(p, "column '%s' is missing in %.3g%% of rows",
			    name, 100.0 * (double)missing / (double)p->rows);
		if (offender != NULL)
			warn(p,
			    "column '%s' is read as text because of '%s' after "
			    "%zu value(s) that were none",
			    name, offender, after);
		if (type == COL_IDENTIFIER)
			warn(p,
			    "column '%s' tells the rows apart: leave it out of "
			    "the features",
			    name);
	}
}

static void
file_warnings(struct profile *p, const struct reader_facts *f)
{
	if (f->skipped > 0)
		warn(p,
		    "%zu row(s) skipped; the first, line %ld column %ld: "
		    "%s",
		    f->skipped, f->first.line, f->first.column, f->first.text);
	if (f->nulled > 0)
		warn(p,
		    "%zu row(s) mended with missing values; the first, "
		    "line %ld column %ld: %s",
		    f->nulled, f->first.line, f->first.column, f->first.text);
	if (f->delimiter != 0 && !f->header)
		warn(p,
		    "the first row holds values: the columns got the "
		    "names column_1 to column_%zu",
		    p->ncols);
	if (p->crowded)
		warn(p, "correlations cover the first %d columns of numbers",
		    CORRELATE_COLUMNS);
}

static void
file_json(json_t *o, const struct profile *p, const struct reader_facts *f)
{
	if (f->delimiter != 0) {
		json_object_set_new(
		    o, "delimiter", json_stringn(&f->delimiter, 1));
		json_object_set_new(o, "header", json_boolean(f->header));
	}
	json_object_set_new(o, "rows", json_integer((json_int_t)p->rows));
	json_object_set_new(o, "skipped", json_integer((json_int_t)f->skipped));
	json_object_set_new(o, "nulled", json_integer((json_int_t)f->nulled));
}

static json_t *
sample_json(const struct profile *p)
{
	int exact = p->sample.n == p->rows;

	/* Two standard errors of the median's rank: no quantile has more. */
	return json_pack("{s:I, s:b, s:f}", "rows", (json_int_t)p->sample.n,
	    "exact", exact, "rank_error",
	    exact ? 0.0 : 1 / sqrt((double)p->sample.n));
}

static json_t *
profile_json(struct profile *p, int target)
{
	json_t *o = json_object(), *a = json_array();
	size_t repeated;
	int exact;

	file_json(o, p, reader_facts(p->r));
	for (size_t i = 0; i < p->ncols; i++)
		json_array_append_new(
		    a, summary_json(p->column[i], p->sample.n));
	json_object_set_new(o, "columns", a);
	json_object_set_new(o, "correlations", correlations(p));
	repeated = repeats_count(&p->repeats, &exact);
	json_object_set_new(
	    o, "duplicate_rows", json_integer((json_int_t)repeated));
	json_object_set_new(o, "duplicate_rows_exact", json_boolean(exact));
	json_object_set_new(o, "sample", sample_json(p));
	file_warnings(p, reader_facts(p->r));
	if ((double)repeated > REPEATED_MUCH * (double)p->rows)
		warn(p, "%s%zu of %zu rows repeat an earlier one",
		    exact ? "" : "about ", repeated, p->rows);
	if (target != -1)
		json_object_set_new(
		    o, "target", target_json(p, (size_t)target));
	json_object_set_new(o, "leakage",
	    target != -1 ? leakage(p, (size_t)target) : json_array());
	column_warnings(p);
	json_object_set(o, "warnings", p->warnings);
	return o;
}

static void
profile_done(struct profile *p)
{
	for (size_t i = 0; i < p->ncols; i++)
		summary_free(p->column[i]);
	free(p->column);
	summary_room_done(&p->room);
	sample_done(&p->sample);
	repeats_done(&p->repeats);
	correlate_free(p->correlate);
	json_decref(p->warnings);
}

static int
find(const struct profile *p, const char *name)
{
	for (size_t i = 0; i < p->ncols; i++)
		if (strcmp(p->column[i]->name, name) == 0)
			return (int)i;
	return -1;
}

json_t *
profile_reader(struct reader *r, const char *target, struct err *e)
{
	struct profile p = { .r = r, .target = target };
	char shown[FORMAT_SHOWN];
	json_t *o = NULL;
	struct batch b;
	int more, at = -1;

	p.correlate = correlate_new();
	p.warnings = json_array();
	repeats_init(&p.repeats);
	while ((more = reader_next(r, &b, e)) == 1)
		take(&p, &b);
	if (more == 0 && p.ncols == 0)
		more = err_set(e, ERR_INVALID,
		    "there is no column: give the rows members");
	else if (more == 0 && target != NULL && (at = find(&p, target)) == -1)
		more = err_set(e, ERR_INVALID, "there is no column '%s'",
		    format_shown(shown, target, strlen(target)));
	if (more == 0)
		o = profile_json(&p, at);
	profile_done(&p);
	return o;
}

json_t *
profile_file(const char *path, enum data_format format, enum on_error on_error,
    const char *target, struct err *e)
{
	struct reader *r = reader_open(path, format, on_error, e);
	json_t *o;

	if (r == NULL)
		return NULL;
	if ((o = profile_reader(r, target, e)) != NULL)
		json_object_set_new(
		    o, "format", json_string(data_format_names[format]));
	reader_close(r);
	return o;
}
