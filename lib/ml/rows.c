#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/data/frame.h"
#include "lib/err.h"
#include "lib/ml/rows.h"
#include "lib/score/prep.h"

#include "lib/banned.h"

struct bound {
	const struct column *column; /* NULL: there is none */
	int *level; /* of the schema, one a level of the column; -1: unknown */
};

struct rows {
	const struct prep *prep;
	struct bound *bound;
	struct raw *raw;
};

struct named {
	const char *name;
	int index;
};

static int
named_cmp(const void *a, const void *b)
{
	return strcmp(
	    ((const struct named *)a)->name, ((const struct named *)b)->name);
}

static int *
map_levels(const struct prep_field *f, const struct column *c, struct arena *a)
{
	int *map = arena_alloc(a, (c->nlevels + 1) * sizeof(*map));
	struct named *known =
	    arena_alloc(a, ((size_t)f->nlevels + 1) * sizeof(*known));

	for (int i = 0; i < f->nlevels; i++)
		known[i] = (struct named){ f->level[i], i };
	qsort(known, (size_t)f->nlevels, sizeof(*known), named_cmp);
	for (size_t i = 0; i < c->nlevels; i++) {
		struct named key = { c->level[i], 0 }, *hit;

		hit = bsearch(
		    &key, known, (size_t)f->nlevels, sizeof(*known), named_cmp);
		map[i] = hit == NULL ? -1 : hit->index;
	}
	return map;
}

struct rows *
rows_bind(const struct prep *p, const struct frame *f, int strict,
    struct arena *a, struct err *err)
{
	struct rows *r = arena_alloc(a, sizeof(*r));
	struct named *names = arena_alloc(a, (f->ncols + 1) * sizeof(*names));

	r->prep = p;
	r->bound = arena_alloc(a, (size_t)(p->nfields + 1) * sizeof(*r->bound));
	r->raw = arena_alloc(a, (size_t)(p->nfields + 1) * sizeof(*r->raw));
	for (size_t j = 0; j < f->ncols; j++)
		names[j] = (struct named){ f->column[j].name, (int)j };
	qsort(names, f->ncols, sizeof(*names), named_cmp);
	for (int i = 0; i < p->nfields; i++) {
		const struct prep_field *field = &p->field[i];
		struct named key = { field->name, 0 }, *hit;
		const struct column *c;

		hit = bsearch(&key, names, f->ncols, sizeof(*names), named_cmp);
		if (hit == NULL) {
			if (!strict)
				continue;
			err_set(err, ERR_INVALID,
			    "the data have no column '%s'", field->name);
			return NULL;
		}
		c = &f->column[hit->index];
		if ((field->kind == FIELD_CATEGORY) != (c->code != NULL)) {
			err_set(err, ERR_INVALID,
			    "the column '%s' is of type %s, which the model "
			    "does not expect",
			    c->name, column_type_names[c->type]);
			return NULL;
		}
		r->bound[i].column = c;
		if (field->kind == FIELD_CATEGORY)
			r->bound[i].level = map_levels(field, c, a);
	}
	return r;
}

void
rows_raw(const struct rows *r, size_t row, struct raw *raw)
{
	for (int i = 0; i < r->prep->nfields; i++) {
		const struct bound *b = &r->bound[i];

		raw[i] = (struct raw){ .kind = RAW_MISSING };
		if (b->column == NULL)
			continue;
		if (b->level == NULL) {
			raw[i].number = b->column->number[row];
			if (!isnan(raw[i].number))
				raw[i].kind = RAW_NUMBER;
		} else if (b->column->code[row] >= 0) {
			raw[i].level = b->level[b->column->code[row]];
			raw[i].kind =
			    raw[i].level < 0 ? RAW_UNKNOWN : RAW_LEVEL;
		}
	}
}

void
rows_matrix(const struct rows *r, const size_t *row, size_t n, float *x)
{
	for (size_t i = 0; i < n; i++) {
		rows_raw(r, row == NULL ? i : row[i], r->raw);
		prep_row(r->prep, r->raw, x + i * (size_t)r->prep->nfeatures);
	}
}
