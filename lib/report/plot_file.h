/*
 * The shapes of a plot as SVG text, without the element around them.
 */
#ifndef REPORT_PLOT_FILE_H
#define REPORT_PLOT_FILE_H

struct buf;
struct plot;

void plot_svg_body(const struct plot *, double w, double h, struct buf *);

#endif
