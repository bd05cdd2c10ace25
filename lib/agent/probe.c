#include "config.h"

#include <math.h>
#include <string.h>

#include "lib/agent/probe.h"
#include "lib/agent/work.h"
#include "lib/auto.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/ml/learner.h"
#include "lib/ml/metric.h"
#include "lib/ml/spec.h"
#include "lib/ml/split.h"
#include "lib/ml/trial.h"

#include "lib/banned.h"

/* Enough rounds to see whether a feature helps trees, and quick. */
#define PROBE_ROUNDS 60

static const enum learner_id plain_order[] = { LEARNER_LOGISTIC, LEARNER_RIDGE,
	LEARNER_SCORECARD, LEARNER_XGBOOST, LEARNER_RANDOM_FOREST };

static const char *
choose(const struct work *w, const char *wanted, struct err *e)
{
	unsigned allowed = w->spec->learners;

	for (size_t i = 0; i < nitems(plain_order); i++) {
		const char *name = learner_names[plain_order[i]];

		if (!(allowed & 1u << plain_order[i]))
			continue;
		if (wanted == NULL || strcmp(wanted, name) == 0)
			return name;
	}
	err_set(e, ERR_INVALID, "the run does not allow the learner '%s'",
	    wanted != NULL ? wanted : "of a test");
	return NULL;
}

static json_t *
train(struct work *w, struct study *study, const char *learner, struct err *e)
{
	const struct split *split = study_split(study);
	auto_json json_t *request =
	    json_pack("{s:i, s:i, s:{s:s, s:{}}, s:[]}", "trial", -1, "rung", 1,
		"config", "learner", learner, "params", "folds");
	json_t *folds = json_object_get(request, "folds");

	/* By time, the first fold is only ever trained on. */
	for (int i = split->spec->split == SPLIT_TIME; i < split->nfolds; i++)
		json_array_append_new(folds, json_integer(i));
	return trial_run(study, request, &w->watch, e);
}

json_t *
probe_paired(const struct work *w, const json_t *before, const json_t *after)
{
	const json_t *a = json_object_get(before, "folds");
	const json_t *b = json_object_get(after, "folds");
	size_t n = json_array_size(a);
	json_t *folds = json_array();
	double sign = metric_kinds[w->spec->objective].sign, mean = 0, sum = 0,
	       d;

	for (size_t i = 0; i < n; i++) {
		d = sign * (json_num(json_array_get(b, i), "score", 0) -
			       json_num(json_array_get(a, i), "score", 0));
		mean += d / (double)n;
		json_array_append_new(folds, json_finite(d));
	}
	for (size_t i = 0; i < n; i++) {
		d = json_number_value(json_array_get(folds, i)) - mean;
		sum += d * d;
	}
	return json_pack("{s:o, s:o, s:o}", "gain", json_finite(mean), "se",
	    json_finite(n > 1 ? sqrt(sum / (double)(n - 1) / (double)n) : 0),
	    "folds", folds);
}

/* Train a learner plainly on what a request would have. */
static json_t *
ask(struct work *w, const json_t *request, const char *learner, struct err *e)
{
	auto_json json_t *quick = json_deep_copy(request);
	struct split *split;
	struct study *study;
	json_t *result;

	json_object_set_new(json_object_get(quick, "params"), "rounds_max",
	    json_integer(PROBE_ROUNDS));
	if ((split = work_split(w, quick, e)) == NULL)
		return NULL;
	study = study_new(split);
	result = train(w, study, learner, e);
	study_free(study);
	split_free(split);
	return result;
}

/* The work as it stands is asked again for each proposal: train it once. */
static const json_t *
before_of(struct work *w, const char *learner, struct err *e)
{
	const json_t *known = json_object_get(w->probes, learner);
	json_t *result;

	if (known != NULL)
		return known;
	if ((result = ask(w, w->request, learner, e)) == NULL)
		return NULL;
	json_object_set_new(w->probes, learner, result);
	return result;
}

json_t *
probe_compare(
    struct work *w, const json_t *request, const char *wanted, struct err *e)
{
	const char *learner = choose(w, wanted, e);
	auto_json json_t *after = NULL;
	const json_t *before;
	json_t *gain;

	if (learner == NULL || (before = before_of(w, learner, e)) == NULL ||
	    (after = ask(w, request, learner, e)) == NULL)
		return NULL;
	gain = probe_paired(w, before, after);
	json_object_set_new(gain, "learner", json_string(learner));
	json_object_set_new(
	    gain, "metric", json_string(metric_kinds[w->spec->objective].name));
	json_object_set(gain, "before", json_object_get(before, "score"));
	json_object_set(gain, "after", json_object_get(after, "score"));
	return gain;
}
