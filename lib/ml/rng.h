/*
 * Random numbers that are the same everywhere: xoshiro256** (Blackman and
 * Vigna, 2018), seeded by splitmix64.
 */
#ifndef RNG_H
#define RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
	uint64_t s[4];
};

/* Streams of one seed are independent of each other. */
void rng_init(struct rng *, uint64_t seed, uint64_t stream);
uint64_t rng_next(struct rng *);
uint64_t rng_below(struct rng *, uint64_t n); /* 0 to n - 1, unbiased */
double rng_uniform(struct rng *);             /* [0, 1) */
double rng_normal(struct rng *);              /* mean 0, variance 1 */
void rng_shuffle(struct rng *, size_t *, size_t n);

#endif
