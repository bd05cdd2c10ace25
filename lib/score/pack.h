/*
 * Writing a packed model (lib/score/mws.h) from its parts.
 */
#ifndef PACK_H
#define PACK_H

#include <stddef.h>

#include "lib/score/mws.h"

struct buf;
struct err;
struct prep;

enum pack_link {
	LINK_IDENTITY,
	LINK_SIGMOID, /* 1 / (1 + exp(-margin)) */
	LINK_SOFTMAX, /* over the labels */
	LINK_EXP,     /* counts, gamma, tweedie */
	LINK__MAX
};

enum pack_calibration {
	CALIBRATION_NONE,
	CALIBRATION_PLATT,    /* p' = 1 / (1 + exp(-(a * logit(p) + b))) */
	CALIBRATION_ISOTONIC, /* linear between knots (x, y), flat outside */
	CALIBRATION__MAX
};

/*
 * A model to pack.  All that it points to is only read.  Members that do not
 * apply stay zero.
 */
struct pack {
	enum mws_task task;
	const struct prep *prep; /* compiled or not */
	const char **label;      /* classification: in the order of classes */
	int nlabels;
	int positive;     /* binary: the label that XGBoost calls 1 */
	int adverse;      /* the label that reasons argue for, -1 if none */
	double threshold; /* binary: positive from this probability on */

	enum mws_kind kind;
	/* MWS_TREES: what XGBoosterSaveModelToBuffer wrote as "ubj"; gbtree
	 * only.  Its objective gives the link and base_score.  rounds: use the
	 * first so many (early stopping), 0 for all. */
	const void *booster;
	size_t booster_size;
	int rounds;
	/* MWS_LINEAR: margin[g] = bias[g] + sum over j of weight[g][j] * x[j],
	 * in double, j ascending; ngroups = 1, or nlabels for multiclass.  NaN
	 * in x counts as nothing.
	 * MWS_SCORECARD: x are points: score = bias[0] + sum of x[j], and
	 * margin = intercept + slope * score.
	 * MWS_CONSTANT: margin[g] = bias[g]. */
	const double *weight, *bias;
	double intercept, slope;
	enum pack_link link;
	/* MWS_LINEAR, MWS_SCORECARD: the x that contributions are told against
	 * (the mean of the training rows), nfeatures of them; NULL for 0.
	 * Trees are told against what they were trained on. */
	const float *reference;

	enum pack_calibration calibration; /* binary only */
	double platt_a, platt_b;
	const double *knot_x, *knot_y; /* x ascending, y not descending */
	int nknots;
};

/* The bytes of the file into the buffer; the same model gives the same bytes.
 * The result has been opened and checked. */
int pack_build(const struct pack *, struct buf *, struct err *)
    __attribute__((warn_unused_result));

/* The same into a file that must not exist yet. */
int pack_write(const struct pack *, const char *path, struct err *)
    __attribute__((warn_unused_result));

#endif
