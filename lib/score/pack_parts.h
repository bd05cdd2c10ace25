/*
 * A packed model under construction: for the files that write it.
 */
#ifndef PACK_PARTS_H
#define PACK_PARTS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/score/mws_file.h"

struct arena;
struct err;
struct pack;
struct ubj;

struct pack_parts {
	struct mws_header h;
	struct buf section[SECTION__MAX];
};

/* A node as XGBoost has it, and what becomes of it. */
struct pack_split {
	int left, right; /* -1: a leaf */
	uint32_t feature;
	float value, cover, mean;
	int default_left, category;
	uint32_t set, nset; /* into tree.category */
	int place;          /* in the packed tree */
	uint32_t up;
	float share;
};

struct pack_tree {
	struct pack_split *node;
	size_t n;
	const struct ubj *category;
	uint32_t group;
	int depth, unique;
};

/* Append n bytes to a section; where they start, in elements of `size`. */
uint32_t pack_add(struct pack_parts *, enum mws_section_id, const void *,
    size_t n, size_t size);

/* Give each node of a tree its place; how many places that takes. */
uint32_t pack_layout(struct pack_tree *, struct arena *);

/* The trees, base and link of a booster. */
int pack_trees(struct pack_parts *, const struct pack *, struct arena *,
    struct err *) __attribute__((warn_unused_result));

#endif
