/*
 * Fitting a preparation (lib/score/prep.h) to training rows.
 */
#ifndef FIT_H
#define FIT_H

#include <jansson.h>
#include <stddef.h>

struct arena;
struct err;
struct prep;
struct split;

enum fit_kind {
	FIT_NONE,   /* a schema and no features: what learns from nothing */
	FIT_TREES,  /* numbers as they are, NaN where missing */
	FIT_LINEAR, /* imputed, standardised, with missing indicators */
	FIT_WOE,    /* weights of evidence, see woe.h */
	FIT__MAX
};

/* A target-encoded feature, whose training rows must not see themselves. */
struct fit_encoding {
	int feature, column, class; /* class: -1 for the target as it is */
	double shift, scale;
};

struct fit {
	struct prep *prep; /* compiled */
	struct fit_encoding *encoding;
	int nencodings;
	struct woe *woe; /* FIT_WOE: one a feature */
};

/*
 * Fit to rows[n] of the development frame, and to nothing else of it.  params
 * are those of the trial (FIT_WOE reads "bins", "share" and "iv").  All of it
 * belongs to the arena.
 */
int fit_make(const struct split *, const size_t *rows, size_t n, enum fit_kind,
    const json_t *params, struct arena *, struct fit *, struct err *)
    __attribute__((warn_unused_result));

/*
 * The features of the training rows, x[n * nfeatures]: as any other rows',
 * but for target-encoded features, where a row gets what the other four
 * fifths of the training rows say of its level.
 */
float *fit_training(const struct fit *, const struct split *,
    const size_t *rows, size_t n, struct arena *, struct err *)
    __attribute__((warn_unused_result));

/* Whether a preparation can be made at all: there is a column to learn from,
 * and each derived feature of the specification compiles. */
int fit_check(const struct split *, struct err *)
    __attribute__((warn_unused_result));

#endif
