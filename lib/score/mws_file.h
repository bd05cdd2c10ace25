/*
 * The layout of a packed model, byte for byte, for its writer and its reader.
 *
 * Header, then sections, each starting on a cache line; numbers in the
 * machine's own order, which the header states.  Texts are offsets into the
 * text section, which ends in a NUL.
 *
 * Trees.  A node is 8 bytes: what it compares with, and a link: the distance
 * to its left child (the right one follows it) and the slot it looks at.
 * Floats are kept as keys, integers of the same order (mws_key), and a row goes
 * right where `key >= value << shift`.  Before a row goes through the trees its
 * features are spread over slots of {key, shift}:
 *	slot 0       key INT_MIN, which is less than every value
 *	numbers      two slots each, shift 0: what is missing is INT_MIN in the
 *	             first, INT_MAX in the second; a node whose missing rows
 *	             go left looks at the first, else at the second
 *	categories   one slot each: key -1, and the shift that moves the bit of
 *	             the code to the sign, where -1 compares it; after the
 *	             codes come n for those that no split knows (XGBoost sends
 *	             them left) and n + 1 for missing
 * so a step has no branch, no test for missing, none for categories; only sets
 * too large for a node are looked up.  A leaf has slot 0 and distance 0, and
 * its own key where others have what they compare with: it steps onto itself
 * for ever, and all trees can be walked equally long.
 */
#ifndef MWS_FILE_H
#define MWS_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MWS_MAGIC       "MWSCORE\n"
#define MWS_VERSION     1
#define MWS_ORDER       0x01020304
#define MWS_ALIGN       64
#define MWS_DEPTH_MAX   128
#define MWS_LABELS_MAX  4096
#define MWS_SIZE_MAX    ((size_t)1 << 31)
#define MWS_NUMBERS_MAX (1 << 24) /* labels times features */

/* Sets of this many bits stand in the node itself: codes, unknown, missing. */
#define MWS_INLINE_BITS 32

enum mws_section_id {
	SECTION_TEXT,      /* bytes */
	SECTION_FIELD,     /* struct mws_field */
	SECTION_LEVEL,     /* uint32_t: texts of the levels of all fields */
	SECTION_HASH,      /* uint32_t: tables of index + 1, 0 is empty */
	SECTION_FEATURE,   /* struct mws_feature */
	SECTION_TABLE,     /* float: of the features */
	SECTION_EDGE,      /* double: of the features */
	SECTION_LABEL,     /* uint32_t: texts */
	SECTION_BIAS,      /* double: one a group; float's value for trees */
	SECTION_WEIGHT,    /* double: [groups][features] */
	SECTION_KNOT,      /* double: x of all, then y of all */
	SECTION_REFERENCE, /* float: one a feature */
	SECTION_SLOT,      /* struct mws_slot */
	SECTION_TREE,      /* struct mws_tree */
	SECTION_NODE,      /* struct mws_node */
	SECTION_WIDE,      /* uint32_t: sets that do not fit a node */
	SECTION_COLD,      /* struct mws_cold, one a node; explanations only */
	SECTION__MAX
};

struct mws_section {
	uint64_t at, n;
};

struct mws_header {
	char magic[8];
	uint32_t version, order;
	uint64_t size;
	uint64_t sum; /* mws_sum of all that follows */
	uint32_t task, kind, link, calibration;
	uint32_t nfields, nfeatures, nlabels, ngroups;
	int32_t positive, adverse;
	uint32_t name_hash, name_bits; /* the table of field names */
	uint32_t slot_bits;            /* of a link */
	uint32_t nslots, category_slot, wide_slot;
	double threshold, intercept, slope, platt_a, platt_b;
	uint64_t nknots;
	struct mws_section section[SECTION__MAX];
};

struct mws_field {
	uint32_t name, kind, refuse;
	uint32_t level, nlevels;
	uint32_t hash, hash_bits; /* hash_bits 0: no table */
	uint32_t unused;
};

struct mws_feature {
	uint32_t name, op;
	int32_t field;
	uint32_t part;
	uint32_t table, ntable, edge, nedges;
	uint32_t expr; /* a text */
	float missing, unknown;
	uint32_t unused;
	double shift, scale;
};

struct mws_slot {
	uint32_t feature, slot, ncodes; /* ncodes 0: a number */
};

struct mws_tree {
	uint32_t node, nnodes;
	uint32_t group;
	uint16_t depth;
	uint16_t nfeatures; /* the most on one path */
	float mean;         /* of the training rows */
};

struct mws_node {
	/* The key of a split or a leaf; a set; or where a set is in WIDE. */
	uint32_t value;
	uint32_t link; /* distance << slot_bits | slot */
};

struct mws_cold {
	/* The share of its parent's training rows that came here, times that
	 * of the edges above on the same feature. */
	float share;
	uint32_t up; /* depth of the nearest of those, 0 = none; root is 0 */
};

/* A float (no NaN) as an integer of the same order, and back.  -0 sorts before
 * +0: who compares makes one of them first. */
static inline int32_t
mws_key(float x)
{
	int32_t i;

	memcpy(&i, &x, sizeof(i));
	return i < 0 ? i ^ INT32_MAX : i;
}

static inline float
mws_unkey(int32_t i)
{
	float x;

	i = i < 0 ? i ^ INT32_MAX : i;
	memcpy(&x, &i, sizeof(x));
	return x;
}

/* Of n bytes, n a multiple of 32.  Any change within eight bytes changes it,
 * and any other with all but certainty; it guards against damage, not
 * against a forger, whom the checks of mws_open are for. */
uint64_t mws_sum(const void *, size_t n);

uint32_t mws_hash(const char *, size_t n);

#endif
