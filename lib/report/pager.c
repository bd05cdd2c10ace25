#include "config.h"

#include <cairo-pdf.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/banned.h"
#include "lib/report/doc.h"
#include "lib/report/pager.h"

/* ISO 216 A4 and the margins, in points. */
#define A4_WIDTH  595.276
#define A4_HEIGHT 841.89
#define SIDE      54
#define TOP       66
#define BOTTOM    62
#define EDGE      7.2 /* the size of heads and feet */

static void
edge_text(struct pager *p, double x, double y, enum canvas_anchor anchor,
    const char *s)
{
	struct canvas_text t = {
		.x = x, .y = y, .size = EDGE, .ink = INK_SOFT, .anchor = anchor
	};

	canvas_text(&p->canvas, &t, s);
}

static void
begin(struct pager *p)
{
	struct arena *a = arena_new();
	double right = p->left + p->width;

	p->page++;
	p->y = p->page == 1 ? p->top - 12 : p->top;
	if (p->page > 1) {
		edge_text(p, p->left, 42, CANVAS_START,
		    text_fit(
			a, p->doc->title, TEXT_REGULAR, EDGE, p->width * 0.6));
		edge_text(p, right, 42, CANVAS_END,
		    text_fit(
			a, p->section, TEXT_REGULAR, EDGE, p->width * 0.38));
		canvas_line(
		    &p->canvas, p->left, 48, right, 48, INK_GRID, 0.7, 0);
	}
	canvas_line(&p->canvas, p->left, A4_HEIGHT - 46, right, A4_HEIGHT - 46,
	    INK_GRID, 0.7, 0);
	edge_text(p, p->left, A4_HEIGHT - 35, CANVAS_START,
	    text_fit(a, p->doc->mark, TEXT_REGULAR, EDGE, p->width * 0.82));
	edge_text(p, right, A4_HEIGHT - 35, CANVAS_END,
	    p->pages > 0 ? arena_printf(a, "Page %zu of %zu", p->page, p->pages)
			 : "Page");
	arena_free(a);
}

void
pager_init(struct pager *p, cairo_surface_t *surface, const struct doc *d,
    size_t pages)
{
	*p = (struct pager){ .surface = surface,
		.cr = cairo_create(surface),
		.doc = d,
		.section = "",
		.left = SIDE,
		.width = A4_WIDTH - 2 * SIDE,
		.top = TOP,
		.bottom = A4_HEIGHT - BOTTOM,
		.pages = pages };
	cairo_pdf_surface_set_size(surface, A4_WIDTH, A4_HEIGHT);
	p->canvas = canvas_cairo(p->cr);
	begin(p);
}

void
pager_done(struct pager *p)
{
	cairo_show_page(p->cr);
	cairo_destroy(p->cr);
}

double
pager_left(const struct pager *p)
{
	return p->bottom - p->y;
}

void
pager_need(struct pager *p, double height)
{
	/* What is higher than a page must be drawn somewhere. */
	if (pager_left(p) >= height || p->y <= p->top)
		return;
	cairo_show_page(p->cr);
	begin(p);
}

void
pager_mark(struct pager *p, const char *title)
{
	char place[64];

	snprintf(place, sizeof(place), "page=%zu pos=[%.0f %.0f]", p->page,
	    p->left, p->y);
	cairo_pdf_surface_add_outline(p->surface, CAIRO_PDF_OUTLINE_ROOT, title,
	    place, CAIRO_PDF_OUTLINE_FLAG_OPEN);
}

void
pager_tag(struct pager *p, const char *tag)
{
	cairo_tag_begin(p->cr, tag, NULL);
}

void
pager_tag_end(struct pager *p, const char *tag)
{
	cairo_tag_end(p->cr, tag);
}
