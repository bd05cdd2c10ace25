#include "config.h"

#include <cairo-pdf.h>
#include <math.h>
#include <pango/pangocairo.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/banned.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/report/doc.h"
#include "lib/report/file.h"
#include "lib/report/pager.h"
#include "lib/report/pdf.h"

#define PDF_MAX (64 * 1024 * 1024)

/* clang-format off */
static const struct pdf_text
	body    = { .size = 9,   .leading = 13.4, .ink = INK_TEXT },
	small   = { .size = 7.6, .leading = 10.8, .ink = INK_SOFT },
	section = { .size = 15,  .leading = 19,   .ink = INK_HEAD, .font = TEXT_BOLD },
	heading = { .size = 10.5, .leading = 14,  .ink = INK_TEXT, .font = TEXT_BOLD },
	title   = { .size = 22,  .leading = 28,   .ink = INK_HEAD, .font = TEXT_BOLD, .lines = 2 },
	lead    = { .size = 10,  .leading = 14.5, .ink = INK_SOFT, .lines = 3 };
/* clang-format on */

static const enum ink tones[DOC_TONE__MAX] = {
	[DOC_PLAIN] = INK_DATA,
	[DOC_GOOD] = INK_GOOD,
	[DOC_WARN] = INK_WARN,
	[DOC_BAD] = INK_BAD,
};

static void
source(cairo_t *cr, enum ink ink)
{
	unsigned rgb = ink_rows[ink].light;

	cairo_set_source_rgb(cr, (rgb >> 16) / 255.0, (rgb >> 8 & 255) / 255.0,
	    (rgb & 255) / 255.0);
}

static PangoLayout *
wrapped(const struct pdf_text *t, const char *s, double w)
{
	PangoLayout *layout = text_layout(s, t->font, t->size, w);

	if (t->lines > 0) {
		pango_layout_set_height(layout, -t->lines);
		pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
	}
	return layout;
}

double
pdf_wrapped(struct pager *p, const struct pdf_text *t, const char *s, double x,
    double y, double w, int draw)
{
	PangoLayout *layout = wrapped(t, s, w);
	int n = pango_layout_get_line_count(layout);

	for (int i = 0; draw && i < n; i++) {
		source(p->cr, t->ink);
		cairo_move_to(p->cr, x,
		    y + i * t->leading + t->leading / 2 + t->size * 0.36);
		pango_cairo_show_layout_line(
		    p->cr, pango_layout_get_line_readonly(layout, i));
	}
	g_object_unref(layout);
	return n * t->leading;
}

/* Text that may break over pages, never leaving a line alone. */
static void
flowing(struct pager *p, const struct pdf_text *t, const char *s, double indent)
{
	PangoLayout *layout = wrapped(t, s, p->width - indent);
	int n = pango_layout_get_line_count(layout);

	pager_tag(p, "P");
	for (int i = 0; i < n; i++) {
		int keep = i == 0 || n - i == 2 ? (n - i < 2 ? n - i : 2) : 1;

		if (pager_left(p) < keep * t->leading && p->y > p->top) {
			pager_tag_end(p, "P");
			pager_need(p, keep * t->leading);
			pager_tag(p, "P");
		}
		source(p->cr, t->ink);
		cairo_move_to(p->cr, p->left + indent,
		    p->y + t->leading / 2 + t->size * 0.36);
		pango_cairo_show_layout_line(
		    p->cr, pango_layout_get_line_readonly(layout, i));
		p->y += t->leading;
	}
	pager_tag_end(p, "P");
	g_object_unref(layout);
}

/* The least height in which a block can begin, for what must stay with it. */
static double
start(struct pager *p, const struct doc_block *b)
{
	if (b == NULL)
		return 0;
	switch (b->kind) {
	case DOC_SECTION:
		return 0;
	case DOC_HEADING:
		return 30 + start(p, b->next);
	case DOC_TEXT:
	case DOC_NOTE:
	case DOC_ITEM:
		return 2 * body.leading +
		       (b->next != NULL && b->next->kind != DOC_TEXT
			       ? fmin(start(p, b->next), 60)
			       : 0);
	case DOC_CALLOUT:
		return 20 +
		       pdf_wrapped(p, &body, b->text, 0, 0, p->width - 24, 0);
	case DOC_FACTS:
		return 30;
	case DOC_TABLE:
		return pdf_table_start(b);
	case DOC_FIGURE:
		return pdf_figures_height(p, b);
	case DOC_TILES:
		return 66;
	default:
		return 0;
	}
}

