/*
 * What a plot draws on: a few shapes, put on a cairo surface or into SVG.
 */
#ifndef REPORT_CANVAS_H
#define REPORT_CANVAS_H

#include <cairo.h>
#include <stddef.h>

#include "lib/report/ink.h"
#include "lib/report/text.h"

struct buf;
struct canvas;

enum canvas_anchor { CANVAS_START, CANVAS_MIDDLE, CANVAS_END };

struct canvas_text {
	double x, y; /* y is the base line */
	double size;
	enum text_font font;
	enum ink ink;
	enum canvas_anchor anchor;
	int upright; /* turned to read from below */
};

/* The two kinds of canvas.  The objects behind the pointers are the caller's
 * and outlive it. */
struct canvas {
	const struct canvas_ops *ops;
	cairo_t *cr;
	struct buf *svg;
};

struct canvas canvas_cairo(cairo_t *);
struct canvas canvas_svg(struct buf *);

/* Shapes, in points.  opacity is 0 to 1; dash 0 draws through. */
void canvas_rect(struct canvas *, double x, double y, double w, double h,
    enum ink, double opacity);
void canvas_line(struct canvas *, double x0, double y0, double x1, double y1,
    enum ink, double width, double dash);
/* n points, x and y in turn. */
void canvas_path(struct canvas *, const double *xy, size_t n, enum ink,
    double width, double dash);
void canvas_area(
    struct canvas *, const double *xy, size_t n, enum ink, double opacity);
void canvas_dot(
    struct canvas *, double x, double y, double r, enum ink, double opacity);
void canvas_ring(struct canvas *, double x, double y, double r, enum ink);
/* One cleaned line. */
void canvas_text(struct canvas *, const struct canvas_text *, const char *);

/* What a kind of canvas must be able to do. */
struct canvas_ops {
	void (*rect)(
	    struct canvas *, double, double, double, double, enum ink, double);
	void (*path)(
	    struct canvas *, const double *, size_t, enum ink, double, double);
	void (*area)(struct canvas *, const double *, size_t, enum ink, double);
	void (*dot)(struct canvas *, double, double, double, enum ink, double);
	void (*ring)(struct canvas *, double, double, double, enum ink);
	void (*text)(struct canvas *, const struct canvas_text *, const char *);
};

#endif
