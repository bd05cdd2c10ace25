#include "config.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "cli/ctl.h"
#include "cli/table.h"
#include "lib/arena.h"
#include "lib/auto.h"

#include "lib/banned.h"

#define COLUMNS_MAX 16
#define CELLS_MAX   100000

struct cell {
	const char *text;
	enum table_paint paint;
};

struct table {
	struct ctl *ctl;
	const char *const *heads;
	int columns, ncells, size;
	int width[COLUMNS_MAX];
	struct cell *cell;
};

static const char *const paints[] = {
	[PAINT_PLAIN] = "",
	[PAINT_DIM] = "\033[2m",
	[PAINT_BOLD] = "\033[1m",
	[PAINT_GOOD] = "\033[32m",
	[PAINT_BAD] = "\033[31m",
	[PAINT_BUSY] = "\033[36m",
};

const char *
table_paint_on(const struct ctl *c, enum table_paint p)
{
	return c->color ? paints[p] : "";
}

const char *
table_paint_off(const struct ctl *c)
{
	return c->color ? "\033[0m" : "";
}

/* One character of UTF-8: its length in bytes; a byte that is none is one. */
static int
decode(const char *s, wchar_t *out)
{
	const unsigned char *u = (const unsigned char *)s;
	int n = u[0] < 0x80             ? 1
	        : (u[0] & 0xe0) == 0xc0 ? 2
	        : (u[0] & 0xf0) == 0xe0 ? 3
	        : (u[0] & 0xf8) == 0xf0 ? 4
	                                : 0;
	wchar_t w = n == 1 ? u[0] : n > 1 ? u[0] & (0xff >> (n + 1)) : 0xfffd;

	for (int i = 1; i < n; i++) {
		if ((u[i] & 0xc0) != 0x80) {
			*out = 0xfffd;
			return 1;
		}
		w = w << 6 | (u[i] & 0x3f);
	}
	*out = w;
	return n == 0 ? 1 : n;
}

static int
is_control(wchar_t w)
{
	return w < 0x20 || (w >= 0x7f && w < 0xa0) ||
	       (w >= 0x202a && w <= 0x202e) || (w >= 0x2066 && w <= 0x2069);
}

int
table_width(const char *s)
{
	int width = 0;
	wchar_t w;

	while (*s != '\0') {
		s += decode(s, &w);
		int n = wcwidth(w);
		width += n > 0 ? n : n == 0 ? 0 : 1;
	}
	return width;
}

const char *
table_clean(struct ctl *c, const char *s)
{
	char *out = arena_alloc(c->arena, strlen(s) + 1), *o = out;
	wchar_t w;

	while (*s != '\0') {
		int n = decode(s, &w);

		if (is_control(w) || w == 0xfffd)
			*o++ = w == '\n' || w == '\t' ? ' ' : '?';
		else {
			memcpy(o, s, (size_t)n);
			o += n;
		}
		s += n;
	}
	return out;
}

struct table *
table_new(struct ctl *c, const char *const heads[])
{
	struct table *t = arena_alloc(c->arena, sizeof(*t));

	t->ctl = c;
	t->heads = heads;
	while (heads[t->columns] != NULL)
		t->columns++;
	for (int i = 0; i < t->columns; i++)
		t->width[i] = table_width(heads[i] + (heads[i][0] == '>'));
	return t;
}

void
table_paint(struct table *t, enum table_paint p, const char *text)
{
	int column = t->ncells % t->columns, width;

	if (t->ncells == t->size) {
		t->size = t->size > 0 ? 2 * t->size : 256;
		t->cell = realloc(t->cell, (size_t)t->size * sizeof(*t->cell));
		if (t->cell == NULL)
			err(1, "table");
	}
	text = table_clean(t->ctl, text != NULL ? text : "");
	if ((width = table_width(text)) > t->width[column])
		t->width[column] = width;
	t->cell[t->ncells++] = (struct cell){ text, p };
}

void
table_cell(struct table *t, const char *text)
{
	table_paint(t, PAINT_PLAIN, text);
}

static void
print(const struct table *t, int column, const char *text, enum table_paint p)
{
	int pad = t->width[column] - table_width(text);
	int right = t->heads[column][0] == '>';
	int last = column == t->columns - 1;

	printf("%*s%s%s%s%*s", right ? pad : 0, "",
	    p != PAINT_PLAIN ? table_paint_on(t->ctl, p) : "", text,
	    p != PAINT_PLAIN ? table_paint_off(t->ctl) : "",
	    right || last ? 0 : pad, "");
	fputs(last ? "\n" : "  ", stdout);
}

void
table_end(struct table *t)
{
	for (int i = 0; i < t->columns; i++)
		print(t, i, t->heads[i] + (t->heads[i][0] == '>'), PAINT_DIM);
	for (int i = 0; i < t->ncells; i++)
		print(t, i % t->columns, t->cell[i].text, t->cell[i].paint);
	free(t->cell);
	t->cell = NULL;
}

enum table_paint
table_state(const char *state)
{
	static const struct {
		const char *state;
		enum table_paint paint;
	} all[] = {
		{ "succeeded", PAINT_GOOD },
		{ "failed", PAINT_BAD },
		{ "crashed", PAINT_BAD },
		{ "cancelled", PAINT_DIM },
	};

	for (size_t i = 0; i < nitems(all); i++)
		if (strcmp(all[i].state, state) == 0)
			return all[i].paint;
	return PAINT_BUSY;
}
