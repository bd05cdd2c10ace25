/*
 * What each kind of series needs of the axes, and how it is drawn.
 */
#ifndef REPORT_PLOT_KIND_H
#define REPORT_PLOT_KIND_H

#include "lib/report/axis.h"
#include "lib/report/canvas.h"
#include "lib/report/plot.h"

struct arena;

/* The range of values seen so far; empty while low > high. */
struct span {
	double low, high;
};

void span_add(struct span *, double);

/* The rectangle of the data while it is drawn. */
struct plot_frame {
	struct canvas *canvas;
	struct arena *arena;
	const struct plot *plot;
	struct axis x, y;
	size_t bars, bar; /* how many series of bars, and which this is */
};

enum plot_key { PLOT_KEY_LINE, PLOT_KEY_BOX, PLOT_KEY_DOT };

struct plot_kind_row {
	enum plot_key key; /* the mark in the legend */
	void (*range)(const struct plot *, const struct plot_series *,
	    struct span *x, struct span *y);
	void (*draw)(struct plot_frame *, const struct plot_series *);
};

extern const struct plot_kind_row plot_kind_rows[PLOT__MAX];

enum ink plot_ink(const struct plot_series *);

#endif
