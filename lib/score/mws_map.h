/*
 * A packed model in memory: for the files that read it, and nobody else.
 */
#ifndef MWS_MAP_H
#define MWS_MAP_H

#include "lib/score/mws_file.h"
#include "lib/score/prep.h"

struct err;

/* What a node looks at: a number, or the code of a category. */
union mws_value {
	float number;
	uint32_t code;
};

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
	float *x;               /* scratch: the features of a row */
	union mws_value *slots; /* and their slots, of MWS_ROWS rows */
	uint32_t *slot_feature; /* the feature behind each slot */
	int depth, unique;      /* the most of any tree */
	unsigned char *used;    /* a field: whether a feature reads it */
	int npoints;            /* explain.c's: of its quadrature */
	double *points;         /* t, weights, 1 / (1 - t) */
	double *stack, *phi;    /* its scratch */
};

#define MWS_ROWS 64 /* that mws_margins takes at a time */

/* Set the pointers to sections that lie in n bytes, and check everything that
 * is reached through them. */
int mws_check(struct mws *, const void *data, size_t n, struct err *)
    __attribute__((warn_unused_result));

/* Features to slots. */
void mws_spread(const struct mws *, const float *x, union mws_value *slots);

/* One step down a tree: 0 to the left child, 1 to the right. */
static inline uint32_t
mws_goes_right(
    const struct mws *m, const struct mws_node *n, const union mws_value *slots)
{
	uint32_t slot = n->link & (((uint32_t)1 << m->h->slot_bits) - 1);
	union mws_value v = slots[slot];

	if (slot < m->h->category_slot)
		return !(v.number < n->value);
	if (slot < m->h->wide_slot)
		return n->set >> v.code & 1;
	return m->wide[n->set + (v.code >> 5)] >> (v.code & 31) & 1;
}

/* Make the scratch of explanations. */
void explain_init(struct mws *);

#endif
