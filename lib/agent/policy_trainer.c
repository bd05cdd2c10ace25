#include "config.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "lib/agent/policy.h"
#include "lib/agent/provider.h"
#include "lib/json.h"

#include "lib/banned.h"

/* With fewer rows than this, a long search finds the luck of the folds. */
#define FEW_ROWS   300
#define FEW_TRIALS 12
/* A class rarer than this: the threshold looks at F1, which counts the
 * positives; else at MCC, which counts all four cells. */
#define RARE_CLASS 0.20
#define BATCH      4
/* The search stops early when the last third of it changed nothing. */
#define PATIENCE_SHARE 3
#define PATIENCE_MIN   8

static double
rarest(const json_t *profile)
{
	const json_t *classes =
	    json_object_get(json_object_get(profile, "target"), "classes");
	const json_t *one;
	double least = 1;
	size_t i;

	json_array_foreach (classes, i, one)
		least = fmin(least, json_num(one, "share", 1));
	return least;
}

static void
plan(const struct policy_view *v, struct provider_reply *r)
{
	const json_t *profile = policy_last(v, "dataset_profile");
	const json_t *now = json_object_get(v->task, "plan");
	const json_t *protect = json_object_get(v->task, "protected");
	json_int_t trials = json_int(now, "trials", 24);
	struct policy_text t = { "" };
	json_t *answer;

	if (profile == NULL) {
		policy_call(r, "dataset_profile",
		    json_pack("{s:i}", "limit", 1),
		    "the number of rows and the balance of the classes decide "
		    "how much to search");
		return;
	}
	policy_say(&t, "metric %s over %lld folds", json_str(now, "metric", ""),
	    json_int(now, "folds", 5));
	if (json_int(profile, "rows", 0) < FEW_ROWS && trials > FEW_TRIALS) {
		trials = FEW_TRIALS;
		policy_say(&t,
		    "few rows: %d trials, so as not to choose by luck",
		    FEW_TRIALS);
	} else
		policy_say(&t, "%lld trials", (long long)trials);
	answer = json_pack("{s:O, s:I}", "learners",
	    json_object_get(now, "learners"), "trials", trials);
	if (strcmp(json_str(v->task, "task", ""), "binary") == 0) {
		bool rare = rarest(profile) < RARE_CLASS;

		json_object_set_new(
		    answer, "threshold_rule", json_string(rare ? "f1" : "mcc"));
		policy_say(&t, "threshold by %s, as the classes are %s",
		    rare ? "F1" : "MCC", rare ? "uneven" : "fairly even");
	}
	if (json_array_size(protect) > 0) {
		json_object_set_new(answer, "exclude_protected", json_true());
		policy_say(
		    &t, "protected attributes are measured, not learnt from");
	}
	json_object_set_new(answer, "summary", json_string(t.text));
	policy_answer(r, answer);
}

/* Whether the best has not changed for so long that the rest is unlikely to
 * change it; only judged right after trials on all folds. */
static bool
stalled(const struct policy_view *v)
{
	const json_t *result = policy_last(v, "train_trial"), *list, *last;
	json_int_t planned = json_int(result, "planned", 0), best;
	json_int_t trained = json_int(result, "trained", 0);
	json_int_t patience = planned / PATIENCE_SHARE;

	if (patience < PATIENCE_MIN)
		patience = PATIENCE_MIN;
	list = json_object_get(result, "trials");
	if ((last = json_array_get(list, json_array_size(list) - 1)) == NULL)
		return false;
	best = json_int(json_object_get(result, "best"), "trial", 0);
	return json_int(last, "rung", 0) > 0 && trained * 2 >= planned &&
	       json_int(last, "trial", 0) - best > patience;
}

/* Whether an open finding asks for a simpler model. */
static const json_t *
open_finding(const struct policy_view *v)
{
	return json_array_get(json_object_get(v->task, "open_findings"),
	    (size_t)policy_calls(v, "finding_answer"));
}

static void
select_model(const struct policy_view *v, struct provider_reply *r)
{
	bool simpler =
	    json_array_size(json_object_get(v->task, "open_findings")) > 0;

	if (simpler)
		policy_call(r, "model_select",
		    json_pack("{s:s, s:s}", "rule", "one_standard_error",
			"reason",
			"a finding asks for the simplest learner whose score "
			"is within one standard error of the best"),
		    "the validator sent the work back for a simpler model");
	else
		policy_call(r, "model_select",
		    json_pack("{s:s, s:s}", "rule", "best", "reason",
			"the best cross-validated score on all folds"),
		    "the search is over: take what scored best on all folds");
}

static void
train(const struct policy_view *v, struct provider_reply *r)
{
	const json_t *last = policy_last(v, "train_trial");
	const json_t *selected = policy_last(v, "model_select");
	const json_t *finding = open_finding(v);
	bool kept = json_int(v->task, "trained", 0) > 0 && last == NULL;
	bool over = json_is_true(json_object_get(last, "done")) ||
	            (last != NULL && stalled(v)) || kept;
	json_int_t learners = (json_int_t)json_array_size(
	    json_object_get(json_object_get(v->task, "plan"), "learners"));

	if (!over) {
		policy_call(r, "train_trial",
		    json_pack("{s:I}", "until",
			last == NULL ? (learners > 1 ? learners : 1)
				     : json_int(last, "trained", 0) + BATCH),
		    last == NULL ? "first the baseline and each learner plainly"
				 : "go on with the search: %s",
		    json_str(last, "summary", ""));
		return;
	}
	if (selected == NULL) {
		select_model(v, r);
		return;
	}
	if (finding != NULL) {
		policy_call(r, "finding_answer",
		    json_pack("{s:I, s:s, s:o}", "finding",
			(json_int_t)json_int(finding, "finding", 0), "status",
			"fixed", "answer",
			json_sprintf("Selected by the one-standard-error "
				     "rule: %s.",
			    json_str(selected, "summary", ""))),
		    "the finding is dealt with by the new selection");
		return;
	}
	policy_answer(
	    r, json_pack("{s:o, s:s}", "summary",
		   json_sprintf("%s; selected %s",
		       kept ? "no new trials" : json_str(last, "summary", ""),
		       json_str(selected, "summary", "")),
		   "stopped",
		   kept ? "kept"
		   : json_is_true(json_object_get(last, "done"))
		       ? "search_done"
		       : "no_improvement"));
}

const struct policy policy_trainer[] = {
	{ "trainer", "plan", plan },
	{ "trainer", "train", train },
	{ NULL },
};
