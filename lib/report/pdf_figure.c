/*
 * Figures and big numbers on pages.
 */
#include "config.h"

#include <math.h>

#include "lib/report/doc.h"
#include "lib/report/pager.h"
#include "lib/report/pdf.h"

#define GUTTER 22

static const struct pdf_text caption = {
	.size = 7.4, .leading = 10.2, .ink = INK_SOFT
};

static int
paired(const struct doc_block *b)
{
	return b->half && b->next != NULL && b->next->kind == DOC_FIGURE &&
	       b->next->half;
}

static double
caption_height(const struct pager *p, const struct doc_block *b, double w)
{
	if (*b->text == '\0')
		return 0;
	return 3 +
	       pdf_wrapped((struct pager *)p, &caption, b->text, 0, 0, w, 0);
}

double
pdf_figures_height(const struct pager *p, const struct doc_block *b)
{
	double half = (p->width - GUTTER) / 2;

	if (paired(b))
		return 12 +
		       fmax(plot_height(b->plot, half),
			   plot_height(b->next->plot, half)) +
		       fmax(caption_height(p, b, half),
			   caption_height(p, b->next, half));
	if (b->half)
		return 12 + plot_height(b->plot, half);
	return 12 + plot_height(b->plot, p->width) +
	       caption_height(p, b, p->width);
}

/* A figure may lose a fifth of its height to fit the page's rest.  The rows of
 * a plot of categories keep their height. */
static double
fitted(struct pager *p, const struct doc_block *b, double h, double needed)
{
	double short_ = needed - pager_left(p);

	if (short_ > 0 && short_ < 0.2 * h &&
	    (b->plot->square || b->plot->y.ncategories == 0))
		return h - short_;
	pager_need(p, needed);
	return h;
}

static void
draw(struct pager *p, const struct doc_block *b, double x, double w, double h)
{
	pager_tag(p, "Figure");
	plot_draw(b->plot, p->cr, x, p->y, w, h);
	pager_tag_end(p, "Figure");
}

/* A plot of few rows keeps its own height beside a high one. */
static double
own_height(const struct doc_block *b, double w, double h)
{
	return b->plot->y.ncategories > 0 && !b->plot->square
	           ? fmin(h, plot_height(b->plot, w))
	           : h;
}

const struct doc_block *
pdf_figures(struct pager *p, const struct doc_block *b)
{
	double half = (p->width - GUTTER) / 2, right = p->left + half + GUTTER;
	double h, text;

	if (paired(b)) {
		h = fmax(plot_height(b->plot, half),
		    plot_height(b->next->plot, half));
		h = fitted(p, plot_height(b->plot, half) == h ? b : b->next, h,
		    pdf_figures_height(p, b));
		draw(p, b, p->left, half, own_height(b, half, h));
		draw(p, b->next, right, half, own_height(b->next, half, h));
		p->y += h + 3;
		text = fmax(
		    pdf_wrapped(p, &caption, b->text, p->left, p->y, half, 1),
		    pdf_wrapped(
			p, &caption, b->next->text, right, p->y, half, 1));
		p->y += text + 10;
		return b->next;
	}
	if (b->half) {
		h = fitted(
		    p, b, plot_height(b->plot, half), pdf_figures_height(p, b));
		draw(p, b, p->left, half, h);
		pdf_wrapped(p, &caption, b->text, right, p->y + 14, half, 1);
		p->y += h + 10;
		return b;
	}
	h = fitted(
	    p, b, plot_height(b->plot, p->width), pdf_figures_height(p, b));
	draw(p, b, p->left, p->width, h);
	p->y += h + 3;
	p->y += pdf_wrapped(p, &caption, b->text, p->left, p->y, p->width, 1);
	p->y += 10;
	return b;
}

void
pdf_tiles(struct pager *p, const struct doc_block *b)
{
	const double high = 58, gap = 8;
	double w, x = p->left;
	size_t n = 0;

	for (const struct doc_tile *t = b->tiles; t != NULL; t = t->next)
		n++;
	w = (p->width - gap * (double)(n - 1)) / (double)n;
	pager_need(p, high + 10);
	for (const struct doc_tile *t = b->tiles; t != NULL; t = t->next) {
		const struct pdf_text name = {
			.size = 7.4, .leading = 10, .ink = INK_SOFT, .lines = 1
		};
		const struct pdf_text value = { .size = 17,
			.leading = 21,
			.ink = INK_HEAD,
			.font = TEXT_BOLD,
			.lines = 1 };
		const struct pdf_text range = {
			.size = 7.4, .leading = 10, .ink = INK_TEXT, .lines = 1
		};

		canvas_rect(&p->canvas, x, p->y, w, high, INK_SHADE, 1);
		pager_tag(p, "P");
		pdf_wrapped(p, &name, t->name, x + 9, p->y + 6, w - 14, 1);
		pdf_wrapped(p, &value, t->value, x + 9, p->y + 15, w - 14, 1);
		pdf_wrapped(p, &range, t->range, x + 9, p->y + 35, w - 14, 1);
		pdf_wrapped(p, &name, t->against, x + 9, p->y + 45, w - 14, 1);
		pager_tag_end(p, "P");
		x += w + gap;
	}
	p->y += high + 12;
}
