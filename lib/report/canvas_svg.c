/*
 * The canvas as SVG text.  Each shape has a class beside its colour, so that a
 * style sheet around it can give it the colours of a dark page.
 */
#include "config.h"

#include <string.h>

#include "lib/banned.h"
#include "lib/buf.h"
#include "lib/report/canvas.h"
#include "lib/report/markup.h"

/* A coordinate to a hundredth of a point, without needless zeros. */
static void
number(struct buf *b, double x)
{
	char s[32];
	int n = snprintf(s, sizeof(s), "%.2f", x);

	while (s[n - 1] == '0')
		n--;
	if (s[n - 1] == '.')
		n--;
	if (n == 2 && memcmp(s, "-0", 2) == 0)
		buf_add(b, "0", 1);
	else
		buf_add(b, s, (size_t)n);
}

static void
attribute(struct canvas *c, const char *name, double x)
{
	buf_printf(c->svg, " %s=\"", name);
	number(c->svg, x);
	buf_puts(c->svg, "\"");
}

static void
fill(struct canvas *c, enum ink i, double opacity)
{
	buf_printf(c->svg, " class=\"f-%s\" fill=\"#%06x\"", ink_rows[i].name,
	    ink_rows[i].light);
	if (opacity < 1)
		attribute(c, "fill-opacity", opacity);
}

static void
points(struct canvas *c, const double *xy, size_t n)
{
	buf_puts(c->svg, " points=\"");
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_puts(c->svg, " ");
		number(c->svg, xy[2 * i]);
		buf_puts(c->svg, ",");
		number(c->svg, xy[2 * i + 1]);
	}
	buf_puts(c->svg, "\"");
}

static void
rect(struct canvas *c, double x, double y, double w, double h, enum ink i,
    double opacity)
{
	buf_puts(c->svg, "<rect");
	attribute(c, "x", x);
	attribute(c, "y", y);
	attribute(c, "width", w);
	attribute(c, "height", h);
	fill(c, i, opacity);
	buf_puts(c->svg, "/>\n");
}

static void
path(struct canvas *c, const double *xy, size_t n, enum ink i, double width,
    double dash)
{
	buf_printf(c->svg,
	    "<polyline class=\"s-%s\" fill=\"none\" stroke=\"#%06x\"",
	    ink_rows[i].name, ink_rows[i].light);
	attribute(c, "stroke-width", width);
	if (dash > 0)
		attribute(c, "stroke-dasharray", dash);
	points(c, xy, n);
	buf_puts(c->svg, "/>\n");
}

static void
area(struct canvas *c, const double *xy, size_t n, enum ink i, double opacity)
{
	buf_puts(c->svg, "<polygon");
	fill(c, i, opacity);
	points(c, xy, n);
	buf_puts(c->svg, "/>\n");
}

static void
circle(struct canvas *c, double x, double y, double r)
{
	buf_puts(c->svg, "<circle");
	attribute(c, "cx", x);
	attribute(c, "cy", y);
	attribute(c, "r", r);
}

static void
dot(struct canvas *c, double x, double y, double r, enum ink i, double opacity)
{
	circle(c, x, y, r);
	fill(c, i, opacity);
	buf_puts(c->svg, "/>\n");
}

static void
ring(struct canvas *c, double x, double y, double r, enum ink i)
{
	circle(c, x, y, r);
	buf_printf(c->svg,
	    " class=\"f-paper s-%s\" fill=\"#%06x\" stroke=\"#%06x\""
	    " stroke-width=\"1.2\"/>\n",
	    ink_rows[i].name, ink_rows[INK_PAPER].light, ink_rows[i].light);
}

static void
text(struct canvas *c, const struct canvas_text *t, const char *s)
{
	static const char *const anchor[] = { "start", "middle", "end" };

	buf_puts(c->svg, "<text");
	attribute(c, "x", t->x);
	attribute(c, "y", t->y);
	attribute(c, "font-size", t->size);
	if (t->anchor != CANVAS_START)
		buf_printf(c->svg, " text-anchor=\"%s\"", anchor[t->anchor]);
	if (t->font == TEXT_BOLD)
		buf_puts(c->svg, " font-weight=\"bold\"");
	if (t->font == TEXT_MONO)
		buf_puts(c->svg, " font-family=\"" TEXT_CODE "\"");
	if (t->upright) {
		buf_puts(c->svg, " transform=\"rotate(-90 ");
		number(c->svg, t->x);
		buf_puts(c->svg, " ");
		number(c->svg, t->y);
		buf_puts(c->svg, ")\"");
	}
	fill(c, t->ink, 1);
	buf_puts(c->svg, ">");
	markup_escape(c->svg, s);
	buf_puts(c->svg, "</text>\n");
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
canvas_svg(struct buf *b)
{
	return (struct canvas){ .ops = &ops, .svg = b };
}
