/*
 * What the files that make figures share.
 */
#ifndef REPORT_FIGURE_PART_H
#define REPORT_FIGURE_PART_H

#include "lib/report/plot.h"

struct arena;

/* A plot of n series; its alt text is its title until something better is
 * known. */
struct plot *figure_new(struct arena *, const char *name, const char *title,
    struct plot_series *, size_t n);

/* A dashed, muted line between two points. */
struct plot_series figure_guide(struct arena *, const char *name, double x0,
    double y0, double x1, double y1);

#endif
