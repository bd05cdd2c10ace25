/*
 * Feature preparation: the check and the run.  Its JSON is in prep_json.c.
 */
#include "config.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/err.h"
#include "lib/score/date.h"
#include "lib/score/dsl.h"
#include "lib/score/prep.h"

static int
check_fields(const struct prep *p, struct err *e)
{
	long levels = 0;

	if (p->nfields < 0 || p->nfields > PREP_FIELDS_MAX)
		return err_set(e, ERR_INVALID, "a schema has at most %d fields",
		    PREP_FIELDS_MAX);
	for (const struct prep_field *f = p->field; f < p->field + p->nfields;
	     f++) {
		if (f->nlevels < 0 || (f->nlevels > 0 && f->level == NULL) ||
		    (f->nlevels > 0 && f->kind != FIELD_CATEGORY))
			return err_set(e, ERR_INVALID,
			    "field '%s': levels do not fit", f->name);
		levels += f->nlevels;
	}
	if (levels > PREP_LEVELS_MAX)
		return err_set(e, ERR_INVALID, "a schema has at most %d levels",
		    PREP_LEVELS_MAX);
	return 0;
}

/* A number that prep_row may give: finite, or NaN for missing. */
static int
usable(float x)
{
	return !isinf(x);
}

static int
check_table(const struct feature *f, int n, struct err *e)
{
	if (n > 0 && f->table == NULL)
		return err_set(
		    e, ERR_INVALID, "feature '%s': no table", f->name);
	for (int i = 0; i < n; i++)
		if (!usable(f->table[i]))
			return err_set(e, ERR_INVALID,
			    "feature '%s': infinite value in its table",
			    f->name);
	return 0;
}

static int
check_bins(const struct feature *f, struct err *e)
{
	if (f->nedges < 0 || (f->nedges > 0 && f->edge == NULL))
		return err_set(
		    e, ERR_INVALID, "feature '%s': no edges", f->name);
	for (int i = 0; i < f->nedges; i++)
		if (!isfinite(f->edge[i]) ||
		    (i > 0 && f->edge[i] <= f->edge[i - 1]))
			return err_set(e, ERR_INVALID,
			    "feature '%s': edges do not ascend", f->name);
	return check_table(f, f->nedges + 1, e);
}

static int
check_feature(const struct prep *p, const struct feature *f, struct err *e)
{
	const struct prep_field *in;
	int numeric;

	if (!usable(f->missing) || !usable(f->unknown) || !isfinite(f->shift) ||
	    !isfinite(f->scale))
		return err_set(
		    e, ERR_INVALID, "feature '%s': infinite value", f->name);
	if (f->op == PREP_EXPR)
		return f->expr != NULL
		           ? 0
		           : err_set(e, ERR_INVALID,
				 "feature '%s': no expression", f->name);
	if (f->field < 0 || f->field >= p->nfields)
		return err_set(
		    e, ERR_INVALID, "feature '%s': no such field", f->name);
	in = &p->field[f->field];
	numeric = in->kind != FIELD_CATEGORY;
	if ((f->op == PREP_LOOKUP && numeric) ||
	    ((f->op == PREP_NUMBER || f->op == PREP_BINS) && !numeric) ||
	    (f->op == PREP_DATE && in->kind != FIELD_DATETIME) ||
	    (unsigned)f->op >= PREP__MAX)
		return err_set(e, ERR_INVALID,
		    "feature '%s' does not go with field '%s'", f->name,
		    in->name);
	if (f->op == PREP_DATE && (unsigned)f->part >= DATE__MAX)
		return err_set(
		    e, ERR_INVALID, "feature '%s': no such part", f->name);
	if (f->op == PREP_LOOKUP)
		return check_table(f, in->nlevels, e);
	if (f->op == PREP_BINS)
		return check_bins(f, e);
	return 0;
}

int
prep_compile(struct prep *p, struct arena *a, struct err *e)
{
	if (check_fields(p, e) == -1)
		return -1;
	if (p->nfeatures < 0 || p->nfeatures > PREP_FEATURES_MAX)
		return err_set(e, ERR_INVALID,
		    "a preparation has at most %d features", PREP_FEATURES_MAX);
	p->compiled =
	    arena_alloc(a, (size_t)p->nfeatures * sizeof(*p->compiled) + 1);
	for (int i = 0; i < p->nfeatures; i++) {
		const struct feature *f = &p->feature[i];
		struct err why;

		if (check_feature(p, f, e) == -1)
			return -1;
		if (f->op != PREP_EXPR)
			continue;
		p->compiled[i] =
		    dsl_compile(f->expr, p->field, p->nfields, a, &why);
		if (p->compiled[i] == NULL)
			return err_at(e, why.code, why.line, why.column,
			    "feature '%s': %s", f->name, why.text);
	}
	return 0;
}

static float
saturate(double x)
{
	if (x > FLT_MAX)
		return FLT_MAX;
	if (x < -FLT_MAX)
		return -FLT_MAX;
	return (float)x;
}

/* How many edges are <= x. */
static int
bin(const double *edge, int n, double x)
{
	int lo = 0;

	while (n > 0) {
		int half = n / 2;

		if (edge[lo + half] <= x) {
			lo += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return lo;
}

static float
date_part(const struct feature *f, double seconds)
{
	struct date d;

	if (date_split(seconds, &d) == -1)
		return f->missing;
	switch (f->part) {
	case DATE_YEAR:
		return (float)d.year;
	case DATE_MONTH:
		return (float)d.month;
	case DATE_DAY:
		return (float)d.day;
	case DATE_WEEKDAY:
		return (float)d.weekday;
	case DATE_HOUR:
		return (float)d.hour;
	default:
		return (float)d.days;
	}
}

static float
number(const struct feature *f, const struct raw *r)
{
	if (r->kind != RAW_NUMBER || isnan(r->number))
		return f->missing;
	switch (f->op) {
	case PREP_NUMBER:
		return saturate((r->number - f->shift) * f->scale);
	case PREP_BINS:
		return f->table[bin(f->edge, f->nedges, r->number)];
	default:
		return date_part(f, r->number);
	}
}

static float
lookup(const struct prep *p, const struct feature *f, const struct raw *r)
{
	if (r->kind == RAW_LEVEL && r->level >= 0 &&
	    r->level < p->field[f->field].nlevels)
		return f->table[r->level];
	return r->kind == RAW_UNKNOWN ? f->unknown : f->missing;
}

void
prep_row(const struct prep *p, const struct raw *raw, float *out)
{
	for (int i = 0; i < p->nfeatures; i++) {
		const struct feature *f = &p->feature[i];
		double x;

		switch (f->op) {
		case PREP_LOOKUP:
			out[i] = lookup(p, f, &raw[f->field]);
			break;
		case PREP_MISSING:
			out[i] = raw[f->field].kind == RAW_MISSING ||
			         (raw[f->field].kind == RAW_NUMBER &&
				     isnan(raw[f->field].number));
			break;
		case PREP_EXPR:
			x = dsl_run(p->compiled[i], raw);
			out[i] = isnan(x) ? f->missing : saturate(x);
			break;
		default:
			out[i] = number(f, &raw[f->field]);
		}
	}
}
