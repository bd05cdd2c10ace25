#include "config.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "lib/agent/policy.h"
#include "lib/agent/provider.h"
#include "lib/json.h"

#include "lib/banned.h"

/* One feature with most of the weight in a model that is too good to be true
 * is the usual face of a leak. */
#define TOO_GOOD_AUC 0.97
#define TOO_GOOD_R2  0.99
#define ONE_FEATURE  0.60
/* A training score this far above the out-of-fold one asks whether something
 * simpler would do. */
#define GAP 0.10
/* Folds that differ by more than this share of the score do not agree. */
#define FOLDS_DISAGREE 0.15

struct evidence {
	const json_t *trials, *figures, *explain;
	const char *metric;
	double sign;
};

static double
value(const json_t *metrics, const char *name, const char *part, double none)
{
	return json_num(json_object_get(metrics, name), part, none);
}

static bool
less_is_better(const char *metric)
{
	static const char *const names[] = { "log_loss", "brier", "rmse", "mae",
		"mape" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], metric) == 0)
			return true;
	return false;
}

/* The first look: figures, trials, explanation, and the rest for the record. */
static bool
look(const struct policy_view *v, struct provider_reply *r)
{
	if (policy_calls(v, "trials_list") > 0)
		return false;
	policy_call(r, "trials_list", json_object(),
	    "see every trial, not only the one that was chosen");
	policy_call(r, "model_evaluate",
	    json_pack("{s:s}", "on", "development"),
	    "out-of-fold figures beside the baseline's, with intervals");
	policy_call(r, "model_explain",
	    json_pack("{s:s, s:i}", "on", "development", "top", 10),
	    "a leak shows as one feature that carries the model");
	policy_call(r, "stability_check",
	    json_pack("{s:s}", "on", "development"),
	    "do the folds look alike?");
	if (json_array_size(json_object_get(v->task, "protected")) > 0)
		policy_call(r, "fairness_check",
		    json_pack("{s:s}", "on", "development"),
		    "protected attributes are named");
	return true;
}

static void
raise(struct provider_reply *r, const char *severity, const char *title,
    json_t *detail, json_t *columns, bool needs_answer, const char *reason)
{
	json_t *args = json_pack("{s:s, s:s, s:o, s:b}", "severity", severity,
	    "title", title, "detail", detail, "needs_answer", needs_answer);

	if (columns != NULL)
		json_object_set_new(args, "columns", columns);
	policy_call(r, "finding_raise", args, "%s", reason);
}

static bool
beats_baseline(const struct evidence *x)
{
	const json_t *oof = json_object_get(x->figures, "oof");
	double base = value(
	    json_object_get(x->figures, "baseline"), x->metric, "value", NAN);
	double worst = value(oof, x->metric, x->sign > 0 ? "low" : "high", NAN);

	return !(isfinite(base) && isfinite(worst)) ||
	       x->sign * worst > x->sign * base;
}

/* The raw field that carries the model, if it is too good to be true. */
static const char *
suspect(const struct evidence *x)
{
	const json_t *oof = json_object_get(x->figures, "oof");
	const json_t *list = json_object_get(x->explain, "importance"), *one;
	double sum = 0, top;
	size_t i;

	if (value(oof, "roc_auc", "value", 0) < TOO_GOOD_AUC &&
	    value(oof, "r2", "value", 0) < TOO_GOOD_R2)
		return NULL;
	json_array_foreach (list, i, one)
		sum += json_num(one, "value", 0);
	top = json_num(json_array_get(list, 0), "value", 0);
	if (json_array_size(list) < 3 || sum <= 0 || top / sum < ONE_FEATURE)
		return NULL;
	return json_str(json_array_get(list, 0), "feature", NULL);
}

static double
standard_error(const json_t *trial)
{
	double n = json_num(trial, "folds", 0);

	return n > 0 ? json_num(trial, "sd", 0) / sqrt(n) : 0;
}

static int
place(const char *learner)
{
	static const char *const order[] = { "baseline", "logistic", "ridge",
		"scorecard", "random_forest", "xgboost" };

	for (int i = 0; i < 6; i++)
		if (strcmp(order[i], learner) == 0)
			return i;
	return 6;
}

/* A trial of a simpler learner within one standard error of the selected. */
static const json_t *
simpler(const struct policy_view *v, const struct evidence *x)
{
	const json_t *selected =
	    json_object_get(json_object_get(v->task, "selection"), "result");
	const json_t *best = json_object_get(x->trials, "best"), *one;
	const char *learner =
	    json_str(json_object_get(selected, "config"), "learner", "");
	double bar =
	    x->sign * json_num(best, "score", 0) - standard_error(best);
	size_t i;

	/* That run has to end in a scorecard, whatever is simpler. */
	if (strcmp(json_str(v->task, "template", ""), "scorecard") == 0)
		return NULL;

	json_array_foreach (json_object_get(x->trials, "trials"), i, one)
		if (json_int(one, "folds", 0) == json_int(best, "folds", 0) &&
		    place(json_str(one, "learner", "")) < place(learner) &&
		    place(json_str(one, "learner", "")) > 0 &&
		    x->sign * json_num(one, "score", NAN) >= bar)
			return one;
	return NULL;
}

