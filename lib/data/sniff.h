/*
 * What a column is, found out while its cells go by.
 *
 * The profile and the frame use the same inference, so that they never
 * disagree.  It is over the whole file, never over a sample:
 *  constant    one value in every row, or none at all
 *  integer, number   every value reads as one (lib/data/value.h)
 *  datetime    every value reads as one
 *  identifier  whole numbers that differ (nearly) everywhere and either count
 *              up or down, or have a name such as id, ID, customer_id;
 *              short strings without blanks that differ (nearly) everywhere
 *  boolean     two levels that read as no and yes; 0 and 1 stay integers
 *  text        strings of many words, or longer than a label is
 *  categorical all other strings
 * "Nearly everywhere" is 99 of 100 rows, from 20 rows on.  Whole numbers with
 * leading zeros are labels, hence categorical.  ARFF's header outranks what the
 * values look like.
 */
#ifndef SNIFF_H
#define SNIFF_H

#include <stddef.h>
#include <stdint.h>

#include "lib/data/frame.h"

struct cell;
struct reader_column;
struct sniff;
struct top_value;

/* index is the column's place: the memory for a column shrinks where there are
 * many (see tiers in sniff.c). */
struct sniff *sniff_new(const struct reader_column *, size_t index);
void sniff_free(struct sniff *);

/* Take n more cells.  x gets the number (or instant) of each, NaN where it is
 * missing or none; key a 64-bit hash of its value, 0 where missing: equal
 * numbers have equal keys however they are spelled.  Returns how many of the
 * cells are missing. */
size_t sniff_cells(
    struct sniff *, const struct cell *, size_t n, double *x, uint64_t *key);

/* Take n rows in which the column was absent. */
void sniff_absent(struct sniff *, size_t n);

/* Whether a cell of this column is missing: it has no text, or, where the
 * format does not say what is missing, one of value_missing's. */
int sniff_cell_missing(const struct sniff *, const struct cell *);

/* Whether x of sniff_cells means something: no value so far was anything but
 * a number (or, in a column of dates, a date). */
int sniff_numeric(const struct sniff *);

enum column_type sniff_type(const struct sniff *);
size_t sniff_missing(const struct sniff *);
/* The number of different values; *exact is 0 when it is an estimate. */
size_t sniff_distinct(const struct sniff *, int *exact);

/* Its most frequent values, at most max; *exact is 0 when counts are estimates.
 * Returns how many. */
size_t sniff_top(
    const struct sniff *, struct top_value *, size_t max, int *exact);

/* Of texts: the least and the greatest length in bytes, and the mean of a part
 * of them; 0 if there was none. */
int sniff_length(
    const struct sniff *, size_t *least, size_t *most, double *mean);

/* The first value that made a column text after that many numbers (or dates),
 * or NULL. */
const char *sniff_offender(const struct sniff *, size_t *after);

#endif
