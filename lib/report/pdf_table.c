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
#define LINES_MAX 12

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
	double first = 0;

	/* The head never stands without a row. */
	if (t->ncells >= t->ncolumns)
		first = row_height(p, t, t->cells, w);
	pager_need(p, HEAD + fmax(first, 2 * ROW));
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

/* Whether a value needs the whole width: it is too long for half of it. */
static int
wide(const struct doc_fact *f, double width)
{
	const struct pdf_text *style = f->code ? &code_style : &value_style;

	return text_width(f->value, style->font, style->size) > width;
}

/* Draws one fact and returns its height; name is the width of its name. */
static double
draw_fact(
    struct pager *p, const struct doc_fact *f, double x, double name, double w)
{
	const struct pdf_text *style = f->code ? &code_style : &value_style;
	double a, b;

	pager_tag(p, "P");
	a = pdf_wrapped(p, &name_style, f->name, x, p->y, name - 6, 1);
	b = pdf_wrapped(p, style, f->value, x + name, p->y, w - name, 1);
	pager_tag_end(p, "P");
	return fmax(a, b);
}

static double
fact_height(struct pager *p, const struct doc_fact *f, double name, double w)
{
	const struct pdf_text *style = f->code ? &code_style : &value_style;

	return fmax(pdf_wrapped(p, style, f->value, 0, 0, w - name, 0),
	    pdf_wrapped(p, &name_style, f->name, 0, 0, name - 6, 0));
}

/* Two facts stand side by side where both are short. */
void
pdf_facts(struct pager *p, const struct doc_block *b)
{
	const double gap = 16;
	double name = 60, half = (p->width - gap) / 2, h;
	int any_pair = 0;

	for (const struct doc_fact *f = b->facts; f != NULL; f = f->next)
		name = fmax(name,
		    text_width(f->name, name_style.font, name_style.size));
	name = fmin(name + 10, 150);
	for (const struct doc_fact *f = b->facts; f != NULL; f = f->next)
		any_pair += f->next != NULL && !wide(f, half - name) &&
		            !wide(f->next, half - name);
	for (const struct doc_fact *f = b->facts; f != NULL; f = f->next) {
		int pair = any_pair > 1 && f->next != NULL &&
		           !wide(f, half - name) && !wide(f->next, half - name);

		pager_need(p, fmin(fact_height(p, f, name, p->width), 200));
		if (pair) {
			h = draw_fact(p, f, p->left, name, half);
			f = f->next;
			h = fmax(h,
			    draw_fact(p, f, p->left + half + gap, name, half));
		} else
			h = draw_fact(p, f, p->left, name, p->width);
		p->y += h + 1.5;
	}
	p->y += 8;
}
