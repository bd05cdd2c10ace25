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

struct pack_parts {
	struct mws_header h;
	struct buf section[SECTION__MAX];
};

/* Append n bytes to a section; where they start, in elements of `size`. */
uint32_t pack_add(struct pack_parts *, enum mws_section_id, const void *,
    size_t n, size_t size);

/* The trees, base and link of a booster. */
int pack_trees(struct pack_parts *, const struct pack *, struct arena *,
    struct err *) __attribute__((warn_unused_result));

#endif
