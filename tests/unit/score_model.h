/*
 * A small model made by hand, for the tests of the scorer.
 */
#ifndef SCORE_MODEL_H
#define SCORE_MODEL_H

#include "lib/score/pack.h"
#include "lib/score/prep.h"

struct arena;
struct mws;

/* Fields: age (number), job (category: "clerk", "smith", "café/bar"), since
 * (datetime), member (category: "no", "yes"), note (category, read by no
 * feature).  Features: age, age missing, three of job, year, an expression of
 * age and job, bins of age, member. */
struct prep *model_prep(void);

/* A linear binary model over them. */
struct pack model_pack(const struct prep *);

/* Packed and opened; both belong to the arena. */
struct mws *model_open(const struct pack *, struct arena *);

#endif
