/*
 * All that the profile keeps of one column while its cells go by.
 */
#ifndef SUMMARY_H
#define SUMMARY_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/data/frame.h"
#include "lib/data/moments.h"
#include "lib/data/personal.h"

struct cell;
struct reader_column;
struct sample;
struct sniff;

struct summary {
	const char *name; /* the reader's */
	struct sniff *sniff;
	struct moments moments;
	struct histogram *histogram; /* from the first number on */
	struct personal_seen personal;
	int place; /* in the correlations, or -1 */

	/* Of the block at hand: those without a number, and the numbers' mean.
	 */
	size_t missing;
	double mean;

	/* Of the sampled rows; keys only if they are asked for. */
	int keys;
	size_t sampled; /* allocated */
	double *sample_x;
	uint64_t *sample_key;
};

/* The place of the column among the others, the rows that went by before it
 * came up, and whether keys of the sampled rows are kept. */
struct summary *summary_new(
    const struct reader_column *, size_t index, size_t rows, int keys);
void summary_free(struct summary *);

/* What a column needs while it takes a block; all columns share one, so that it
 * stays in the processor's first cache. */
struct summary_room {
	size_t max;
	double *x;     /* the numbers of the last column, NaN where missing */
	double *dense; /* the same without gaps */
	uint64_t *key;
	uint64_t *row_hash; /* each column adds to it */
};

void summary_room(struct summary_room *, size_t n);
void summary_room_done(struct summary_room *);

/* Take n cells. */
void summary_take(struct summary *, const struct cell *, size_t n,
    const struct sample *, struct summary_room *);

/* Its member of "columns", from `sampled` rows of the sample. */
json_t *summary_json(const struct summary *, size_t sampled);

/* A value as JSON: what may have been cut stays UTF-8. */
json_t *summary_text(const char *, size_t n);

#endif
