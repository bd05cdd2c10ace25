/*
 * A data set in memory: two readings of a file, for the types and the values.
 */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/banned.h"
#include "lib/data/frame.h"
#include "lib/data/limits.h"
#include "lib/data/number.h"
#include "lib/data/reader.h"
#include "lib/data/scan.h"
#include "lib/data/sniff.h"
#include "lib/data/value.h"

/* clang-format off */
const char *const column_type_names[COL__MAX] = {
	[COL_CONSTANT]	 = "constant",
	[COL_BOOLEAN]	 = "boolean",
	[COL_INTEGER]	 = "integer",
	[COL_NUMBER]	 = "number",
	[COL_DATETIME]	 = "datetime",
	[COL_CATEGORY]	 = "categorical",
	[COL_IDENTIFIER] = "identifier",
	[COL_TEXT]	 = "text",
};
/* clang-format on */

/* What is needed of a column until the frame is whole. */
struct building {
	struct sniff *sniff;
	int32_t *slot; /* levels by hash: open addressing, -1 is empty */
	size_t nslots, maxlevels;
};

struct build {
	struct reader *r;
	struct arena *mem;
	struct frame *f;
	struct building *column;
	size_t ncols;
};

/* First reading: what type each column is. */
static int
types(struct build *b, struct err *e)
{
	auto_str void *x_mem = NULL, *key_mem = NULL;
	size_t max = 0, rows = 0;
	struct batch batch;
	uint64_t *key;
	double *x;
	int more;

	while ((more = reader_next(b->r, &batch, e)) == 1) {
		if (batch.nrows > max) {
			max = batch.nrows;
			free(x_mem);
			free(key_mem);
			x_mem = calloc(max, sizeof(*x));
			key_mem = calloc(max, sizeof(*key));
			if (x_mem == NULL || key_mem == NULL)
				abort();
		}
		x = x_mem;
		key = key_mem;
		if (batch.ncols > b->ncols) {
			b->column = reallocarray(
			    b->column, batch.ncols, sizeof(*b->column));
			if (b->column == NULL)
				abort();
		}
		for (; b->ncols < batch.ncols; b->ncols++) {
			struct building *c = &b->column[b->ncols];

			*c = (struct building){
				.sniff = sniff_new(
				    reader_column(b->r, b->ncols), b->ncols),
			};
			sniff_absent(c->sniff, rows);
		}
		for (size_t i = 0; i < b->ncols; i++)
			sniff_cells(b->column[i].sniff,
			    batch.cell + i * batch.stride, batch.nrows, x, key);
		rows += batch.nrows;
		if (rows > LIMIT_ROWS)
			return err_set(e, ERR_TOO_LARGE,
			    "more than %d rows: take a sample", LIMIT_ROWS);
	}
	if (more == 0 && b->ncols == 0)
		return err_set(e, ERR_INVALID,
		    "there is no column: give the rows members");
	b->f->nrows = rows;
	return more;
}

static size_t
level_slot(const struct building *g, const struct column *c, const char *text,
    size_t n)
{
	size_t i = scan_hash(text, n) & (g->nslots - 1);

	while (g->slot[i] != -1) {
		const char *have = c->level[g->slot[i]];

		if (strncmp(have, text, n) == 0 && have[n] == '\0')
			break;
		i = (i + 1) & (g->nslots - 1);
	}
	return i;
}

/* Twice the levels, and their hash table at most half full. */
static void
grow(struct building *g, struct column *c)
{
	g->maxlevels = g->maxlevels == 0 ? 16 : 2 * g->maxlevels;
	g->nslots = 2 * g->maxlevels;
	c->level = reallocarray(c->level, g->maxlevels, sizeof(*c->level));
	g->slot = reallocarray(g->slot, g->nslots, sizeof(*g->slot));
	if (c->level == NULL || g->slot == NULL)
		abort();
	memset(g->slot, -1, g->nslots * sizeof(*g->slot));
	for (size_t i = 0; i < c->nlevels; i++)
		/* scan_hash may read past the end: see level_add */
		g->slot[level_slot(g, c, c->level[i], strlen(c->level[i]))] =
		    (int32_t)i;
}

/* The code of a text, a new one if it has none yet. */
static int32_t
level_add(struct build *b, struct building *g, struct column *c,
    const char *text, size_t n)
{
	char *copy;
	size_t i;

	if (c->nlevels == g->maxlevels)
		grow(g, c);
	if (g->slot[i = level_slot(g, c, text, n)] != -1)
		return g->slot[i];
	copy = arena_alloc(b->mem, n + 17);
	memcpy(copy, text, n);
	c->level[c->nlevels] = copy;
	return g->slot[i] = (int32_t)c->nlevels++;
}

static int
is_number(enum column_type t)
{
	return t == COL_INTEGER || t == COL_NUMBER || t == COL_DATETIME;
}

/* The columns of the frame, of their types, without values. */
static void
prepare(struct build *b)
{
	struct frame *f = b->f;

	f->ncols = b->ncols;
	f->column = arena_alloc(b->mem, f->ncols * sizeof(*f->column));
	for (size_t i = 0; i < f->ncols; i++) {
		const struct reader_column *d = reader_column(b->r, i);
		struct building *g = &b->column[i];
		struct column *c = &f->column[i];

		c->name = arena_strdup(b->mem, d->name);
		c->type = sniff_type(g->sniff);
		if (is_number(c->type)) {
			c->number =
			    arena_alloc(b->mem, f->nrows * sizeof(*c->number));
			continue;
		}
		c->code = arena_alloc(b->mem, f->nrows * sizeof(*c->code));
		if (c->type != COL_CONSTANT)
			for (size_t k = 0; k < d->nlevels; k++)
				level_add(
				    b, g, c, d->level[k], strlen(d->level[k]));
	}
}

