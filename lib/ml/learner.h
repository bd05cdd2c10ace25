/*
 * The learners, as a table.
 */
#ifndef LEARNER_H
#define LEARNER_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/ml/fit.h"
#include "lib/score/mws.h"
#include "lib/score/pack.h"

struct arena;
struct err;
struct rng;
struct spec;
struct target;
struct watch;
struct xgb_data;

enum learner_id {
	LEARNER_BASELINE,
	LEARNER_LOGISTIC,
	LEARNER_RIDGE,
	LEARNER_SCORECARD,
	LEARNER_RANDOM_FOREST,
	LEARNER_XGBOOST,
	LEARNER__MAX
};

extern const char *const learner_names[LEARNER__MAX];

/* A parameter of a learner: its default, what is allowed, and from where a
 * search draws it (nowhere, if from and to are equal). */
struct learner_param {
	const char *name;
	double value, min, max, from, to;
	enum { DRAW_EVEN, DRAW_LOG, DRAW_WHOLE } draw;
	const char *help;
};

/* What one training sees. */
struct learner_input {
	const struct spec *spec;
	const struct target *target;
	struct fit *fit;      /* a scorecard turns its weights into points */
	const json_t *params; /* complete, see learner_config */
	int rounds_max;
	const float *x; /* n rows of fit->prep->nfeatures */
	const double *y;
	size_t n;
	struct xgb_data *train, *valid; /* trees only; valid: stop early by it,
	                                   NULL: all rounds_max */
	uint64_t seed;
	const struct watch *watch;
	double done, share; /* progress before this one, and its part */
};

/* What it gives: that which struct pack needs.  In the arena. */
struct learned {
	enum mws_kind kind;
	enum pack_link link;
	void *booster;
	size_t booster_size;
	int rounds; /* the best so many; 0 where there are none */
	double *weight, *bias;
	double intercept, slope;
	float *reference;
	json_t *detail; /* for model.json; NULL or freed with the arena */
};

typedef int (*learn_fn)(const struct learner_input *, struct arena *,
    struct learned *, struct err *);

struct learner {
	unsigned tasks; /* 1 << TASK_… */
	enum fit_kind prep;
	learn_fn learn;
	const struct learner_param *param; /* ends with a NULL name */
	int weight; /* how often a search draws it, beside the others */
	const char *help;
};

extern const struct learner learners[LEARNER__MAX];

/* LEARNER__MAX if there is none of that name. */
enum learner_id learner_find(const char *name);

/* A configuration, checked and complete: {"learner","params":{all of them}}
 * from one with some or none.  Pointers of errors are into the config. */
json_t *learner_config(const json_t *config, const struct spec *, struct err *)
    __attribute__((warn_unused_result));

/* A random one. */
json_t *learner_draw(enum learner_id, struct rng *);

#endif
