/*
 * A packed model in memory: for the files that read it, and nobody else.
 */
#ifndef MWS_MAP_H
#define MWS_MAP_H

#include "lib/score/mws_file.h"
#include "lib/score/prep.h"

struct err;

/* What a node looks at; see mws_file.h.  Of a set that stands outside its node
 * the shift's bits from 5 up are the word. */
struct mws_value {
	int32_t key;
	uint32_t shift;
};

/* Walks that go on side by side: each waits for memory, so eight of them keep
 * a core busy where one would not. */
#define MWS_WALKS 8

struct mws {
	const struct mws_header *h;
	const char *text;
	const struct mws_field *field;
	const uint32_t *level, *hash, *label, *wide;
	const struct mws_feature *feature;
	const float *table, *reference;
	const double *edge, *bias, *weight, *knot;
	const struct mws_slot *slot;
	const struct mws_tree *tree;
	const struct mws_node *node;
	const struct mws_cold *cold;
	size_t ntext, nlevel, nhash, nwide, ntable, nedge, nslot, ntree, nnode;

	void *map; /* NULL when the bytes are somebody else's */
	size_t size;
	struct arena *arena; /* owns what follows */
	struct prep prep;
	float *x;                   /* scratch: the features of a row */
	struct mws_value *slots;    /* and their slots, of nrows rows */
	size_t nrows;               /* that mws_margins takes at a time */
	uint32_t *slot_feature;     /* the feature behind each slot */
	int depth, unique;          /* the most of any tree */
	unsigned char *group_depth; /* of MWS_WALKS trees each */
	unsigned char *used;        /* a field: whether a feature reads it */
	int npoints;                /* explain.c's: of its quadrature */
	float *points;              /* t, then weights */
	float *stack;               /* its scratch */
	double *phi;                /* its scratch too */
};

/* Set the pointers to sections that lie in n bytes, and check everything that
 * is reached through them. */
int mws_check(struct mws *, const void *data, size_t n, struct err *)
    __attribute__((warn_unused_result));

/* Features to slots. */
void mws_spread(const struct mws *, const float *x, struct mws_value *slots);

/* One step down a tree: 0 to the left child, 1 to the right. */
static inline uint32_t
mws_goes_right(const struct mws *m, const struct mws_node *n,
    const struct mws_value *slots)
{
	uint32_t slot = n->link & (((uint32_t)1 << m->h->slot_bits) - 1);
	struct mws_value v = slots[slot];
	uint32_t set = n->value;

	if (slot >= m->h->wide_slot)
		set = m->wide[set + (v.shift >> 5)];
	return v.key >= (int32_t)(set << (v.shift & 31));
}

/* Make the scratch of explanations. */
void explain_init(struct mws *);

#endif
