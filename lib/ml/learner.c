#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/ml/learner.h"
#include "lib/ml/linear.h"
#include "lib/ml/metric.h"
#include "lib/ml/rng.h"
#include "lib/ml/scorecard.h"
#include "lib/ml/spec.h"
#include "lib/ml/trees.h"

#include "lib/banned.h"

#define B (1u << TASK_BINARY)
#define M (1u << TASK_MULTICLASS)
#define R (1u << TASK_REGRESSION)

/* clang-format off */
static const struct learner_param no_params[] = { { 0 } };

static const struct learner_param logistic_params[] = {
	{ "c",  0.3, 1e-6, 1e6, 1e-3, 10, DRAW_LOG,   "inverse strength of the penalty" },
	{ "l1", 0,   0,    1,   0,    1,  DRAW_WHOLE, "1: absolute values are penalised, else squares" },
	{ 0 }
};

static const struct learner_param ridge_params[] = {
	{ "lambda", 1, 1e-9, 1e9, 1e-3, 1e4, DRAW_LOG, "penalty on squared weights" },
	{ 0 }
};

static const struct learner_param scorecard_params[] = {
	{ "bins",  6,    2,     20,   3,    8,    DRAW_WHOLE, "bins of a number at most" },
	{ "share", 0.05, 0.005, 0.25, 0.03, 0.1,  DRAW_LOG,   "of the rows in a bin at least" },
	{ "iv",    0.02, 0,     1,    0.01, 0.05, DRAW_LOG,   "information value of a field at least" },
	{ "c",     1,    1e-6,  1e6,  1e-2, 10,   DRAW_LOG,   "inverse strength of the penalty" },
	{ 0 }
};

static const struct learner_param forest_params[] = {
	{ "trees",            100,   1,    5000, 50,  200, DRAW_WHOLE, "trees" },
	{ "max_depth",        10,    1,    20,   5,   14,  DRAW_WHOLE, "levels of a tree" },
	{ "min_child_weight", 2,     0,    1e6,  0.5, 10,  DRAW_LOG,   "sum of hessians in a leaf at least" },
	{ "subsample",        0.632, 0.05, 0.99, 0.5, 0.9, DRAW_EVEN,  "of the rows for a tree" },
	{ "colsample_bynode", 0.4,   0.01, 1,    0.1, 0.8, DRAW_EVEN,  "of the features for a node" },
	{ "lambda",           0.1,   0,    1e6,  0.01, 1,  DRAW_LOG,   "penalty on squared leaves" },
	{ 0 }
};

static const struct learner_param xgboost_params[] = {
	{ "eta",              0.1, 1e-4, 1,   0.04, 0.3, DRAW_LOG,   "learning rate" },
	{ "max_depth",        4,   1,    16,  2,    7,   DRAW_WHOLE, "levels of a tree" },
	{ "min_child_weight", 1,   0,    1e6, 0.5,  20,  DRAW_LOG,   "sum of hessians in a leaf at least" },
	{ "subsample",        0.8, 0.05, 1,   0.5,  1,   DRAW_EVEN,  "of the rows for a tree" },
	{ "colsample_bytree", 0.8, 0.01, 1,   0.3,  1,   DRAW_EVEN,  "of the features for a tree" },
	{ "lambda",           1,   0,    1e6, 0.1,  20,  DRAW_LOG,   "penalty on squared leaves" },
	{ "alpha",            0,   0,    1e6, 1e-3, 5,   DRAW_LOG,   "penalty on absolute leaves" },
	{ "gamma",            0,   0,    1e6, 1e-3, 2,   DRAW_LOG,   "gain of a split at least" },
	{ 0 }
};

const struct learner learners[LEARNER__MAX] = {
	[LEARNER_BASELINE]      = { B | M | R, FIT_NONE,   linear_baseline, no_params,        0, "the share of each class, or the mean" },
	[LEARNER_LOGISTIC]      = { B | M,     FIT_LINEAR, linear_logistic, logistic_params,  3, "logistic regression (liblinear; multinomial by XGBoost's gblinear)" },
	[LEARNER_RIDGE]         = { R,         FIT_LINEAR, linear_ridge,    ridge_params,     3, "linear regression with squared penalty (LAPACK)" },
	[LEARNER_SCORECARD]     = { B,         FIT_WOE,    scorecard_learn, scorecard_params, 2, "points from monotone weights of evidence" },
	[LEARNER_RANDOM_FOREST] = { B | M | R, FIT_TREES,  trees_forest,    forest_params,    2, "random forest (libxgboost)" },
	[LEARNER_XGBOOST]       = { B | M | R, FIT_TREES,  trees_boost,     xgboost_params,   12, "gradient-boosted trees (libxgboost)" },
};
/* clang-format on */