static void
draw_section(struct pager *p, const struct doc_block *b)
{
	double before = p->y > p->top + 1 && b != p->doc->first ? 20 : 0;

	/* Before the page may break: its head tells what begins it. */
	p->section = b->head;
	pager_need(p, before + 34 + fmax(start(p, b->next), 50));
	if (p->y > p->top + 1)
		p->y += before;
	pager_mark(p, b->head);
	pager_tag(p, "H1");
	p->y += pdf_wrapped(p, &section, b->head, p->left, p->y, p->width, 1);
	pager_tag_end(p, "H1");
	p->y += 3;
	canvas_line(&p->canvas, p->left, p->y, p->left + p->width, p->y,
	    INK_GRID, 0.8, 0);
	p->y += 8;
}

static void
draw_heading(struct pager *p, const struct doc_block *b)
{
	pager_need(p, 24 + start(p, b->next));
	if (p->y > p->top)
		p->y += 7;
	pager_tag(p, "H2");
	p->y += pdf_wrapped(p, &heading, b->text, p->left, p->y, p->width, 1);
	pager_tag_end(p, "H2");
	p->y += 3;
}

static void
draw_item(struct pager *p, const struct doc_block *b)
{
	pager_need(p, 2 * body.leading);
	canvas_dot(&p->canvas, p->left + 4, p->y + body.leading / 2 + 0.4, 1.3,
	    INK_SOFT, 1);
	flowing(p, &body, b->text, 12);
	p->y += b->next != NULL && b->next->kind == DOC_ITEM ? 2.5 : 7;
}

static void
draw_callout(struct pager *p, const struct doc_block *b)
{
	struct pdf_text head = body;
	double h, w = p->width - 26;

	head.font = TEXT_BOLD;
	head.ink = tones[b->tone];
	head.leading = 15;
	h = 14 + pdf_wrapped(p, &head, b->head, 0, 0, w, 0);
	if (*b->text != '\0')
		h += pdf_wrapped(p, &body, b->text, 0, 0, w, 0);
	pager_need(p, h + 8);
	canvas_rect(&p->canvas, p->left, p->y, p->width, h, INK_SHADE, 1);
	canvas_rect(&p->canvas, p->left, p->y, 3, h, tones[b->tone], 1);
	pager_tag(p, "P");
	p->y += 7;
	p->y += pdf_wrapped(p, &head, b->head, p->left + 14, p->y, w, 1);
	if (*b->text != '\0')
		p->y +=
		    pdf_wrapped(p, &body, b->text, p->left + 14, p->y, w, 1);
	pager_tag_end(p, "P");
	p->y += 7 + 9;
}

static void
draw_title(struct pager *p, const struct doc *d)
{
	struct arena *a = arena_new();
	struct canvas_text t = { .x = p->left,
		.y = p->y + 6,
		.size = 8.5,
		.font = TEXT_BOLD,
		.ink = INK_DATA };

	canvas_text(&p->canvas, &t, d->kind);
	t.x = p->left + p->width;
	t.anchor = CANVAS_END;
	t.font = TEXT_REGULAR;
	t.ink = INK_SOFT;
	t.size = 8;
	canvas_text(&p->canvas, &t, arena_printf(a, "%.10s", d->created));
	p->y += 14;
	pager_tag(p, "H1");
	p->y += pdf_wrapped(p, &title, d->title, p->left, p->y, p->width, 1);
	pager_tag_end(p, "H1");
	p->y += 1;
	pager_tag(p, "P");
	p->y += pdf_wrapped(p, &lead, d->subtitle, p->left, p->y, p->width, 1);
	pager_tag_end(p, "P");
	p->y += 6;
	canvas_rect(&p->canvas, p->left, p->y, p->width, 2, INK_DATA, 1);
	p->y += 14;
	arena_free(a);
}

