/*
 * The most frequent values of a stream, in bounded memory.
 *
 * A table of counters that, when it is full, takes a median count off all
 * of them and drops those that reach nothing (Misra and Gries; the batched form
 * of Anderson et al., "A high-performance algorithm for identifying frequent
 * items in data streams", 2017).  As long as nothing was dropped the counts are
 * exact; afterwards each is right within what was taken off.  A column in
 * which (nearly) every value is new is looked at in every eighth place only.
 */
#ifndef TOP_H
#define TOP_H

#include <stddef.h>
#include <stdint.h>

struct cell;
struct distinct;

struct top_slot {
	uint64_t key; /* 0 is empty */
	uint64_t count;
};

struct top_entry {
	const char *text;
	uint32_t len;
	uint32_t owned; /* text is a copy of ours */
};

struct top {
	struct top_slot *slot; /* open addressing */
	struct top_entry *entry;
	size_t nslots, max, used;
	uint64_t off; /* taken off each count so far */
	size_t adds;  /* since the last purge */
	int strange;  /* purges in a row in which few values came again */
	uint64_t row; /* counts the values when sparse */
	int sparse;
};

struct top_value {
	const char *text;
	size_t len;
	size_t count;
};

/* At most max slots, 64 times a power of four; half of them are used. */
void top_init(struct top *, size_t max);
void top_done(struct top *);

/* Count n values by their keys (0 is missing), and tell `seen` about those
 * that may be new. */
void top_add(struct top *, struct distinct *seen, const struct cell *,
    const uint64_t *key, size_t n);

/* The most frequent of them, by count, then by bytes; texts belong to the
 * table.  Returns how many; leaves out what may well be noise. */
size_t top_list(const struct top *, struct top_value *out, size_t max);

#endif
