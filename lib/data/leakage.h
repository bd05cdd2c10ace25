/*
 * Columns that know the target too well.
 *
 * Each column alone is asked how well it foretells the target, on a sample of
 * rows: numbers by their order (the area under the ROC curve of each class
 * against the others, averaged by their sizes; for a target of numbers
 * Spearman's rank correlation), values by what the target was for the same
 * value in the other half of the sample (the same area; for a target of numbers
 * the R2 of the means).  What is nearly perfect is more often a leak than luck.
 */
#ifndef LEAKAGE_H
#define LEAKAGE_H

#include <stddef.h>
#include <stdint.h>

/* The sampled values of a column, as sniff_cells gives them. */
struct leakage_column {
	const double *x; /* NULL for a column that is no number */
	const uint64_t *key;
};

struct leakage {
	size_t column;
	double score;
	const char *measure;
};

/* Suspects, best first, at most max.  classes says that the target's values are
 * classes.  Returns how many. */
size_t leakage_find(const struct leakage_column *, size_t ncols, size_t target,
    int classes, size_t nrows, struct leakage *, size_t max);

#endif
