#include "config.h"

#include <err.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/banned.h"
#include "lib/report/doc.h"
#include "lib/report/number.h"
#include "lib/report/text.h"

/* In characters; what is longer was not written for reading. */
#define TEXT_MAX 1200
#define CELL_MAX 500
#define WORD_MAX 200

static char *__attribute__((format(printf, 3, 0)))
vprint(struct arena *a, size_t max, const char *fmt, va_list ap)
{
	va_list again;
	char *text, *kept;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		return arena_strdup(a, "");
	/* Not in the arena: a megabyte of which a line is kept. */
	if ((text = malloc((size_t)n + 1)) == NULL)
		err(1, "doc");
	vsnprintf(text, (size_t)n + 1, fmt, ap);
	kept = text_clean(a, text, max);
	free(text);
	return kept;
}

static struct doc_block *
add(struct doc *d, enum doc_kind kind)
{
	struct doc_block *b = arena_alloc(d->arena, sizeof(*b));

	b->kind = kind;
	if (d->last != NULL)
		d->last->next = b;
	else
		d->first = b;
	d->last = b;
	return b;
}

struct doc *
doc_new(struct arena *a)
{
	struct doc *d = arena_alloc(a, sizeof(*d));

	*d = (struct doc){ .arena = a,
		.kind = "",
		.title = "",
		.subtitle = "",
		.mark = "",
		.created = "" };
	return d;
}

void
doc_section(struct doc *d, const char *id, const char *title)
{
	struct doc_block *b = add(d, DOC_SECTION);

	b->id = id;
	b->text = title;
	b->head = arena_printf(d->arena, "%zu  %s", ++d->nsections, title);
}

static struct doc_block *__attribute__((format(printf, 4, 0))) printed(
    struct doc *d, enum doc_kind kind, size_t max, const char *fmt, va_list ap)
{
	struct doc_block *b = add(d, kind);

	b->text = vprint(d->arena, max, fmt, ap);
	return b;
}

void
doc_heading(struct doc *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printed(d, DOC_HEADING, WORD_MAX, fmt, ap);
	va_end(ap);
}

void
doc_text(struct doc *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printed(d, DOC_TEXT, TEXT_MAX, fmt, ap);
	va_end(ap);
}

void
doc_note(struct doc *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printed(d, DOC_NOTE, TEXT_MAX, fmt, ap);
	va_end(ap);
}

void
doc_item(struct doc *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printed(d, DOC_ITEM, TEXT_MAX, fmt, ap);
	va_end(ap);
}

void
doc_callout(
    struct doc *d, enum doc_tone tone, const char *head, const char *fmt, ...)
{
	struct doc_block *b;
	va_list ap;

	va_start(ap, fmt);
	b = printed(d, DOC_CALLOUT, TEXT_MAX, fmt, ap);
	va_end(ap);
	b->tone = tone;
	b->head = text_clean(d->arena, head, WORD_MAX);
}

static struct doc_fact *
fact(struct doc *d, const char *name, char *value)
{
	struct doc_block *b = d->last;
	struct doc_fact *f;

	if (*value == '\0')
		return NULL;
	if (b == NULL || b->kind != DOC_FACTS)
		b = add(d, DOC_FACTS);
	f = arena_alloc(d->arena, sizeof(*f));
	f->name = text_clean(d->arena, name, CELL_MAX);
	f->value = value;
	if (b->last_fact != NULL)
		b->last_fact->next = f;
	else
		b->facts = f;
	b->last_fact = f;
	return f;
}

void
doc_fact(struct doc *d, const char *name, const char *fmt, ...)
{
	va_list ap;
	char *value;

	va_start(ap, fmt);
	value = vprint(d->arena, TEXT_MAX, fmt, ap);
	va_end(ap);
	fact(d, name, value);
}

void
doc_code(struct doc *d, const char *name, const char *value)
{
	struct doc_fact *f =
	    fact(d, name, text_clean(d->arena, value, WORD_MAX));

	if (f != NULL)
		f->code = 1;
}

void
doc_tile(struct doc *d, const char *name, const char *value, const char *range,
    const char *against)
{
	struct doc_block *b = d->last;
	struct doc_tile *t = arena_alloc(d->arena, sizeof(*t));

	if (b == NULL || b->kind != DOC_TILES)
		b = add(d, DOC_TILES);
	t->name = text_clean(d->arena, name, CELL_MAX);
	t->value = text_clean(d->arena, value, CELL_MAX);
	t->range = text_clean(d->arena, range, CELL_MAX);
	t->against = text_clean(d->arena, against, CELL_MAX);
	if (b->last_tile != NULL)
		b->last_tile->next = t;
	else
		b->tiles = t;
	b->last_tile = t;
}

struct doc_table *
doc_table(struct doc *d, const struct doc_column *columns, size_t n)
{
	struct doc_block *b = add(d, DOC_TABLE);

	b->table = arena_alloc(d->arena, sizeof(*b->table));
	b->table->columns = columns;
	b->table->ncolumns = n;
	return b->table;
}

static struct doc_cell *
cell(struct doc *d)
{
	struct doc_table *t = d->last->table;
	struct doc_cell *cells;

	if (t->ncells == t->room) {
		t->room = t->room > 0 ? 2 * t->room : 16 * t->ncolumns;
		cells = arena_alloc(d->arena, t->room * sizeof(*cells));
		if (t->ncells > 0)
			memcpy(cells, t->cells, t->ncells * sizeof(*cells));
		t->cells = cells;
	}
	return &t->cells[t->ncells++];
}

void
doc_cell(struct doc *d, const char *fmt, ...)
{
	va_list ap;
	struct doc_cell *c = cell(d);

	va_start(ap, fmt);
	c->text = vprint(d->arena, CELL_MAX, fmt, ap);
	va_end(ap);
}

void
doc_cell_tone(struct doc *d, enum doc_tone tone, const char *fmt, ...)
{
	va_list ap;
	struct doc_cell *c = cell(d);

	va_start(ap, fmt);
	c->text = vprint(d->arena, CELL_MAX, fmt, ap);
	va_end(ap);
	c->tone = tone;
}

void
doc_cell_number(struct doc *d, double x)
{
	char s[NUMBER_LEN];

	number_sig(x, 4, s);
	doc_cell(d, "%s", s);
}

void
doc_cell_fixed(struct doc *d, double x, int decimals)
{
	char s[NUMBER_LEN];

	number_fix(x, decimals, s);
	doc_cell(d, "%s", s);
}

void
doc_figure(
    struct doc *d, const struct plot *p, int columns, const char *fmt, ...)
{
	struct doc_block *b;
	va_list ap;

	va_start(ap, fmt);
	b = printed(d, DOC_FIGURE, TEXT_MAX, fmt, ap);
	va_end(ap);
	b->plot = p;
	b->columns = columns;
	d->nfigures++;
}
