/*
 * The canvas on a cairo surface: PDF pages and PNG pictures.
 */
#include "config.h"

#include <math.h>
#include <pango/pangocairo.h>

#include "lib/report/canvas.h"

static void
ink(struct canvas *c, enum ink i, double opacity)
{
	unsigned rgb = ink_rows[i].light;

	/* An alpha of exactly one keeps transparency groups out of the PDF. */
	cairo_set_source_rgba(c->cr, (rgb >> 16) / 255.0,
	    (rgb >> 8 & 255) / 255.0, (rgb & 255) / 255.0, opacity);
}

static void
trace(struct canvas *c, const double *xy, size_t n)
{
	cairo_move_to(c->cr, xy[0], xy[1]);
	for (size_t i = 1; i < n; i++)
		cairo_line_to(c->cr, xy[2 * i], xy[2 * i + 1]);
}

static void
rect(struct canvas *c, double x, double y, double w, double h, enum ink i,
    double opacity)
{
	ink(c, i, opacity);
	cairo_rectangle(c->cr, x, y, w, h);
	cairo_fill(c->cr);
}

static void
path(struct canvas *c, const double *xy, size_t n, enum ink i, double width,
    double dash)
{
	ink(c, i, 1);
	cairo_set_line_width(c->cr, width);
	cairo_set_line_join(c->cr, CAIRO_LINE_JOIN_ROUND);
	cairo_set_dash(c->cr, &dash, dash > 0, 0);
	trace(c, xy, n);
	cairo_stroke(c->cr);
	cairo_set_dash(c->cr, NULL, 0, 0);
}

static void
area(struct canvas *c, const double *xy, size_t n, enum ink i, double opacity)
{
	ink(c, i, opacity);
	trace(c, xy, n);
	cairo_close_path(c->cr);
	cairo_fill(c->cr);
}

static void
dot(struct canvas *c, double x, double y, double r, enum ink i, double opacity)
{
	ink(c, i, opacity);
	/* Text leaves a current point, to which an arc would draw a line. */
	cairo_new_path(c->cr);
	cairo_arc(c->cr, x, y, r, 0, 2 * M_PI);
	cairo_fill(c->cr);
}

static void
ring(struct canvas *c, double x, double y, double r, enum ink i)
{
	cairo_new_path(c->cr);
	cairo_arc(c->cr, x, y, r, 0, 2 * M_PI);
	ink(c, INK_PAPER, 1);
	cairo_fill_preserve(c->cr);
	ink(c, i, 1);
	cairo_set_line_width(c->cr, 1.2);
	cairo_stroke(c->cr);
}

static void
text(struct canvas *c, const struct canvas_text *t, const char *s)
{
	PangoLayout *layout = text_layout(s, t->font, t->size, -1);
	int w, h;

	pango_layout_get_size(layout, &w, &h);
	cairo_save(c->cr);
	cairo_translate(c->cr, t->x, t->y);
	if (t->upright)
		cairo_rotate(c->cr, -M_PI / 2);
	ink(c, t->ink, 1);
	cairo_move_to(c->cr, -(double)w / PANGO_SCALE * (int)t->anchor / 2, 0);
	pango_cairo_show_layout_line(
	    c->cr, pango_layout_get_line_readonly(layout, 0));
	cairo_restore(c->cr);
	cairo_new_path(c->cr);
	g_object_unref(layout);
}

static const struct canvas_ops ops = {
	.rect = rect,
	.path = path,
	.area = area,
	.dot = dot,
	.ring = ring,
	.text = text,
};

struct canvas
canvas_cairo(cairo_t *cr)
{
	return (struct canvas){ .ops = &ops, .cr = cr };
}
