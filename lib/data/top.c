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

/* After so many purges without a value that came again, look at every eighth
 * value only. */
#define PATIENCE 4
#define SPARSE   8

static int
compare_counts(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* What to take off: the least count, if that drops half of them, else the
 * median. */
static uint64_t
threshold(const struct top *t)
{
	uint64_t *sorted, median, unit = t->sparse ? SPARSE : 1;
	size_t ones = 0, n = 0;

	for (size_t i = 0; i < t->nslots; i++)
		ones += t->key[i] != 0 && t->count[i] <= unit;
	if (2 * ones >= t->used)
		return unit;
	if ((sorted = calloc(t->used, sizeof(*sorted))) == NULL)
		abort();
	for (size_t i = 0; i < t->nslots; i++)
		if (t->key[i] != 0)
			sorted[n++] = t->count[i];
	qsort(sorted, n, sizeof(*sorted), compare_counts);
	median = sorted[n / 2];
	free(sorted);
	return median;
}

static void
purge(struct top *t)
{
	struct top old = *t;
	uint64_t off = threshold(t);

	top_init(t, old.nslots);
	t->off = old.off + off;
	t->strange = 2 * old.adds < 3 * old.used ? old.strange + 1 : 0;
	t->row = old.row;
	t->sparse = old.sparse || t->strange >= PATIENCE;
	for (size_t i = 0; i < old.nslots; i++) {
		size_t j = old.key[i] & (t->nslots - 1);

		if (old.key[i] == 0)
			continue;
		if (old.count[i] <= off) {
			if (old.entry[i].owned)
				free((char *)(uintptr_t)old.entry[i].text);
			continue;
		}
		while (t->key[j] != 0)
			j = (j + 1) & (t->nslots - 1);
		t->key[j] = old.key[i];
		t->count[j] = old.count[i] - off;
		t->entry[j] = old.entry[i];
		t->used++;
	}
	free(old.key);
	free(old.count);
	free(old.entry);
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
	t->key[i] = key;
	t->count[i] = weight;
	t->entry[i] = e;
	if (++t->used > t->nslots / 4 * 3) {
		purge(t);
		t->adds = t->used;
	}
}

void
top_init(struct top *t, size_t size)
{
	*t = (struct top){ .nslots = size };
	t->key = calloc(size, sizeof(*t->key));
	t->count = calloc(size, sizeof(*t->count));
	t->entry = calloc(size, sizeof(*t->entry));
	if (t->key == NULL || t->count == NULL || t->entry == NULL)
		abort();
}

void
top_done(struct top *t)
{
	for (size_t i = 0; i < t->nslots; i++)
		if (t->key[i] != 0 && t->entry[i].owned)
			free((char *)(uintptr_t)t->entry[i].text);
	free(t->key);
	free(t->count);
	free(t->entry);
}

void
top_add(struct top *t, struct distinct *seen, const struct cell *cell,
    const uint64_t *key, size_t n)
{
	for (size_t r = 0; r < n; r++) {
		uint64_t k = key[r], weight = 1;
		size_t i;

		if (k == 0)
			continue;
		if (t->sparse) {
			distinct_add(seen, k);
			/* Spread evenly, but in step with no period. */
			if (++t->row * 0x9e3779b97f4a7c15ull >= 1ull << 61)
				continue;
			weight = SPARSE;
		}
		t->adds++;
		for (i = k & (t->nslots - 1); t->key[i] != 0;
		     i = (i + 1) & (t->nslots - 1))
			if (t->key[i] == k)
				break;
		if (t->key[i] == k) {
			t->count[i] += weight;
			continue;
		}
		if (!t->sparse)
			distinct_add(seen, k);
		insert(t, i, &cell[r], k, weight);
	}
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
		if (t->key[i] != 0 && t->count[i] >= t->off)
			all[n++] = (struct top_value){ t->entry[i].text,
				t->entry[i].len, t->count[i] + t->off };
	qsort(all, n, sizeof(*all), compare_values);
	if (n > max)
		n = max;
	memcpy(out, all, n * sizeof(*all));
	free(all);
	return n;
}
