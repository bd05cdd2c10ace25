/*
 * What is to be learnt, and how: a run's request, checked, with the defaults
 * of its template filled in.
 */
#ifndef SPEC_H
#define SPEC_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/ml/metric.h"

struct arena;
struct err;

enum split_kind {
	SPLIT_STRATIFIED, /* by class; classification */
	SPLIT_RANDOM,     /* regression */
	SPLIT_GROUPED,    /* rows of one value of a column stay together */
	SPLIT_TIME,       /* by a column: development is before the holdout */
	SPLIT__MAX
};

extern const char *const split_kind_names[SPLIT__MAX];

enum threshold_rule {
	THRESHOLD_F1, /* the largest F1 on out-of-fold predictions */
	THRESHOLD_MCC,
	THRESHOLD_YOUDEN, /* the largest TPR - FPR */
	THRESHOLD_COST,   /* the least cost_fp FP + cost_fn FN */
	THRESHOLD_FIXED,
	THRESHOLD__MAX
};

extern const char *const threshold_rule_names[THRESHOLD__MAX];

enum calibration_kind {
	CALIBRATE_AUTO, /* what helps out of fold, else none */
	CALIBRATE_NONE,
	CALIBRATE_PLATT,
	CALIBRATE_ISOTONIC,
	CALIBRATE__MAX
};

extern const char *const calibration_kind_names[CALIBRATE__MAX];

struct spec_derived { /* a feature from an expression of lib/score/dsl.h */
	const char *name, *expr;
};

struct spec {
	const char *template;
	const char *dataset_digest; /* for the lineage; "" when unknown */
	enum task task;
	const char *target;
	const char *positive; /* NULL: chosen from the data; binary only */
	enum metric objective;
	const char *favourable; /* the class that people want to be given */
	const char **protect;   /* protected attributes */
	int nprotect;
	bool exclude_protected; /* they are measured, never learnt from */
	const char **exclude;
	int nexclude;
	struct spec_derived *derived;
	int nderived;
	uint64_t seed;
	int threads; /* never changes a number; not part of the JSON */

	enum split_kind split;
	const char *split_column;
	double holdout; /* 0.2 */
	int folds;      /* 5 */
	bool drop_missing_target;

	unsigned learners; /* 1 << LEARNER_…, see learner.h */
	int trials;
	double seconds; /* no trial is begun after this much training */
	int rounds_max;
	int one_hot_max; /* more levels than this are target-encoded */

	enum threshold_rule threshold_rule;
	double threshold, cost_fp, cost_fn;
	enum calibration_kind calibration;
};

struct template_kind {
	const char *name;
	enum task task;
	enum metric objective;
	unsigned learners;
};

/* The four templates; ends with a NULL name. */
extern const struct template_kind spec_templates[];

/*
 * From a run: {"template","target","positive"?,"objective"?,"protected"?,
 * "seed"?,"budget"?:{"trials","seconds",…},"dataset_digest"?,"params"?:{…}}.
 * Other members of a run are passed over; an unknown member of params is an
 * error.  params:
 *	exclude            [column]
 *	exclude_protected  true|false (false)
 *	favourable         a class (else see fairness.h)
 *	derived            [{"name","expr"}]
 *	split              stratified|random|grouped|time
 *	split_column       column, with grouped and time
 *	holdout            0.05 to 0.5 (0.2)
 *	folds              2 to 10 (5)
 *	missing_target     fail|drop (fail)
 *	learners           [name]
 *	rounds_max         10 to 5000 (400)
 *	one_hot_max        2 to 255 (32)
 *	threshold_rule     f1|mcc|youden|cost|fixed (f1)
 *	threshold          0 to 1, with fixed
 *	cost_fp, cost_fn   > 0, with cost (1, 1)
 *	calibration        auto|none|platt|isotonic (auto)
 * Errors are ERR_INVALID with a pointer into the run.  What the result points
 * to belongs to the arena.
 */
struct spec *spec_from_json(const json_t *run, struct arena *, struct err *)
    __attribute__((warn_unused_result));

/* All of it, defaults too; spec_from_json of it gives the same again. */
json_t *spec_to_json(const struct spec *);

/* The same specification with one more derived feature. */
struct spec *spec_derive(
    const struct spec *, const char *name, const char *expr, struct arena *);

#endif
