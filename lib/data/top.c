/*
 * The most frequent values of a stream, in bounded memory.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "lib/banned.h"
#include "lib/data/distinct.h"
#include "lib/data/reader.h"
#include "lib/data/top.h"

/* Texts longer than this are cut in the copies. */
#define TEXT_MAX 256

/* After so many purges in which a value was new in one of four, look at every
 * eighth value only. */
#define PATIENCE 4
#define SPARSE   8

#define SLOTS_MIN 64

/* Slots are asked for so many values before they are needed. */
#define AHEAD 12

/* What to take off: the power of two from which less than half of the counts
 * are left; no selection of a median is needed, and it is right within two. */
static uint64_t
threshold(const struct top *t)
{
	size_t bits[65] = { 0 }, below = 0;
	int b = 0;

	for (size_t i = 0; i < t->nslots; i++)
		if (t->slot[i].key != 0)
			bits[64 - __builtin_clzll(t->slot[i].count)]++;
	while (2 * (below += bits[b]) < t->used)
		b++;
	return b == 64 ? UINT64_MAX : (1ull << b) - 1;
}

static void
allocate(struct top *t, size_t nslots)
{
	t->nslots = nslots;
	t->used = 0;
	t->slot = calloc(nslots, sizeof(*t->slot));
	t->entry = calloc(nslots, sizeof(*t->entry));
	if (t->slot == NULL || t->entry == NULL)
		abort();
}

/* Into a table of so many slots, less `off` from each count. */
static void
move(struct top *t, size_t nslots, uint64_t off)
{
	struct top old = *t;

	allocate(t, nslots);
	for (size_t i = 0; i < old.nslots; i++) {
		size_t j = old.slot[i].key & (nslots - 1);

		if (old.slot[i].key == 0)
			continue;
		if (old.slot[i].count <= off) {
			if (old.entry[i].owned)
				free((char *)(uintptr_t)old.entry[i].text);
			continue;
		}
		while (t->slot[j].key != 0)
			j = (j + 1) & (nslots - 1);
		t->slot[j].key = old.slot[i].key;
		t->slot[j].count = old.slot[i].count - off;
		t->entry[j] = old.entry[i];
		t->used++;
	}
	free(old.slot);
	free(old.entry);
}

static void
purge(struct top *t)
{
	uint64_t off = threshold(t);

	t->strange = t->adds < 4 * t->used ? t->strange + 1 : 0;
	t->sparse = t->sparse || t->strange >= PATIENCE;
	t->off += off;
	move(t, t->nslots, off);
	t->adds = t->used;
}

/* A value that the table does not have, whose place is i. */
static void
insert(struct top *t, size_t i, const struct cell *c, uint64_t key,
    uint64_t weight)
{
	struct top_entry e = { c->text, c->len, 0 };

	if (c->flags & CELL_SCRATCH) {
		char *copy;

		e.len = c->len > TEXT_MAX ? TEXT_MAX : c->len;
		if ((copy = malloc(e.len + 1u)) == NULL)
			abort();
		memcpy(copy, c->text, e.len);
		e.text = copy;
		e.owned = 1;
	}
	t->slot[i].key = key;
	t->slot[i].count = weight;
	t->entry[i] = e;
	if (++t->used <= t->nslots / 2)
		return;
	if (t->nslots < t->max)
		move(t, 4 * t->nslots, 0);
	else
		purge(t);
}

void
top_init(struct top *t, size_t max)
{
	*t = (struct top){ .max = max };
	allocate(t, SLOTS_MIN);
}

void
top_done(struct top *t)
{
	for (size_t i = 0; i < t->nslots; i++)
		if (t->slot[i].key != 0 && t->entry[i].owned)
			free((char *)(uintptr_t)t->entry[i].text);
	free(t->slot);
	free(t->entry);
}

void
top_add(struct top *t, struct distinct *seen, const struct cell *cell,
    const uint64_t *key, size_t n)
{
	size_t mask = t->nslots - 1;
	struct top_slot *slot = t->slot;
	int sparse = t->sparse;
	size_t adds = 0;

	if (sparse)
		distinct_add(seen, key, n);
	for (size_t r = 0; r < n; r++) {
		uint64_t k = key[r];
		size_t i;

		if (k == 0)
			continue;
		/* Spread evenly, but in step with no period. */
		if (sparse && ++t->row * 0x9e3779b97f4a7c15ull >= 1ull << 61)
			continue;
		adds++;
		if (r + AHEAD < n)
			__builtin_prefetch(&slot[key[r + AHEAD] & mask], 1);
		for (i = k & mask; slot[i].key != k && slot[i].key != 0;
		     i = (i + 1) & mask)
			;
		if (slot[i].key == k) {
			slot[i].count += sparse ? SPARSE : 1;
			continue;
		}
		if (!sparse)
			distinct_add(seen, &k, 1);
		t->adds += adds;
		adds = 0;
		insert(t, i, &cell[r], k, sparse ? SPARSE : 1);
		slot = t->slot;
		mask = t->nslots - 1;
		if (t->sparse && !sparse) { /* from here on */
			distinct_add(seen, key + r + 1, n - r - 1);
			sparse = 1;
		}
	}
	t->adds += adds;
}

static int
compare_values(const void *a, const void *b)
{
	const struct top_value *x = a, *y = b;
	int d;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	d = memcmp(x->text, y->text, x->len < y->len ? x->len : y->len);
	return d != 0 ? d : x->len < y->len ? -1 : x->len > y->len;
}

size_t
top_list(const struct top *t, struct top_value *out, size_t max)
{
	struct top_value *all = calloc(t->used + 1, sizeof(*all));
	size_t n = 0;

	if (all == NULL)
		abort();
	for (size_t i = 0; i < t->nslots; i++)
		if (t->slot[i].key != 0 && t->slot[i].count >= t->off)
			all[n++] = (struct top_value){ t->entry[i].text,
				t->entry[i].len, t->slot[i].count + t->off };
	qsort(all, n, sizeof(*all), compare_values);
	if (n > max)
		n = max;
	memcpy(out, all, n * sizeof(*all));
	free(all);
	return n;
}
