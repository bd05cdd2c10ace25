/*
 * Rows of a frame as a preparation reads them.
 */
#ifndef ROWS_H
#define ROWS_H

#include <stddef.h>

struct arena;
struct err;
struct frame;
struct prep;
struct raw;
struct rows;

/* Find the fields of a preparation among the columns of a frame, and their
 * levels among the columns' levels, both by name.  A field that is no column
 * is missing in every row, unless `strict`.  Belongs to the arena; frame and
 * prep must outlive it. */
struct rows *rows_bind(const struct prep *, const struct frame *, int strict,
    struct arena *, struct err *) __attribute__((warn_unused_result));

/* One row as raw[nfields]. */
void rows_raw(const struct rows *, size_t row, struct raw *raw);

/* Rows (the first n if row is NULL), prepared: x[n * nfeatures]. */
void rows_matrix(const struct rows *, const size_t *row, size_t n, float *x);

#endif
