/*
 * The pages of a PDF: their breaks, their heads and feet, the outline.
 */
#ifndef REPORT_PAGER_H
#define REPORT_PAGER_H

#include <cairo.h>
#include <stddef.h>

#include "lib/report/canvas.h"

struct doc;

struct pager {
	cairo_surface_t *surface;
	cairo_t *cr;
	struct canvas canvas;
	const struct doc *doc;
	const char *section; /* what the head of the next page says */
	double left, width, top, bottom;
	double y;           /* the next free line */
	size_t page, pages; /* pages is 0 while they are counted */
};

/* Begin the first page of an A4 document; pages is the number that the feet
 * tell. */
void pager_init(
    struct pager *, cairo_surface_t *, const struct doc *, size_t pages);
void pager_done(struct pager *);

/* Begin a page unless so much height is left. */
void pager_need(struct pager *, double height);

/* The height that is left on this page. */
double pager_left(const struct pager *);

/* An entry of the outline, to here. */
void pager_mark(struct pager *, const char *title);

/* Words in the page's structure tree: "H1", "P". */
void pager_tag(struct pager *, const char *tag);
void pager_tag_end(struct pager *, const char *tag);

#endif
