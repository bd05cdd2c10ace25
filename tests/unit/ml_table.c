#include "config.h"

#include <math.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/data/frame.h"
#include "lib/ml/rng.h"
#include "tests/unit/ml_table.h"

enum {
	AMOUNT,
	AGE,
	PURPOSE,
	CITY,
	OPENED,
	GROUP,
	NOTE,
	SAME,
	SEX,
	OUTCOME,
	KIND,
	LOSS,
	COLUMNS
};

static const struct {
	const char *name;
	enum column_type type;
	int levels;
} columns[COLUMNS] = {
	[AMOUNT] = { "amount", COL_NUMBER, 0 },
	[AGE] = { "age", COL_INTEGER, 0 },
	[PURPOSE] = { "purpose", COL_CATEGORY, 4 },
	[CITY] = { "city", COL_CATEGORY, 60 },
	[OPENED] = { "opened", COL_DATETIME, 0 },
	[GROUP] = { "group", COL_IDENTIFIER, -1 },
	[NOTE] = { "note", COL_TEXT, 2 },
	[SAME] = { "same", COL_CONSTANT, 1 },
	[SEX] = { "sex", COL_CATEGORY, 2 },
	[OUTCOME] = { "outcome", COL_CATEGORY, 2 },
	[KIND] = { "kind", COL_CATEGORY, 3 },
	[LOSS] = { "loss", COL_NUMBER, 0 },
};

static void
fill_row(struct column *c, size_t i, struct rng *r)
{
	double amount = exp(7 + rng_normal(r)), age = 18 + 50 * rng_uniform(r);
	int purpose = (int)rng_below(r, 4);
	double z = 0.8 * (log(amount) - 7) - 0.05 * (age - 43) +
	           0.7 * (purpose == 2) - 1;

	c[AMOUNT].number[i] = amount;
	c[AGE].number[i] = rng_below(r, 10) == 0 ? NAN : floor(age);
	c[PURPOSE].code[i] = purpose;
	c[CITY].code[i] = (int32_t)rng_below(r, 60);
	c[OPENED].number[i] = 1.6e9 + 86400.0 * (double)(i / 3);
	c[GROUP].code[i] = (int32_t)(i / 8);
	c[NOTE].code[i] = (int32_t)rng_below(r, 2);
	c[SAME].code[i] = 0;
	c[SEX].code[i] = (int32_t)rng_below(r, 2);
	c[OUTCOME].code[i] = rng_uniform(r) < 1 / (1 + exp(-z));
	c[KIND].code[i] = z + rng_normal(r) < -1.5  ? 0
	                  : z + rng_normal(r) < 0.5 ? 1
	                                            : 2;
	c[LOSS].number[i] = 100 * z + 30 * rng_normal(r);
}

struct frame *
table_make(size_t n, uint64_t seed, struct arena *a)
{
	struct frame *f = arena_alloc(a, sizeof(*f));
	struct rng r;

	rng_init(&r, seed, 0);
	f->nrows = n;
	f->ncols = COLUMNS;
	f->column = arena_alloc(a, COLUMNS * sizeof(*f->column));
	for (int j = 0; j < COLUMNS; j++) {
		struct column *c = &f->column[j];
		int levels = columns[j].levels;

		c->name = columns[j].name;
		c->type = columns[j].type;
		if (levels == 0) {
			c->number = arena_alloc(a, n * sizeof(*c->number));
			continue;
		}
		c->code = arena_alloc(a, n * sizeof(*c->code));
		c->nlevels = levels < 0 ? n / 8 + 1 : (size_t)levels;
		c->level = arena_alloc(a, c->nlevels * sizeof(*c->level));
		for (size_t l = 0; l < c->nlevels; l++)
			c->level[l] = arena_printf(a, "%s%03zu", c->name, l);
	}
	f->column[OUTCOME].level[0] = "good";
	f->column[OUTCOME].level[1] = "bad";
	for (size_t i = 0; i < n; i++)
		fill_row(f->column, i, &r);
	return f;
}

struct frame *
table_part(const struct frame *f, size_t from, size_t to, struct arena *a)
{
	struct frame *part = arena_alloc(a, sizeof(*part));

	*part = *f;
	part->nrows = to - from;
	part->column = arena_alloc(a, f->ncols * sizeof(*part->column));
	for (size_t j = 0; j < f->ncols; j++) {
		part->column[j] = f->column[j];
		if (f->column[j].number != NULL)
			part->column[j].number += from;
		else
			part->column[j].code += from;
	}
	return part;
}
