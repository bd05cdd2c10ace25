/*
 * What a set of predictions is worth: the metrics, by scikit-learn's
 * definitions, and their bootstrap intervals.
 */
#ifndef METRIC_H
#define METRIC_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

enum task { TASK_BINARY, TASK_MULTICLASS, TASK_REGRESSION, TASK__MAX };

extern const char *const task_names[TASK__MAX];

enum metric {
	METRIC_ROC_AUC,
	METRIC_PR_AUC, /* average precision */
	METRIC_LOG_LOSS,
	METRIC_BRIER,
	METRIC_ACCURACY,
	METRIC_F1,
	METRIC_MCC,
	METRIC_KS,
	METRIC_GINI, /* 2 ROC AUC - 1 */
	METRIC_BALANCED_ACCURACY,
	METRIC_MACRO_F1,
	METRIC_RMSE,
	METRIC_MAE,
	METRIC_R2,
	METRIC_MAPE,
	METRIC__MAX
};

struct metric_kind {
	const char *name;
	unsigned tasks; /* 1 << TASK_…: where it means something */
	int sign;       /* +1: more is better; -1: less is */
	int labels;     /* looks at labels, so the threshold matters */
};

extern const struct metric_kind metric_kinds[METRIC__MAX];

/* METRIC__MAX if there is none of that name. */
enum metric metric_find(const char *name);

/*
 * Predictions beside the truth.  Binary: y is 0 or 1, p[n] the probability of
 * class 1, a row is labelled 1 where p >= threshold.  Multiclass: y is 0 to
 * k-1, p[n*k] by row; the label is the first of the largest.  Regression: p[n]
 * are values.
 */
struct scored {
	enum task task;
	int k; /* columns of p: 1, or the number of classes */
	size_t n;
	const double *y;
	const double *p;
	double threshold;
};

/* One metric, or NaN where it has no meaning (one class only, no rows). */
double metric_value(enum metric, const struct scored *);

/* All metrics of the task at once; NaN in the others. */
void metric_all(const struct scored *, double out[METRIC__MAX]);

/*
 * Percentile bootstrap, 95%: resampled within classes (so that no replicate
 * lacks one), deterministic in seed.  A replicate costs O(n): rows are sorted
 * once, and a replicate is a vector of weights.
 */
void metric_bootstrap(const struct scored *, int replicates, uint64_t seed,
    double low[METRIC__MAX], double high[METRIC__MAX]);

/* {METRIC: {"value","low","high"}} of the task's metrics. */
json_t *metric_json(const struct scored *, int replicates, uint64_t seed);

/* Expected calibration error over `bins` bins of equal width; for multiclass,
 * of the most probable class. */
double metric_ece(const struct scored *, int bins);

#endif
