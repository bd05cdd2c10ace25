/*
 * Tables and facts on pages.
 */
#include "config.h"

#include <math.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/banned.h"
#include "lib/report/doc.h"
#include "lib/report/pager.h"
#include "lib/report/pdf.h"

#define SIZE      7.8
#define LEADING   10.6
#define HEAD      16
#define ROW       14
#define GAP       5 /* left and right of a cell's text */
#define LINES_MAX 6

static const enum ink tones[DOC_TONE__MAX] = {
	[DOC_PLAIN] = INK_TEXT,
	[DOC_GOOD] = INK_GOOD,
	[DOC_WARN] = INK_WARN,
	[DOC_BAD] = INK_BAD,
};

static enum text_font
font_of(const struct doc_column *c, const struct doc_cell *cell)
{
	if (c->align == DOC_CODE)
		return TEXT_MONO;
	return cell->tone != DOC_PLAIN ? TEXT_BOLD : TEXT_REGULAR;
}

static double
size_of(const struct doc_column *c)
{
	return c->align == DOC_CODE ? SIZE - 0.7 : SIZE;
}

/* Each column first gets what its widest cell wants; columns with a share
 * divide what is left; if too little is left, the widest are cut down. */
static double *
widths(struct arena *a, const struct doc_table *t, double total)
{
	double *w = arena_alloc(a, t->ncolumns * sizeof(*w));
	double sum = 0, shares = 0, flexible = 0;

	for (size_t c = 0; c < t->ncolumns; c++) {
		const struct doc_column *col = &t->columns[c];

		w[c] = text_width(col->head, TEXT_BOLD, SIZE - 0.4);
		for (size_t i = c; i < t->ncells; i += t->ncolumns)
			w[c] = fmax(w[c],
			    text_width(t->cells[i].text,
				font_of(col, &t->cells[i]), size_of(col)));
		w[c] += 2 * GAP + 0.5;
		if (col->share > 0) {
			shares += col->share;
			flexible += w[c];
		} else
			sum += w[c];
	}
	if (shares > 0 && sum + flexible > total) {
		double rest = fmax(total - sum, total * 0.4);

		for (size_t c = 0; c < t->ncolumns; c++)
			if (t->columns[c].share > 0)
				w[c] = rest * t->columns[c].share / shares;
		sum += rest;
	} else
		sum += flexible;
	while (sum > total + 0.01) {
		size_t widest = 0;
		double second = 0, cut;

		for (size_t c = 1; c < t->ncolumns; c++)
			if (w[c] > w[widest])
				widest = c;
		for (size_t c = 0; c < t->ncolumns; c++)
			if (c != widest)
				second = fmax(second, w[c]);
		cut = fmin(sum - total, fmax(w[widest] - second, 2));
		w[widest] -= cut;
		sum -= cut;
	}
	for (size_t c = 0; c < t->ncolumns; c++)
		w[c] += (total - sum) * w[c] / sum;
	return w;
}

static void
draw_head(struct pager *p, struct arena *a, const struct doc_table *t,
    const double *w)
{
	double x = p->left;

	canvas_rect(&p->canvas, p->left, p->y, p->width, HEAD, INK_SHADE, 1);
	for (size_t c = 0; c < t->ncolumns; c++) {
		int right = t->columns[c].align == DOC_RIGHT;
		struct canvas_text text = {
			.x = right ? x + w[c] - GAP : x + GAP,
			.y = p->y + HEAD / 2.0 + 2.7,
			.size = SIZE - 0.4,
			.font = TEXT_BOLD,
			.ink = INK_SOFT,
			.anchor = right ? CANVAS_END : CANVAS_START,
		};

		canvas_text(&p->canvas, &text,
		    text_fit(a, t->columns[c].head, TEXT_BOLD, SIZE - 0.4,
			w[c] - 2 * GAP + 0.1));
		x += w[c];
	}
	p->y += HEAD;
}

static struct pdf_text
style_of(const struct doc_column *c, const struct doc_cell *cell)
{
	return (struct pdf_text){ .size = size_of(c),
		.leading = LEADING,
		.font = font_of(c, cell),
		.ink = tones[cell->tone],
		.lines = LINES_MAX };
}

static double
row_height(struct pager *p, const struct doc_table *t,
    const struct doc_cell *row, const double *w)
{
	double h = ROW;

	for (size_t c = 0; c < t->ncolumns; c++) {
		struct pdf_text style = style_of(&t->columns[c], &row[c]);

		if (t->columns[c].share > 0)
			h = fmax(h, ROW - LEADING +
					pdf_wrapped(p, &style, row[c].text, 0,
					    0, w[c] - 2 * GAP, 0));
	}
	return h;
}

