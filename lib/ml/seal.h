/*
 * The sealed rows.  Only evaluate.c may include this file (and split.c, which
 * makes them); tests/unit/ml_seal.sh holds everyone to it.
 */
#ifndef SEAL_H
#define SEAL_H

#include <stddef.h>

struct frame;

struct sealed {
	struct frame *frame;
	const double *y;
	size_t *row; /* of the whole data set, from 0 */
	size_t n;
};

#endif
