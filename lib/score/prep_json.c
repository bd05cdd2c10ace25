/*
 * The JSON form of a preparation.
 *	{"fields": [{"name", "kind", "levels"?, "refuse"?}],
 *	 "features": [{"name", "op", "field"?, "shift"?, "scale"?, "missing",
 *	               "unknown"?, "table"?, "edges"?, "part"?, "expr"?}]}
 * null stands for NaN.
 */
#include "config.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/score/prep.h"

static const char *const kind_names[] = { "number", "category", "datetime" };
static const char *const op_names[PREP__MAX] = { "number", "missing", "lookup",
	"bins", "date", "expression" };
static const char *const part_names[DATE__MAX] = { "year", "month", "day",
	"weekday", "hour", "days" };
static const char *const refuse_names[] = { "missing", "unknown", "type" };

static json_t *
field_json(const struct prep_field *f)
{
	json_t *v =
	    json_pack("{ssss}", "name", f->name, "kind", kind_names[f->kind]);

	if (f->kind == FIELD_CATEGORY) {
		json_t *levels = json_array();

		for (int i = 0; i < f->nlevels; i++)
			json_array_append_new(levels, json_string(f->level[i]));
		json_object_set_new(v, "levels", levels);
	}
	if (f->refuse != 0) {
		json_t *refuse = json_array();

		for (unsigned i = 0; i < nitems(refuse_names); i++)
			if (f->refuse & 1U << i)
				json_array_append_new(
				    refuse, json_string(refuse_names[i]));
		json_object_set_new(v, "refuse", refuse);
	}
	return v;
}

static json_t *
feature_json(const struct prep *p, const struct feature *f)
{
	json_t *v = json_pack("{ssss}", "name", f->name, "op", op_names[f->op]);
	int ntable = 0;

	if (f->op != PREP_EXPR)
		json_object_set_new(
		    v, "field", json_string(p->field[f->field].name));
	if (f->op != PREP_MISSING)
		json_object_set_new(v, "missing", json_finite(f->missing));
	switch (f->op) {
	case PREP_NUMBER:
		json_object_set_new(v, "shift", json_finite(f->shift));
		json_object_set_new(v, "scale", json_finite(f->scale));
		break;
	case PREP_LOOKUP:
		json_object_set_new(v, "unknown", json_finite(f->unknown));
		ntable = p->field[f->field].nlevels;
		break;
	case PREP_BINS:
		ntable = f->nedges + 1;
		break;
	case PREP_DATE:
		json_object_set_new(
		    v, "part", json_string(part_names[f->part]));
		break;
	case PREP_EXPR:
		json_object_set_new(v, "expr", json_string(f->expr));
		break;
	default:
		break;
	}
	if (f->op == PREP_BINS) {
		json_t *edges = json_array();

		for (int i = 0; i < f->nedges; i++)
			json_array_append_new(edges, json_finite(f->edge[i]));
		json_object_set_new(v, "edges", edges);
	}
	if (f->op == PREP_BINS || f->op == PREP_LOOKUP) {
		json_t *table = json_array();

		for (int i = 0; i < ntable; i++)
			json_array_append_new(table, json_finite(f->table[i]));
		json_object_set_new(v, "table", table);
	}
	return v;
}

json_t *
prep_to_json(const struct prep *p)
{
	json_t *fields = json_array(), *features = json_array();

	for (int i = 0; i < p->nfields; i++)
		json_array_append_new(fields, field_json(&p->field[i]));
	for (int i = 0; i < p->nfeatures; i++)
		json_array_append_new(
		    features, feature_json(p, &p->feature[i]));
	return json_pack("{soso}", "fields", fields, "features", features);
}

/* Where we are in the document, for errors. */
struct place {
	const char *list;
	size_t index;
	struct arena *a;
	struct err *e;
};