static void
draw_row(struct pager *p, struct arena *a, const struct doc_table *t,
    const struct doc_cell *row, const double *w, double h)
{
	double x = p->left;

	for (size_t c = 0; c < t->ncolumns; c++) {
		const struct doc_column *col = &t->columns[c];
		struct pdf_text style = style_of(col, &row[c]);
		int right = col->align == DOC_RIGHT;
		struct canvas_text text = {
			.x = right ? x + w[c] - GAP : x + GAP,
			.y = p->y + ROW / 2.0 + SIZE * 0.36,
			.size = style.size,
			.font = style.font,
			.ink = style.ink,
			.anchor = right ? CANVAS_END : CANVAS_START,
		};

		if (col->share > 0)
			pdf_wrapped(p, &style, row[c].text, x + GAP,
			    p->y + (ROW - LEADING) / 2, w[c] - 2 * GAP, 1);
		else
			canvas_text(&p->canvas, &text,
			    text_fit(a, row[c].text, style.font, style.size,
				w[c] - 2 * GAP + 0.1));
		x += w[c];
	}
	p->y += h;
	canvas_line(&p->canvas, p->left, p->y, p->left + p->width, p->y,
	    INK_GRID, 0.5, 0);
}

void
pdf_table(struct pager *p, const struct doc_block *b)
{
	const struct doc_table *t = b->table;
	struct arena *a = arena_new();
	const double *w = widths(a, t, p->width);

	pager_need(p, HEAD + 2 * ROW);
	pager_tag(p, "P");
	draw_head(p, a, t, w);
	for (size_t i = 0; i + t->ncolumns <= t->ncells; i += t->ncolumns) {
		double h = row_height(p, t, &t->cells[i], w);
		int last_two = i + 2 * t->ncolumns == t->ncells;

		/* A row alone on the next page would look lost. */
		if (pager_left(p) < h + (last_two ? ROW : 0)) {
			pager_tag_end(p, "P");
			pager_need(p, h + (last_two ? ROW : 0));
			pager_tag(p, "P");
			draw_head(p, a, t, w);
		}
		draw_row(p, a, t, &t->cells[i], w, h);
	}
	pager_tag_end(p, "P");
	p->y += 10;
	arena_free(a);
}

double
pdf_table_start(const struct doc_block *b)
{
	size_t rows = b->table->ncells / b->table->ncolumns;

	/* A short table stays whole. */
	return HEAD + ROW * (double)(rows <= 5 ? rows : 3);
}

/* clang-format off */
static const struct pdf_text
	name_style  = { .size = 8, .leading = 12.4, .ink = INK_SOFT },
	value_style = { .size = 8.4, .leading = 12.4, .ink = INK_TEXT },
	code_style  = { .size = 7.4, .leading = 12.4, .ink = INK_TEXT, .font = TEXT_MONO };
/* clang-format on */

/* Two columns of facts where all values are short, else one. */
static size_t
fact_columns(const struct doc_block *b, double name, double width)
{
	size_t n = 0;

	for (const struct doc_fact *f = b->facts; f != NULL; f = f->next) {
		const struct pdf_text *style =
		    f->code ? &code_style : &value_style;

		n++;
		if (text_width(f->value, style->font, style->size) >
		    width / 2 - name - 12)
			return 1;
	}
	return n >= 6 ? 2 : 1;
}

void
pdf_facts(struct pager *p, const struct doc_block *b)
{
	double name = 60, column, h = 0;
	size_t columns, at = 0;

	for (const struct doc_fact *f = b->facts; f != NULL; f = f->next)
		name = fmax(name,
		    text_width(f->name, name_style.font, name_style.size));
	name = fmin(name + 10, 150);
	columns = fact_columns(b, name, p->width);
	column = p->width / (double)columns;
	for (const struct doc_fact *f = b->facts; f != NULL; f = f->next) {
		const struct pdf_text *style =
		    f->code ? &code_style : &value_style;
		double w = column - name - (columns > 1 ? 12 : 0), x;
		double high = fmax(pdf_wrapped(p, style, f->value, 0, 0, w, 0),
		    pdf_wrapped(p, &name_style, f->name, 0, 0, name - 6, 0));

		if (at == 0)
			pager_need(p, fmin(high, 200));
		x = p->left + (double)at * column;
		pager_tag(p, "P");
		pdf_wrapped(p, &name_style, f->name, x, p->y, name - 6, 1);
		pdf_wrapped(p, style, f->value, x + name, p->y, w, 1);
		pager_tag_end(p, "P");
		h = fmax(h, high);
		at = (at + 1) % columns;
		if (at == 0 || f->next == NULL) {
			p->y += h + 1.5;
			h = 0;
		}
	}
	p->y += 8;
}
