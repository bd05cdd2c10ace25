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

	/* Of the block at hand. */
	double *x;
	uint64_t *key;
	size_t max, missing;
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

/* Take n cells; adds to the hash of each row. */
void summary_take(struct summary *, const struct cell *, size_t n,
    const struct sample *, uint64_t *row_hash, uint64_t salt);

/* Its member of "columns", from `sampled` rows of the sample. */
json_t *summary_json(const struct summary *, size_t sampled);

/* A value as JSON: what may have been cut stays UTF-8. */
json_t *summary_text(const char *, size_t n);

#endif