static int
wrong(const struct place *at, const char *key, const char *what)
{
	char pointer[128];

	snprintf(pointer, sizeof(pointer), "/preparation/%s/%zu/%s", at->list,
	    at->index, key);
	return err_ptr(at->e, ERR_INVALID, pointer, "%s", what);
}

static int
read_text(
    const json_t *o, const char *key, const struct place *at, const char **out)
{
	const char *s = json_string_value(json_object_get(o, key));

	if (s == NULL)
		return wrong(at, key, "a text is needed");
	*out = arena_strdup(at->a, s);
	return 0;
}

/* One of n names, as its index. */
static int
read_choice(const json_t *o, const char *key, const char *const *names,
    size_t n, const struct place *at, int *out)
{
	const char *s = json_string_value(json_object_get(o, key));

	for (size_t i = 0; s != NULL && i < n; i++)
		if (strcmp(names[i], s) == 0) {
			*out = (int)i;
			return 0;
		}
	return wrong(at, key, "no such choice");
}

/* A number; null is NaN, absence is the fallback. */
static int
read_number(const json_t *o, const char *key, double none,
    const struct place *at, double *out)
{
	const json_t *v = json_object_get(o, key);

	if (v == NULL)
		*out = none;
	else if (json_is_null(v))
		*out = NAN;
	else if (json_is_number(v))
		*out = json_number_value(v);
	else
		return wrong(at, key, "a number or null is needed");
	return 0;
}

/* An array of numbers in the arena. */
static int
read_numbers(const json_t *o, const char *key, const struct place *at,
    double **out, size_t *n)
{
	const json_t *v = json_object_get(o, key), *x;
	size_t i;

	if (!json_is_array(v))
		return wrong(at, key, "an array of numbers is needed");
	*n = json_array_size(v);
	*out = arena_alloc(at->a, (*n + 1) * sizeof(**out));
	json_array_foreach (v, i, x) {
		if (!json_is_number(x) && !json_is_null(x))
			return wrong(at, key, "an array of numbers is needed");
		(*out)[i] = json_is_null(x) ? NAN : json_number_value(x);
	}
	return 0;
}

static int
read_levels(const json_t *o, const struct place *at, struct prep_field *f)
{
	const json_t *v = json_object_get(o, "levels"), *x;
	size_t i;

	if (!json_is_array(v) || json_array_size(v) > PREP_LEVELS_MAX)
		return wrong(at, "levels", "an array of texts is needed");
	f->nlevels = (int)json_array_size(v);
	f->level =
	    arena_alloc(at->a, ((size_t)f->nlevels + 1) * sizeof(*f->level));
	json_array_foreach (v, i, x) {
		if (!json_is_string(x))
			return wrong(
			    at, "levels", "an array of texts is needed");
		f->level[i] = arena_strdup(at->a, json_string_value(x));
	}
	return 0;
}

static int
read_refuse(const json_t *o, const struct place *at, struct prep_field *f)
{
	const json_t *v = json_object_get(o, "refuse"), *x;
	size_t i;

	json_array_foreach (v, i, x) {
		const char *s = json_string_value(x);
		unsigned bit = 0;

		while (s != NULL && bit < nitems(refuse_names) &&
		       strcmp(refuse_names[bit], s) != 0)
			bit++;
		if (s == NULL || bit == nitems(refuse_names))
			return wrong(at, "refuse", "no such choice");
		f->refuse |= 1U << bit;
	}
	return 0;
}

static int
read_field(const json_t *o, const struct place *at, struct prep_field *f)
{
	int kind;

	if (read_text(o, "name", at, &f->name) == -1 ||
	    read_choice(o, "kind", kind_names, nitems(kind_names), at, &kind) ==
		-1 ||
	    read_refuse(o, at, f) == -1)
		return -1;
	f->kind = (enum field_kind)kind;
	return f->kind == FIELD_CATEGORY ? read_levels(o, at, f) : 0;
}

static int
read_table(const struct prep *p, const json_t *o, const struct place *at,
    struct feature *f)
{
	double *edge = NULL, *table;
	size_t nedges = 0, n;
	float *t;

