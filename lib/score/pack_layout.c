/*
 * Where the nodes of a tree lie.  Children lie in pairs; a block of pairs fills
 * a cache line, and holds, under its first pair, those where most training rows
 * came.  So a row that goes the usual way touches a line every two or three
 * steps.
 */
#include "config.h"

#include <string.h>

#include "lib/arena.h"
#include "lib/score/pack_parts.h"

#define BLOCK_PAIRS 4 /* of 16 bytes: a cache line */

struct layout {
	int *queue; /* parents whose children begin a block */
	size_t head, tail;
	uint32_t next; /* free place, in nodes; always even */
};

static void
place_pair(struct pack_tree *t, int parent, struct layout *l)
{
	struct pack_split *s = &t->node[parent];

	t->node[s->left].place = (int)l->next;
	t->node[s->right].place = (int)l->next + 1;
	l->next += 2;
}

/* The most visited of some nodes that still want children; none: -1. */
static int
busiest(const struct pack_tree *t, int *open, int *n)
{
	int best = -1, node;

	for (int i = 0; i < *n; i++)
		if (best == -1 ||
		    t->node[open[i]].cover > t->node[open[best]].cover)
			best = i;
	if (best == -1)
		return -1;
	node = open[best];
	memmove(&open[best], &open[best + 1],
	    (size_t)(*n - best - 1) * sizeof(*open));
	--*n;
	return node;
}

static void
place_block(struct pack_tree *t, int parent, struct layout *l)
{
	int open[2 * BLOCK_PAIRS + 2], n = 0, pairs;

	/* The first block of a tree starts with its root, and a gap. */
	pairs = BLOCK_PAIRS - (int)(l->next / 2 % BLOCK_PAIRS);
	open[n++] = parent;
	for (; pairs > 0; pairs--) {
		int at = busiest(t, open, &n);

		if (at == -1)
			break;
		place_pair(t, at, l);
		if (t->node[t->node[at].left].left >= 0)
			open[n++] = t->node[at].left;
		if (t->node[t->node[at].right].left >= 0)
			open[n++] = t->node[at].right;
	}
	for (int i = 0; i < n; i++)
		l->queue[l->tail++] = open[i];
}

uint32_t
pack_layout(struct pack_tree *t, struct arena *a)
{
	struct layout l = { .next = 2 };

	l.queue = arena_alloc(a, t->n * sizeof(*l.queue));
	t->node[0].place = 0;
	t->node[0].share = 1;
	if (t->node[0].left >= 0)
		l.queue[l.tail++] = 0;
	while (l.head < l.tail)
		place_block(t, l.queue[l.head++], &l);
	return l.next;
}
