/*
 * From which probability on a row is called positive.
 */
#ifndef THRESHOLD_H
#define THRESHOLD_H

#include <stddef.h>

struct spec;

/* By the specification's rule on p[n], y[n] (0 or 1): halfway between two
 * neighbouring scores, and of equals the highest. */
double threshold_choose(
    const struct spec *, const double *p, const double *y, size_t n);

#endif