static void
numbers(struct column *c, const struct cell *cell, size_t n, double *out)
{
	for (size_t i = 0; i < n; i++) {
		int integral;

		out[i] = NAN;
		if (cell[i].text == NULL || cell[i].len == 0)
			continue;
		if (c->type == COL_DATETIME)
			value_datetime(cell[i].text, cell[i].len, &out[i]);
		else
			number_padded(
			    cell[i].text, cell[i].len, &out[i], &integral);
	}
}

static void
codes(struct build *b, struct building *g, struct column *c,
    const struct cell *cell, size_t n, int32_t *out)
{
	for (size_t i = 0; i < n; i++) {
		if (sniff_cell_missing(g->sniff, &cell[i]))
			out[i] = -1;
		else if (c->type == COL_CONSTANT && c->nlevels == 1)
			out[i] = 0; /* 1 and 1.0 are one value */
		else
			out[i] = level_add(b, g, c, cell[i].text, cell[i].len);
	}
}

/* Second reading: the values. */
static int
values(struct build *b, struct err *e)
{
	struct frame *f = b->f;
	struct batch batch;
	size_t row = 0;
	int more;

	for (size_t i = 0; i < f->ncols; i++) {
		struct column *c = &f->column[i];

		if (c->number == NULL)
			memset(c->code, -1, f->nrows * sizeof(*c->code));
		else
			for (size_t k = 0; k < f->nrows; k++)
				c->number[k] = NAN;
	}
	while ((more = reader_next(b->r, &batch, e)) == 1) {
		if (batch.nrows > f->nrows - row)
			return err_set(
			    e, ERR_INTERNAL, "the file grew while it was read");
		/* Fewer columns than there are while JSONL still learns. */
		for (size_t i = 0; i < batch.ncols && i < f->ncols; i++) {
			const struct cell *cell = batch.cell + i * batch.stride;
			struct column *c = &f->column[i];

			if (c->number != NULL)
				numbers(c, cell, batch.nrows, c->number + row);
			else
				codes(b, &b->column[i], c, cell, batch.nrows,
				    c->code + row);
		}
		row += batch.nrows;
	}
	return more;
}

struct order {
	const char *level;
	int32_t code;
};

static int
compare_levels(const void *a, const void *b)
{
	return strcmp(
	    ((const struct order *)a)->level, ((const struct order *)b)->level);
}

/* Put the levels into byte order, unless the file declares another, and into
 * the frame's memory. */
static void
sort_levels(struct build *b, struct column *c, int declared)
{
	struct order *order = calloc(c->nlevels + 1, sizeof(*order));
	const char **level =
	    arena_alloc(b->mem, (c->nlevels + 1) * sizeof(*level));
	int32_t *to = calloc(c->nlevels + 1, sizeof(*to));

	if (order == NULL || to == NULL)
		abort();
	for (size_t i = 0; i < c->nlevels; i++)
		order[i] = (struct order){ c->level[i], (int32_t)i };
	if (!declared)
		qsort(order, c->nlevels, sizeof(*order), compare_levels);
	for (size_t i = 0; i < c->nlevels; i++) {
		level[i] = order[i].level;
		to[order[i].code] = (int32_t)i;
	}
	for (size_t i = 0; i < b->f->nrows; i++)
		if (c->code[i] != -1)
			c->code[i] = to[c->code[i]];
	free(c->level);
	c->level = level;
	free(order);
	free(to);
}

struct frame *
frame_of(struct reader *r, struct err *e)
{
	struct build b = { .r = r, .mem = arena_new() };
	int status;

	b.f = arena_alloc(b.mem, sizeof(*b.f));
	b.f->mem = b.mem;
	if ((status = types(&b, e)) == 0) {
		prepare(&b);
		reader_rewind(r);
		status = values(&b, e);
		for (size_t i = 0; i < b.f->ncols; i++)
			if (b.f->column[i].code != NULL)
				sort_levels(&b, &b.f->column[i],
				    reader_column(r, i)->declared ==
					DECLARED_LEVELS);
	}
	for (size_t i = 0; i < b.ncols; i++) {
		sniff_free(b.column[i].sniff);
		free(b.column[i].slot);
	}
	free(b.column);
	if (status == 0)
		return b.f;
	arena_free(b.mem);
	return NULL;
}

struct frame *
frame_read(const char *path, enum data_format format, enum on_error on_error,
    struct err *e)
{
	struct reader *r = reader_open(path, format, on_error, e);
	struct frame *f;

	if (r == NULL)
		return NULL;
	f = frame_of(r, e);
	reader_close(r);
	return f;
}

void
frame_free(struct frame *f)
{
	if (f != NULL)
		arena_free(f->mem);
}

int
frame_find(const struct frame *f, const char *name)
{
	for (size_t i = 0; i < f->ncols; i++)
		if (strcmp(f->column[i].name, name) == 0)
			return (int)i;
	return -1;
}
