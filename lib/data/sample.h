/*
 * Rows drawn evenly from a stream, and rows that came more than once.
 */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <stddef.h>
#include <stdint.h>

/*
 * A reservoir (Vitter's algorithm R) with a fixed seed: the same stream gives
 * the same sample.  With s rows of it the rank of a quantile q is off by
 * sqrt(q (1 - q) / s), one standard error; nothing is lost while the stream is
 * shorter than the reservoir.
 */
struct sample {
	size_t max, n, seen;
	uint64_t state;
	/* What the block at hand gives: row `from` goes to place `to`. */
	struct {
		uint32_t from, to;
	} * move;
	size_t nmoves, maxmoves;
};

void sample_init(struct sample *, size_t max);
void sample_done(struct sample *);
/* Draw from the next n rows. */
void sample_draw(struct sample *, size_t n);

/*
 * How many rows repeat an earlier one, from their hashes.  Exact for the first
 * 131,072 different rows; beyond, only hashes that begin with some zeros are
 * counted, and what they give is scaled up.
 */
struct repeats {
	uint64_t *hash;
	uint32_t *count;
	size_t nslots, used;
	int zeros;
};

void repeats_init(struct repeats *);
void repeats_done(struct repeats *);
void repeats_add(struct repeats *, const uint64_t *hash, size_t n);
size_t repeats_count(const struct repeats *, int *exact);

#endif
