/*
 * Rows drawn evenly from a stream, and rows that came more than once.
 */
#include "config.h"

#include <stdlib.h>

#include "lib/banned.h"
#include "lib/data/sample.h"
#include "lib/data/scan.h"

/* Slots at first, and at most; half of them are used. */
#define SLOTS_MIN 1024
#define SLOTS_MAX 262144

void
sample_init(struct sample *s, size_t max)
{
	*s = (struct sample){ .max = max, .state = 0x853c49e6748fea9bull };
}

void
sample_done(struct sample *s)
{
	free(s->move);
}

/* splitmix64 (S. Vigna, public domain) */
static uint64_t
next(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

void
sample_draw(struct sample *s, size_t n)
{
	if (n > s->maxmoves) {
		free(s->move);
		s->maxmoves = n;
		if ((s->move = calloc(n, sizeof(*s->move))) == NULL)
			abort();
	}
	s->nmoves = 0;
	for (size_t i = 0; i < n; i++) {
		size_t to = s->seen++;

		if (to < s->max)
			s->n++;
		else
			to = (size_t)((__uint128_t)next(&s->state) * s->seen >>
				      64);
		if (to < s->max) {
			s->move[s->nmoves].from = (uint32_t)i;
			s->move[s->nmoves++].to = (uint32_t)to;
		}
	}
}

static void
allocate(struct repeats *r, size_t nslots)
{
	r->nslots = nslots;
	r->used = 0;
	r->hash = calloc(nslots, sizeof(*r->hash));
	r->count = calloc(nslots, sizeof(*r->count));
	if (r->hash == NULL || r->count == NULL)
		abort();
}

void
repeats_init(struct repeats *r)
{
	*r = (struct repeats){ 0 };
	allocate(r, SLOTS_MIN);
}

void
repeats_done(struct repeats *r)
{
	free(r->hash);
	free(r->count);
}

static void
put(struct repeats *r, uint64_t h, uint32_t count)
{
	size_t i = h & (r->nslots - 1);

	while (r->hash[i] != 0 && r->hash[i] != h)
		i = (i + 1) & (r->nslots - 1);
	r->used += r->hash[i] == 0;
	r->hash[i] = h;
	r->count[i] += count;
}

/* Full: twice the room, or demand one zero more. */
static void
make_room(struct repeats *r)
{
	struct repeats old = *r;

	r->zeros += old.nslots == SLOTS_MAX;
	allocate(r, old.nslots < SLOTS_MAX ? 2 * old.nslots : SLOTS_MAX);
	for (size_t i = 0; i < old.nslots; i++)
		if (old.hash[i] != 0 &&
		    (r->zeros == 0 || old.hash[i] >> (64 - r->zeros) == 0))
			put(r, old.hash[i], old.count[i]);
	repeats_done(&old);
}

void
repeats_add(struct repeats *r, const uint64_t *hash, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		/* What the sums of a row's hashes lack is mixing. */
		uint64_t h = scan_fold(
		    hash[i] ^ 0xa0761d6478bd642full, 0xe7037ed1a0b428dbull);

		if (r->zeros > 0 && h >> (64 - r->zeros) != 0)
			continue;
		put(r, h != 0 ? h : 1, 1);
		if (2 * r->used > r->nslots)
			make_room(r);
	}
}

size_t
repeats_count(const struct repeats *r, int *exact)
{
	size_t n = 0;

	for (size_t i = 0; i < r->nslots; i++)
		if (r->hash[i] != 0)
			n += r->count[i] - 1;
	*exact = r->zeros == 0;
	return n << r->zeros;
}