static void
draw(struct pager *p, const struct doc *d)
{
	draw_title(p, d);
	for (const struct doc_block *b = d->first; b != NULL; b = b->next)
		switch (b->kind) {
		case DOC_SECTION:
			draw_section(p, b);
			break;
		case DOC_HEADING:
			draw_heading(p, b);
			break;
		case DOC_TEXT:
			flowing(p, &body, b->text, 0);
			p->y += 6;
			break;
		case DOC_NOTE:
			flowing(p, &small, b->text, 0);
			p->y += 6;
			break;
		case DOC_ITEM:
			draw_item(p, b);
			break;
		case DOC_CALLOUT:
			draw_callout(p, b);
			break;
		case DOC_FACTS:
			pdf_facts(p, b);
			break;
		case DOC_TABLE:
			pdf_table(p, b);
			break;
		case DOC_FIGURE:
			b = pdf_figures(p, b);
			break;
		case DOC_TILES:
			pdf_tiles(p, b);
			break;
		default:
			break;
		}
}

static cairo_status_t
keep(void *closure, const unsigned char *bytes, unsigned n)
{
	buf_add(closure, bytes, n);
	return CAIRO_STATUS_SUCCESS;
}

/* An RFC 3339 time without the fraction of the second, which cairo does not
 * read.  What is no time gives "", and cairo then writes no date: never the
 * clock's. */
static const char *
date(const struct doc *d)
{
	size_t n = strlen(d->created);
	const char *zone = "";

	if (n < 20 || d->created[10] != 'T')
		return "";
	if (d->created[n - 1] == 'Z')
		zone = "Z";
	else if (d->created[n - 3] == ':')
		zone = d->created + n - 6;
	return arena_printf(d->arena, "%.19s%s", d->created, zone);
}

static cairo_surface_t *
surface_new(const struct doc *d, struct buf *b)
{
	cairo_surface_t *s =
	    cairo_pdf_surface_create_for_stream(keep, b, 595, 842);
	const struct {
		cairo_pdf_metadata_t key;
		const char *value;
	} metadata[] = {
		{ CAIRO_PDF_METADATA_TITLE, d->title },
		{ CAIRO_PDF_METADATA_SUBJECT, d->subtitle },
		{ CAIRO_PDF_METADATA_AUTHOR, "Modelwright" },
		{ CAIRO_PDF_METADATA_CREATOR, "Modelwright " PACKAGE_VERSION },
		/* cairo would take the clock for both. */
		{ CAIRO_PDF_METADATA_CREATE_DATE, date(d) },
		{ CAIRO_PDF_METADATA_MOD_DATE, date(d) },
	};

	cairo_pdf_surface_restrict_to_version(s, CAIRO_PDF_VERSION_1_5);
	for (size_t i = 0; i < sizeof(metadata) / sizeof(metadata[0]); i++)
		cairo_pdf_surface_set_metadata(
		    s, metadata[i].key, metadata[i].value);
	return s;
}

/* Lay out and draw once; returns the number of pages, 0 when cairo failed. */
static size_t
render(const struct doc *d, size_t pages, struct buf *b)
{
	cairo_surface_t *s = surface_new(d, b);
	cairo_status_t status;
	struct pager p;

	pager_init(&p, s, d, pages);
	pager_tag(&p, "Document");
	draw(&p, d);
	pager_tag_end(&p, "Document");
	pager_done(&p);
	cairo_surface_finish(s);
	status = cairo_surface_status(s);
	cairo_surface_destroy(s);
	return status == CAIRO_STATUS_SUCCESS ? p.page : 0;
}

int
pdf_write(const struct doc *d, const char *path, struct err *err)
{
	struct buf b;
	size_t pages;
	int r;

	/* Once to count the pages, once to number them. */
	buf_init(&b, PDF_MAX);
	pages = render(d, 0, &b);
	b.len = 0;
	if (pages == 0 || render(d, pages, &b) != pages || b.over)
		r = err_set(err, ERR_INTERNAL, "cannot draw the report");
	else
		r = file_write(path, b.data, b.len, err);
	buf_done(&b);
	return r;
}
