/*
 * The learners' names, apart from what they call, so that a program can check
 * a run without linking what trains it.
 */
#include "config.h"

#include "lib/ml/learner.h"

/* clang-format off */
const char *const learner_names[LEARNER__MAX] = {
	[LEARNER_BASELINE]      = "baseline",
	[LEARNER_LOGISTIC]      = "logistic",
	[LEARNER_RIDGE]         = "ridge",
	[LEARNER_SCORECARD]     = "scorecard",
	[LEARNER_RANDOM_FOREST] = "random_forest",
	[LEARNER_XGBOOST]       = "xgboost",
};
/* clang-format on */