	if (f->op == PREP_BINS &&
	    read_numbers(o, "edges", at, &edge, &nedges) == -1)
		return -1;
	if (read_numbers(o, "table", at, &table, &n) == -1)
		return -1;
	if (nedges > INT_MAX / 2 ||
	    n != (f->op == PREP_BINS ? nedges + 1
				     : (size_t)p->field[f->field].nlevels))
		return wrong(at, "table", "the table has another length");
	t = arena_alloc(at->a, (n + 1) * sizeof(*t));
	for (size_t i = 0; i < n; i++)
		t[i] = (float)table[i];
	f->table = t;
	f->edge = edge;
	f->nedges = (int)nedges;
	return 0;
}

static int
read_feature(const struct prep *p, const json_t *names, const json_t *o,
    const struct place *at, struct feature *f)
{
	double missing, unknown;
	int op, part;

	if (read_text(o, "name", at, &f->name) == -1 ||
	    read_choice(o, "op", op_names, PREP__MAX, at, &op) == -1 ||
	    read_number(o, "missing", NAN, at, &missing) == -1 ||
	    read_number(o, "unknown", NAN, at, &unknown) == -1 ||
	    read_number(o, "shift", 0, at, &f->shift) == -1 ||
	    read_number(o, "scale", 1, at, &f->scale) == -1)
		return -1;
	f->op = (enum prep_op)op;
	f->missing = (float)missing;
	f->unknown = (float)unknown;
	f->field = -1;
	if (f->op == PREP_EXPR)
		return read_text(o, "expr", at, &f->expr);
	f->field = (int)json_int(names, json_str(o, "field", ""), -1);
	if (f->field == -1)
		return wrong(at, "field", "no such field");
	if (f->op == PREP_DATE) {
		if (read_choice(o, "part", part_names, DATE__MAX, at, &part) ==
		    -1)
			return -1;
		f->part = (enum date_part)part;
	}
	if (f->op == PREP_LOOKUP && p->field[f->field].kind != FIELD_CATEGORY)
		return wrong(at, "field", "the field is no category");
	return f->op == PREP_LOOKUP || f->op == PREP_BINS
	           ? read_table(p, o, at, f)
	           : 0;
}

struct prep *
prep_from_json(const json_t *doc, struct arena *a, struct err *e)
{
	const json_t *fields = json_object_get(doc, "fields");
	const json_t *features = json_object_get(doc, "features");
	struct place at = { "fields", 0, a, e };
	auto_json json_t *names = json_object();
	struct prep *p = arena_alloc(a, sizeof(*p));

	if (!json_is_array(fields) || !json_is_array(features) ||
	    json_array_size(fields) > PREP_FIELDS_MAX ||
	    json_array_size(features) > PREP_FEATURES_MAX) {
		err_ptr(e, ERR_INVALID, "/preparation",
		    "a preparation has arrays of fields and features");
		return NULL;
	}
	p->nfields = (int)json_array_size(fields);
	p->nfeatures = (int)json_array_size(features);
	p->field = arena_alloc(a, ((size_t)p->nfields + 1) * sizeof(*p->field));
	p->feature =
	    arena_alloc(a, ((size_t)p->nfeatures + 1) * sizeof(*p->feature));
	for (; at.index < (size_t)p->nfields; at.index++) {
		struct prep_field *f = &p->field[at.index];

		if (read_field(json_array_get(fields, at.index), &at, f) == -1)
			return NULL;
		if (json_object_get(names, f->name) != NULL) {
			wrong(&at, "name", "two fields have this name");
			return NULL;
		}
		json_object_set_new(
		    names, f->name, json_integer((json_int_t)at.index));
	}
	at.list = "features";
	for (at.index = 0; at.index < (size_t)p->nfeatures; at.index++)
		if (read_feature(p, names, json_array_get(features, at.index),
			&at, &p->feature[at.index]) == -1)
			return NULL;
	return p;
}
