/*
 * How many different values there are, from their hashes.
 *
 * Exactly, until they are too many to remember; from there on by HyperLogLog
 * with 2^14 registers, whose standard error is 0.81%.
 */
#ifndef DISTINCT_H
#define DISTINCT_H

#include <stddef.h>
#include <stdint.h>

struct distinct {
	uint64_t *slot; /* open addressing; 0 is empty; NULL when estimating */
	size_t nslots, used, max;
	unsigned char *reg;
};

/* Remember at most max hashes.  A hash of 0 is no value. */
void distinct_init(struct distinct *, size_t max);
void distinct_done(struct distinct *);
void distinct_add(struct distinct *, const uint64_t *hash, size_t n);
size_t distinct_count(const struct distinct *, int *exact);

#endif