enum learner_id
learner_find(const char *name)
{
	enum learner_id l = 0;

	while (l < LEARNER__MAX &&
	       (name == NULL || strcmp(learner_names[l], name) != 0))
		l++;
	return l;
}

static const struct learner_param *
param_find(const struct learner *l, const char *name)
{
	for (const struct learner_param *p = l->param; p->name != NULL; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

static json_t *
param_json(const struct learner_param *p, double v)
{
	return p->draw == DRAW_WHOLE ? json_integer((json_int_t)v)
	                             : json_real(v);
}

static int
check_param(const struct learner *l, const char *learner, const char *key,
    const json_t *v, struct err *err)
{
	const struct learner_param *p = param_find(l, key);
	char pointer[96];
	double x = json_is_number(v) ? json_number_value(v) : NAN;

	snprintf(pointer, sizeof(pointer), "/params/%.64s", key);
	if (p == NULL)
		return err_ptr(err, ERR_INVALID, pointer,
		    "%s has no such parameter", learner);
	if (!(x >= p->min && x <= p->max) ||
	    (p->draw == DRAW_WHOLE && x != floor(x)))
		return err_ptr(err, ERR_INVALID, pointer,
		    "must be a %s from %g to %g",
		    p->draw == DRAW_WHOLE ? "whole number" : "number", p->min,
		    p->max);
	return 0;
}

json_t *
learner_config(const json_t *config, const struct spec *s, struct err *err)
{
	const char *name =
	    json_string_value(json_object_get(config, "learner"));
	enum learner_id id = learner_find(name);
	json_t *given = json_object_get(config, "params"), *full, *v;
	const struct learner *l;
	const char *key;

	if (id == LEARNER__MAX || !(s->learners & 1u << id) ||
	    !(learners[id].tasks & 1u << s->task)) {
		err_ptr(err, ERR_INVALID, "/learner",
		    "%s%s%s is no learner of this run", name ? "'" : "",
		    name ? name : "nothing", name ? "'" : "");
		return NULL;
	}
	l = &learners[id];
	if (given != NULL && !json_is_object(given)) {
		err_ptr(err, ERR_INVALID, "/params", "must be an object");
		return NULL;
	}
	json_object_foreach ((json_t *)config, key, v)
		if (strcmp(key, "learner") != 0 && strcmp(key, "params") != 0) {
			err_ptr(err, ERR_INVALID, "",
			    "a configuration has no member '%.64s'", key);
			return NULL;
		}
	json_object_foreach (given, key, v)
		if (check_param(l, name, key, v, err) == -1)
			return NULL;
	full = json_object();
	for (const struct learner_param *p = l->param; p->name != NULL; p++) {
		v = json_object_get(given, p->name);
		json_object_set_new(full, p->name,
		    param_json(p, v == NULL ? p->value : json_number_value(v)));
	}
	return json_pack("{s:s,s:o}", "learner", name, "params", full);
}

/* Three digits are enough for a random number, and are read more easily. */
static double
three_digits(double x)
{
	char text[32];

	snprintf(text, sizeof(text), "%.3g", x);
	return strtod(text, NULL);
}

static double
draw(const struct learner_param *p, struct rng *r)
{
	double u = rng_uniform(r);

	if (p->from == p->to)
		return p->value;
	switch (p->draw) {
	case DRAW_WHOLE:
		return p->from + floor(u * (p->to - p->from + 1));
	case DRAW_LOG:
		return three_digits(
		    exp(log(p->from) + u * (log(p->to) - log(p->from))));
	default:
		return three_digits(p->from + u * (p->to - p->from));
	}
}

json_t *
learner_draw(enum learner_id id, struct rng *r)
{
	json_t *params = json_object();

	for (const struct learner_param *p = learners[id].param;
	     p->name != NULL; p++)
		json_object_set_new(params, p->name, param_json(p, draw(p, r)));
	return json_pack(
	    "{s:s,s:o}", "learner", learner_names[id], "params", params);
}