/* What is wrong: each check may raise a finding.  Returns where the work
 * should go back to, or NULL. */
static const char *
judge(const struct policy_view *v, const struct evidence *x,
    struct provider_reply *r)
{
	bool can_return = json_int(v->task, "returns_left", 0) > 0;
	const json_t *overfit = json_object_get(x->figures, "overfit");
	const json_t *selected =
	    json_object_get(json_object_get(v->task, "selection"), "result");
	const json_t *plain = simpler(v, x);
	double gap = fabs(json_num(overfit, "gap", 0));
	double scale = fmax(fabs(json_num(overfit, "train", 1)), 1e-12);
	double sd = json_num(selected, "sd", 0);
	const char *leak = suspect(x), *back = NULL;

	if (!beats_baseline(x))
		raise(r, "critical", "Not better than the baseline",
		    json_sprintf("The 95%% interval of %s reaches the "
				 "baseline's value: the columns do not tell "
				 "the target.",
			x->metric),
		    NULL, false,
		    "a model that chance explains must not be used");
	if (leak != NULL) {
		back = can_return ? "prepare" : NULL;
		raise(r, "high", "One feature carries a model that is too good",
		    json_sprintf(
			"'%s' has more than %.0f%% of all influence in a "
			"nearly perfect model. Leave it out, or show that it "
			"is known at the time of prediction.",
			leak, ONE_FEATURE * 100),
		    json_pack("[s]", leak), can_return,
		    "this is how leakage looks");
	}
	if (back == NULL && plain != NULL && gap / scale > GAP) {
		back = can_return ? "train" : NULL;
		raise(r, "medium", "It overfits, and a simpler model would do",
		    json_sprintf("%s is %.4f on what it was trained on and "
				 "%.4f on the rest; trial %lld (%s) is "
				 "within one standard error of the best.",
			x->metric, json_num(overfit, "train", 0),
			json_num(overfit, "validated", 0),
			json_int(plain, "trial", 0),
			json_str(plain, "learner", "")),
		    NULL, can_return,
		    "of models that cannot be told apart the simpler is "
		    "easier to explain and to keep");
	} else if (plain != NULL)
		raise(r, "info", "A simpler model is nearly as good",
		    json_sprintf("Trial %lld (%s, %s %.4f) is within one "
				 "standard error of the best.",
			json_int(plain, "trial", 0),
			json_str(plain, "learner", ""), x->metric,
			json_num(plain, "score", 0)),
		    NULL, false, "whoever approves should know the choice");
	if (sd > FOLDS_DISAGREE * fabs(json_num(selected, "score", 1)))
		raise(r, "low", "The folds do not agree",
		    json_sprintf("The standard deviation of %s over the folds "
				 "is %.4f around %.4f: expect as much from "
				 "one batch of rows to the next.",
			x->metric, sd, json_num(selected, "score", 0)),
		    NULL, false, "figures that vary are to be read so");
	return back;
}

static void
challenge(const struct policy_view *v, struct provider_reply *r)
{
	struct evidence x = { policy_last(v, "trials_list"),
		policy_last(v, "model_evaluate"),
		policy_last(v, "model_explain"), NULL, 1 };
	struct provider_reply moves = { 0 };
	const char *back;
	json_t *answer;

	if (look(v, r))
		return;
	x.metric = json_str(json_object_get(v->task, "plan"), "metric", "");
	x.sign = less_is_better(x.metric) ? -1 : 1;
	back = judge(v, &x, &moves);
	if (policy_calls(v, "finding_raise") == 0 && moves.calls != NULL) {
		*r = moves;
		return;
	}
	answer = json_pack("{s:o, s:s}", "summary",
	    json_sprintf("%s; %d finding%s; %s",
		json_str(x.figures, "summary", "no figures"),
		policy_calls(v, "finding_raise"),
		policy_calls(v, "finding_raise") == 1 ? "" : "s",
		back != NULL ? "sent back" : "accepted"),
	    "verdict", back != NULL ? "send_back" : "accept");
	if (back != NULL)
		json_object_set_new(answer, "to", json_string(back));
	policy_answer(r, answer);
	provider_reply_done(&moves);
}

const struct policy policy_validator[] = {
	{ "validator", "challenge", challenge },
	{ NULL },
};
