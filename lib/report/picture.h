/*
 * Pictures of a data set: one a column, from its profile.
 */
#ifndef REPORT_PICTURE_H
#define REPORT_PICTURE_H

#include <jansson.h>

struct err;

/* No more columns than this are drawn; a table can have 10⁵. */
#define PICTURE_COLUMNS_MAX 200

/*
 * Draw the distribution of each column (its histogram, or its most frequent
 * values) as plots/column-01.svg and .png, … into dir, which exists.  Columns
 * with nothing to draw (all missing, identifiers) are left out; the number is
 * the column's place in the profile, from 1.
 *
 * Returns [{"name","kind":"plot","media_type","path","column"}], the
 * caller's; NULL and err: dir cannot be written to.
 */
json_t *picture_columns(const json_t *profile, const char *dir, struct err *)
    __attribute__((warn_unused_result));

#endif
