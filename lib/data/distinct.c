/*
 * How many different values there are, from their hashes.
 */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/banned.h"
#include "lib/data/distinct.h"

#define PRECISION 14
#define REGISTERS (1 << PRECISION)
#define RANKS     (64 - PRECISION)

static void
estimate(struct distinct *d, const uint64_t *hash, size_t n)
{
	unsigned char *reg = d->reg;

	for (size_t k = 0; k < n; k++) {
		/* The position of the first one behind the register's number;
		 * the last bit ends the search where there is none. */
		uint64_t rest = hash[k] << PRECISION | 1ull << (PRECISION - 1);
		size_t i = hash[k] >> RANKS;
		int rank = __builtin_clzll(rest) + 1;

		if (rank > reg[i] && hash[k] != 0)
			reg[i] = (unsigned char)rank;
	}
}

static void grow(struct distinct *);

static void
remember(struct distinct *d, uint64_t h)
{
	size_t i;

	for (i = h & (d->nslots - 1); d->slot[i] != 0;
	     i = (i + 1) & (d->nslots - 1))
		if (d->slot[i] == h)
			return;
	if (h == 0)
		return;
	if (2 * d->used >= d->nslots || d->used >= d->max) {
		grow(d);
		distinct_add(d, &h, 1);
		return;
	}
	d->slot[i] = h;
	d->used++;
}

static void
grow(struct distinct *d)
{
	struct distinct old = *d;

	if (d->used >= d->max) {
		if ((d->reg = calloc(REGISTERS, 1)) == NULL)
			abort();
		d->slot = NULL;
	} else {
		d->nslots *= 2;
		if ((d->slot = calloc(d->nslots, sizeof(*d->slot))) == NULL)
			abort();
		d->used = 0;
	}
	distinct_add(d, old.slot, old.nslots);
	free(old.slot);
}

void
distinct_init(struct distinct *d, size_t max)
{
	*d = (struct distinct){ .nslots = 64, .max = max };
	if ((d->slot = calloc(d->nslots, sizeof(*d->slot))) == NULL)
		abort();
}

void
distinct_done(struct distinct *d)
{
	free(d->slot);
	free(d->reg);
}

void
distinct_add(struct distinct *d, const uint64_t *hash, size_t n)
{
	size_t k = 0;

	for (; k < n && d->slot != NULL; k++)
		remember(d, hash[k]);
	if (k < n)
		estimate(d, hash + k, n - k);
}

/* The estimator of O. Ertl, "New cardinality estimation algorithms for
 * HyperLogLog sketches" (2017), algorithm 6, with his sigma and tau: without
 * bias over the whole range, and without tables. */
static double
sigma(double x)
{
	double y = 1, z = x, before;

	if (x == 1)
		return INFINITY;
	do {
		x *= x;
		before = z;
		z += x * y;
		y += y;
	} while (z != before);
	return z;
}

static double
tau(double x)
{
	double y = 1, z = 1 - x, before;

	if (x == 0 || x == 1)
		return 0;
	do {
		x = sqrt(x);
		before = z;
		y *= 0.5;
		z -= (1 - x) * (1 - x) * y;
	} while (z != before);
	return z / 3;
}

size_t
distinct_count(const struct distinct *d, int *exact)
{
	const double m = REGISTERS;
	int count[RANKS + 2] = { 0 };
	double z;

	*exact = d->slot != NULL;
	if (d->slot != NULL)
		return d->used;
	for (int i = 0; i < REGISTERS; i++)
		count[d->reg[i]]++;
	z = m * tau(1 - count[RANKS + 1] / m);
	for (int k = RANKS; k >= 1; k--)
		z = 0.5 * (z + count[k]);
	z += m * sigma(count[0] / m);
	return (size_t)(m * m / (2 * M_LN2) / z + 0.5);
}
