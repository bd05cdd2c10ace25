/*
 * Which rows are for development, in which folds, and which are sealed.
 *
 * A split hands out a frame that holds the development rows and nothing else.
 * What is sealed can be reached only through lib/ml/seal.h, which evaluate.c
 * alone includes (a test sees to that), so no tool can read it by mistake.
 */
#ifndef SPLIT_H
#define SPLIT_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/digest.h"
#include "lib/ml/metric.h"

struct err;
struct frame;
struct sealed;
struct spec;

/* The target as numbers. */
struct target {
	enum task task;
	int nclasses;       /* 0 for regression */
	const char **class; /* binary: the negative one, the positive one */
	const double *y;    /* one a row of the frame beside it */
};

struct split {
	const struct spec *spec;
	struct frame *frame; /* the development rows */
	struct target target;
	int nfolds;
	size_t *row; /* of the whole data set, from 0, one a row of frame */
	const uint8_t *fold; /* one a row of frame: the fold that it is held
	                        out from.  By time: rows of fold 0 are the
	                        earliest, and fold k is validated on, having
	                        trained on folds before it; fold 0 is only
	                        ever trained on. */
	size_t *fold_rows;
	size_t holdout_rows, dropped_rows;
	struct sealed *sealed;
	void *mem; /* owns all of it */
};

/*
 * Deterministic in spec->seed and the values of the frame.  The frame and the
 * spec must outlive the split.  Refused (ERR_INVALID, pointer at the member of
 * the run): a target that is not there, is missing in some row, is constant,
 * is of the wrong type for the task, has a class with fewer rows than folds +
 * 1 or regression with fewer than 2 rows a fold; a positive class that does
 * not occur; protected, excluded or split columns that do not exist; fewer
 * groups or points in time than folds + 1; a derived feature that does not
 * compile; no column to learn from.
 */
struct split *split_make(const struct frame *, const struct spec *,
    struct err *) __attribute__((warn_unused_result));
void split_free(struct split *);

/* {"method","column","seed","development":{"rows","digest"},"holdout":{…},
 * "folds":[{"rows","digest"}],"dropped_rows"}: digests are over the row
 * numbers (from 0, of the whole data set), decimal, a line each. */
json_t *split_to_json(const struct split *);

#endif
