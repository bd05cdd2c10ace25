/*
 * Figures and big numbers on pages.
 */
#include "config.h"

#include <math.h>

#include "lib/report/doc.h"
#include "lib/report/pager.h"
#include "lib/report/pdf.h"

#define GUTTER  20
#define ROW_MAX 3 /* figures side by side */

static const struct pdf_text caption = {
	.size = 7.4, .leading = 10.2, .ink = INK_SOFT
};

/* A row of figures: those that follow each other and want to be as many side
 * by side. */
struct row {
	const struct doc_block *figures[ROW_MAX];
	size_t n;
	double w;               /* of each */
	double plots, captions; /* the heights of the two parts */
	int aside; /* the caption of a lone figure stands beside it */
};

static double
caption_height(struct pager *p, const struct doc_block *b, double w)
{
	return *b->text == '\0'
	           ? 0
	           : 3 + pdf_wrapped(p, &caption, b->text, 0, 0, w, 0);
}

static void
gather(struct pager *p, const struct doc_block *b, struct row *r)
{
	size_t columns = b->columns < 1         ? 1
	                 : b->columns > ROW_MAX ? ROW_MAX
	                                        : (size_t)b->columns;

	*r = (struct row){ .w = (p->width - GUTTER * (double)(columns - 1)) /
		                (double)columns };
	for (; b != NULL && b->kind == DOC_FIGURE && r->n < columns &&
	       (r->n == 0 || b->columns == r->figures[0]->columns);
	     b = b->next) {
		r->figures[r->n++] = b;
		r->plots = fmax(r->plots, plot_height(b->plot, r->w));
		r->captions = fmax(r->captions, caption_height(p, b, r->w));
	}
	r->aside = r->n == 1 && columns > 1;
	if (r->aside)
		r->captions = 0;
}

double
pdf_figures_height(struct pager *p, const struct doc_block *b)
{
	struct row r;

	gather(p, b, &r);
	return 8 + r.plots + r.captions;
}

/* A plot of rows keeps its own height beside a higher one. */
static int
rigid(const struct doc_block *b)
{
	return b->plot->y.ncategories > 0 && !b->plot->square;
}

/* A row may lose a quarter of its height to fit the rest of the page. */
static void
fit(struct pager *p, struct row *r)
{
	double lacks = 8 + r->plots + r->captions - pager_left(p);

	if (lacks <= 0)
		return;
	for (size_t i = 0; i < r->n; i++)
		if (rigid(r->figures[i]) &&
		    plot_height(r->figures[i]->plot, r->w) > r->plots - lacks)
			lacks = INFINITY;
	if (lacks < 0.25 * r->plots)
		r->plots -= lacks;
	else
		pager_need(p, 8 + r->plots + r->captions);
}

const struct doc_block *
pdf_figures(struct pager *p, const struct doc_block *b)
{
	struct row r;

	gather(p, b, &r);
	fit(p, &r);
	for (size_t i = 0; i < r.n; i++) {
		double x = p->left + (double)i * (r.w + GUTTER);
		double h = r.plots;

		b = r.figures[i];
		if (!b->plot->square)
			h = fmin(h,
			    plot_height(b->plot, r.w) * (rigid(b) ? 1 : 1.25));
		pager_tag(p, "Figure");
		plot_draw(b->plot, p->cr, x, p->y, r.w, h);
		pager_tag_end(p, "Figure");
		if (*b->text == '\0')
			continue;
		pager_tag(p, "Caption");
		if (r.aside)
			pdf_wrapped(p, &caption, b->text, x + r.w + GUTTER,
			    p->y + 14, p->width - r.w - GUTTER, 1);
		else
			pdf_wrapped(
			    p, &caption, b->text, x, p->y + h + 3, r.w, 1);
		pager_tag_end(p, "Caption");
	}
	p->y += r.plots + r.captions + 10;
	return b;
}

static void
draw_tile(struct pager *p, const struct doc_tile *t, double x, double w)
{
	/* clang-format off */
	static const struct pdf_text
		name  = { .size = 7.4, .leading = 10, .ink = INK_SOFT, .lines = 1 },
		value = { .size = 17, .leading = 21, .ink = INK_HEAD, .font = TEXT_BOLD, .lines = 1 },
		range = { .size = 7.4, .leading = 10, .ink = INK_TEXT, .lines = 1 };
	/* clang-format on */

	pager_tag(p, "P");
	pdf_wrapped(p, &name, t->name, x + 9, p->y + 6, w - 14, 1);
	pdf_wrapped(p, &value, t->value, x + 9, p->y + 15, w - 14, 1);
	pdf_wrapped(p, &range, t->range, x + 9, p->y + 35, w - 14, 1);
	pdf_wrapped(p, &name, t->against, x + 9, p->y + 45, w - 14, 1);
	pager_tag_end(p, "P");
}

void
pdf_tiles(struct pager *p, const struct doc_block *b)
{
	const double high = 58, gap = 8;
	double w, x = p->left;
	size_t n = 0;

	for (const struct doc_tile *t = b->tiles; t != NULL; t = t->next)
		n++;
	/* As wide as four, so that one alone does not sprawl. */
	n = n < 4 ? 4 : n;
	w = (p->width - gap * (double)(n - 1)) / (double)n;
	pager_need(p, high + 10);
	for (const struct doc_tile *t = b->tiles; t != NULL; t = t->next) {
		canvas_rect(&p->canvas, x, p->y, w, high, INK_SHADE, 1);
		draw_tile(p, t, x, w);
		x += w + gap;
	}
	p->y += high + 12;
}
