/*
 * Numbers along an axis: range, ticks, labels, place on paper.
 */
#ifndef REPORT_AXIS_H
#define REPORT_AXIS_H

#include <stddef.h>

#include "lib/report/number.h"

struct plot_axis;

#define AXIS_TICKS_MAX 12

struct axis {
	double low, high; /* of the data shown; low < high */
	double from, to; /* where low and high lie on paper, set by the owner */
	int log;
	size_t rows; /* of a category axis, else 0 */
	size_t nticks;
	double ticks[AXIS_TICKS_MAX];
	double step;
};

/* From the axis wanted, the range of the data, and about how many ticks there
 * is room for.  round widens the range to whole ticks. */
void axis_init(struct axis *, const struct plot_axis *, double low, double high,
    int ticks, int round);

/* The place of a value; what lies outside is put on the edge. */
double axis_at(const struct axis *, double value);

/* The middle of a category's row, and the width of one. */
double axis_row(const struct axis *, size_t row);
double axis_row_width(const struct axis *);

/* Of a tick: as many decimals as the step needs, 25k, 1.5M. */
void axis_label(const struct axis *, double value, char out[NUMBER_LEN]);

#endif
