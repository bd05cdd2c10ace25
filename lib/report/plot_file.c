/*
 * Plots as files of their own, and as SVG inside HTML.
 */
#include "config.h"

#include <cairo.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/banned.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/report/file.h"
#include "lib/report/markup.h"
#include "lib/report/plot.h"
#include "lib/report/plot_file.h"
#include "lib/report/text.h"

#define SVG_MAX   (16 * 1024 * 1024)
#define PNG_SCALE 2
#define EDGE      8 /* of paper around the plot */

static void
open_tag(const struct plot *p, double w, double h, int alone, struct buf *b)
{
	struct arena *a = arena_new();
	const char *alt = p->alt != NULL ? p->alt : p->title;

	buf_puts(b, "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\"");
	if (alone)
		buf_printf(b, " width=\"%.0fpt\" height=\"%.0fpt\"", w, h);
	buf_printf(b,
	    " viewBox=\"0 0 %.0f %.0f\" font-family=\"" TEXT_SANS
	    "\" aria-label=\"",
	    w, h);
	markup_escape(b, text_clean(a, alt, 500));
	buf_puts(b, "\">\n");
	arena_free(a);
}

void
plot_inline(const struct plot *p, double w, double h, struct buf *b)
{
	w = rint(w);
	h = rint(h);
	open_tag(p, w, h, 0, b);
	plot_svg_body(p, w, h, b);
	buf_puts(b, "</svg>\n");
}

int
plot_svg(
    const struct plot *p, double w, double h, const char *path, struct err *err)
{
	struct buf b;
	int r;

	w = rint(w);
	h = rint(h);
	buf_init(&b, SVG_MAX);
	buf_puts(&b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	open_tag(p, w, h, 1, &b);
	buf_printf(&b,
	    "<rect width=\"%.0f\" height=\"%.0f\" fill=\"#ffffff\"/>\n"
	    "<g transform=\"translate(8 8)\">\n",
	    w, h);
	plot_svg_body(p, w - 2 * EDGE, h - 2 * EDGE, &b);
	buf_puts(&b, "</g>\n</svg>\n");
	if (b.over)
		r = err_set(err, ERR_INTERNAL, "plot is too large to write");
	else
		r = file_write(path, b.data, b.len, err);
	buf_done(&b);
	return r;
}

int
plot_png(
    const struct plot *p, double w, double h, const char *path, struct err *err)
{
	cairo_surface_t *surface;
	cairo_status_t status;
	cairo_t *cr;

	w = rint(w);
	h = rint(h);
	surface = cairo_image_surface_create(
	    CAIRO_FORMAT_RGB24, (int)w * PNG_SCALE, (int)h * PNG_SCALE);
	cr = cairo_create(surface);
	cairo_scale(cr, PNG_SCALE, PNG_SCALE);
	cairo_set_source_rgb(cr, 1, 1, 1);
	cairo_paint(cr);
	plot_draw(p, cr, EDGE, EDGE, w - 2 * EDGE, h - 2 * EDGE);
	cairo_destroy(cr);
	errno = 0;
	status = cairo_surface_write_to_png(surface, path);
	cairo_surface_destroy(surface);
	if (status != CAIRO_STATUS_SUCCESS && errno != 0)
		return err_file(err, "write", path);
	if (status != CAIRO_STATUS_SUCCESS)
		return err_set(err, ERR_INTERNAL, "cannot write '%s': %s", path,
		    cairo_status_to_string(status));
	return 0;
}
