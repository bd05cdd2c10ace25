/*
 * One model of a plot, drawn by cairo on any surface or written as SVG text.
 */
#ifndef REPORT_PLOT_H
#define REPORT_PLOT_H

#include <stddef.h>

struct err;
typedef struct _cairo cairo_t;

/*
 * How a series is drawn.  n is the number of points; a point with a value
 * that is not finite is left out (and breaks a line).
 *
 *	PLOT_LINE	(x[i], y[i]) joined; with low and high, a band of
 *			y values behind it
 *	PLOT_STEP	the same as a staircase: y holds until the next x
 *	PLOT_BAR	category i has the value y[i]; the categories are those
 *			of the axis that has them (vertical bars when it is the
 *			x axis, horizontal ones when it is the y axis); low and
 *			high are whiskers on the value
 *	PLOT_HIST	n bars of height y[i] between the n + 1 edges x[0..n]
 *	PLOT_SCATTER	dots at (x[i], y[i]); low and high are whiskers in y
 *	PLOT_DUMBBELL	row i of the y axis' categories: a dot at x[i], a ring
 *			at y[i] (NULL or not finite: none), a bar between them,
 *			and a whisker from low[i] to high[i]
 *	PLOT_TILE	cell (x[i], y[i]) of two category axes, shaded by
 *			low[i] (0 to 1) and showing the number high[i]
 */
enum plot_kind {
	PLOT_LINE,
	PLOT_STEP,
	PLOT_BAR,
	PLOT_HIST,
	PLOT_SCATTER,
	PLOT_DUMBBELL,
	PLOT_TILE,
	PLOT__MAX
};

/* Roles, not colours: the palette (Okabe and Ito's, safe for the colour-blind)
 * has a light and a dark form.  Values from PLOT_FIRST on, modulo six, are for
 * data. */
enum plot_colour {
	PLOT_FIRST = 0,
	PLOT_MUTED = 100, /* baselines, references, guides */
};

struct plot_series {
	enum plot_kind kind;
	const char *name; /* in the legend; NULL keeps it out */
	int colour;
	int dashed;
	size_t n;
	const double *x, *y, *low, *high;
	const char *const *labels; /* a word a point (scatter), or NULL */
};

struct plot_axis {
	const char *label;
	/* low == high: the range comes from the data, in round numbers. */
	double low, high;
	int log;
	int integer; /* ticks at whole numbers only */
	int zero;    /* the range of the data is widened to hold 0 */
	const char *const *categories;
	size_t ncategories;
};

struct plot {
	const char *name;  /* a file name without suffix: "roc" */
	const char *title; /* what is seen, in words */
	const char *alt;   /* a sentence for those who do not see it */
	struct plot_axis x, y;
	const struct plot_series *series;
	size_t nseries;
	int square;           /* both axes have the same length on paper */
	const double *guides; /* muted vertical lines: a threshold */
	size_t nguides;
};

/* Draw in the rectangle at (x, y), w wide and h high, in points.  Strings may
 * be anything: what is no UTF-8 is replaced, what is too long is cut with an
 * ellipsis. */
void plot_draw(
    const struct plot *, cairo_t *, double x, double y, double w, double h);

/* Write a file of w × h points: SVG with text as text, or a white PNG at
 * twice the resolution.  The same plot always gives the same bytes. */
int plot_svg(const struct plot *, double w, double h, const char *path,
    struct err *) __attribute__((warn_unused_result));
int plot_png(const struct plot *, double w, double h, const char *path,
    struct err *) __attribute__((warn_unused_result));

/* The same SVG for use inside HTML: no XML declaration, no background, and
 * classes f-INK and s-INK (lib/report/ink.h) for a style sheet to recolour.
 * Scales to the width it is given. */
struct buf;
void plot_inline(const struct plot *, double w, double h, struct buf *);

/* The height that suits the plot at that width: by its number of rows, its
 * legend and whether it is square. */
double plot_height(const struct plot *, double w);

#endif
