/*
 * The learners, as a table.
 */
#ifndef LEARNER_H
#define LEARNER_H

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

#endif
