/*
 * What was learnt, packed: every prediction that is measured comes from the
 * same scorer that will serve it.
 */
#ifndef SCORER_H
#define SCORER_H

#include <stddef.h>

struct arena;
struct calibration;
struct err;
struct fit;
struct learned;
struct mws;
struct spec;
struct target;

struct scorer {
	struct mws *mws;
	const void *data; /* the bytes of scorer.mws */
	size_t size;
};

/* calibration may be NULL.  Ends with the arena. */
int scorer_make(const struct spec *, const struct target *, const struct fit *,
    const struct learned *, const struct calibration *, double threshold,
    struct arena *, struct scorer *, struct err *)
    __attribute__((warn_unused_result));

/* x[n * nfeatures], prepared, to p[n * k], as in struct scored. */
void scorer_predict(const struct mws *, const float *x, size_t n, double *p);

#endif
