/*
 * A fitted model, and the bundle that it is kept in.
 */
#ifndef MODEL_H
#define MODEL_H

#include <jansson.h>
#include <stddef.h>

#include "lib/digest.h"

struct err;
struct frame;
struct mws;
struct study;
struct watch;

struct model;

/*
 * Fit the configuration of a trial's result on all development rows, with as
 * many rounds as its folds needed on average; then calibration (fitted on
 * out-of-fold predictions, kept only where it helps, see calibrate.h, unless
 * the specification names one) and the threshold by
 * the specification's rule on the calibrated out-of-fold predictions.
 */
struct model *model_fit(struct study *, const json_t *result,
    const struct watch *, struct err *) __attribute__((warn_unused_result));
void model_free(struct model *);

/*
 * Write model.json, booster.ubj (trees only), scorer.mws, reference.json and
 * MANIFEST into an existing empty directory.  The bytes depend on nothing but
 * data, specification and build.  digest: SHA-256 of MANIFEST.
 */
int model_save(const struct model *, const char *dir, char digest[DIGEST_HEX],
    struct err *) __attribute__((warn_unused_result));

/* Read a bundle; each file is checked against MANIFEST.  The result predicts
 * and evaluates as the one that was saved. */
struct model *model_load(const char *dir, struct err *)
    __attribute__((warn_unused_result));

/* The content of model.json, and of reference.json (see psi.h).  Borrowed. */
const json_t *model_json(const struct model *);
const json_t *model_reference(const struct model *);

/* The packed scorer, for explanations.  Borrowed. */
const struct mws *model_mws(const struct model *);

/*
 * Score rows (all if rows is NULL) of a frame with the model's own columns by
 * the packed scorer, calibrated: p[n * k], k as in struct scored.
 */
int model_predict(const struct model *, const struct frame *,
    const size_t *rows, size_t n, double *p, struct err *)
    __attribute__((warn_unused_result));

#endif
