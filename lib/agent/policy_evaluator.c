#include "config.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/agent/policy.h"
#include "lib/agent/provider.h"
#include "lib/json.h"

#include "lib/banned.h"

/* Population stability index: the usual bars of credit scoring (Siddiqi 2006,
 * Credit Risk Scorecards, chapter 9).  Below what chance alone gives it says
 * nothing: without a shift the index over B bins is about (1/n + 1/m) times a
 * chi-square of B - 1 degrees (Yurdakul 2018, Statistical Properties of the
 * Population Stability Index); the bars below are its 95% point for one index
 * over ten bins, and its 99.9% point for one among many. */
#define PSI_SHIFTED 0.25
#define PSI_MOVING  0.10
#define CHI2_95     16.92
#define CHI2_999    27.88
#define ECE_HIGH    0.10
#define OPPORTUNITY 0.10

static void
raise(struct provider_reply *r, const char *severity, const char *title,
    json_t *detail, const char *reason)
{
	policy_call(r, "finding_raise",
	    json_pack("{s:s, s:s, s:o}", "severity", severity, "title", title,
		"detail", detail),
	    "%s", reason);
}

static bool
less_is_better(const char *metric)
{
	return strcmp(metric, "log_loss") == 0 ||
	       strcmp(metric, "brier") == 0 || strcmp(metric, "rmse") == 0 ||
	       strcmp(metric, "mae") == 0 || strcmp(metric, "mape") == 0;
}

/* The figures of both parts are asked for in one turn. */
static bool
look(const struct policy_view *v, struct provider_reply *r)
{
	if (policy_calls(v, "model_evaluate") > 0)
		return false;
	policy_call(r, "model_evaluate", json_pack("{s:s}", "on", "holdout"),
	    "the platform's figures on the sealed rows");
	policy_call(r, "model_evaluate",
	    json_pack("{s:s}", "on", "development"),
	    "what was to be expected of them");
	policy_call(r, "model_explain",
	    json_pack("{s:s, s:i}", "on", "holdout", "top", 10),
	    "which features the model rests on");
	policy_call(r, "stability_check", json_pack("{s:s}", "on", "holdout"),
	    "are the sealed rows like those for development?");
	if (json_array_size(json_object_get(v->task, "protected")) > 0)
		policy_call(r, "fairness_check",
		    json_pack("{s:s}", "on", "holdout"),
		    "protected attributes are named");
	return true;
}

static void
judge_figures(const json_t *holdout, const json_t *development,
    const char *metric, struct provider_reply *r)
{
	const json_t *h =
	    json_object_get(json_object_get(holdout, "holdout"), metric);
	const json_t *o =
	    json_object_get(json_object_get(development, "oof"), metric);
	const json_t *b =
	    json_object_get(json_object_get(holdout, "baseline"), metric);
	double sign = less_is_better(metric) ? -1 : 1;
	double worst = json_num(h, sign > 0 ? "low" : "high", NAN);
	double best = json_num(h, sign > 0 ? "high" : "low", NAN);
	double base = json_num(b, "value", NAN);
	double expected = json_num(o, "value", NAN);
	double ece =
	    json_num(json_object_get(holdout, "calibration"), "ece_after", 0);

	if (sign * worst <= sign * base)
		raise(r, "critical",
		    "On the holdout it is not surely better than the baseline",
		    json_sprintf("%s: the interval's worse end is %.4f, the "
				 "baseline has %.4f.",
			metric, worst, base),
		    "a model that chance explains must not be used");
	if (sign * best < sign * expected)
		raise(r, "medium", "Worse on the holdout than expected",
		    json_sprintf("Out of fold, %s was %.4f; the holdout's "
				 "interval ends at %.4f.",
			metric, expected, best),
		    "the search may have chosen the luck of the folds");
	if (ece > ECE_HIGH)
		raise(r, "medium", "Probabilities are off",
		    json_sprintf("The expected calibration error is %.3f: "
				 "use the score to rank, not as a "
				 "probability.",
			ece),
		    "a probability that is none misleads");
}

/* 1/n + 1/m of the two parts. */
static double
chance(const json_t *figures)
{
	const json_t *rows = json_object_get(figures, "rows");
	double n = json_num(rows, "development", 0);
	double m = json_num(rows, "holdout", 0);

	return n > 0 && m > 0 ? 1 / n + 1 / m : 0;
}

static void
judge_stability(
    const json_t *result, const json_t *figures, struct provider_reply *r)
{
	const json_t *stability = json_object_get(result, "stability"), *one;
	double psi = json_num(stability, "score_psi", 0), x;
	double bar = fmax(PSI_MOVING, CHI2_95 * chance(figures));
	double one_bar = fmax(PSI_SHIFTED, CHI2_999 * chance(figures));
	struct policy_text t = { "" };
	size_t i;

	if (psi > bar)
		raise(r, psi > PSI_SHIFTED ? "high" : "low",
		    psi > PSI_SHIFTED ? "The score is distributed otherwise "
					"on the holdout"
				      : "The score's distribution moves",
		    json_sprintf("PSI %.3f between development and holdout; "
				 "chance alone stays below %.3f in 19 of 20 "
				 "cases.",
			psi, CHI2_95 * chance(figures)),
		    "a shift between the parts foretells one in use");
	json_array_foreach (json_object_get(stability, "features"), i, one)
		if ((x = json_num(one, "psi", 0)) > one_bar)
			policy_say(
			    &t, "%s %.2f", json_str(one, "feature", ""), x);
	if (*t.text != '\0')
		raise(r, "low", "Features that are distributed otherwise",
		    json_sprintf("PSI above %.2f: %s.", one_bar, t.text),
		    "a shift between the parts foretells one in use");
}

static void
judge_fairness(const json_t *result, struct provider_reply *r)
{
	const json_t *one;
	const char *name;
	double ratio, opportunity;
	size_t i;

	json_array_foreach (json_object_get(result, "fairness"), i, one) {
		name = json_str(one, "attribute", "");
		ratio = json_num(one, "selection_rate_ratio", 1);
		opportunity = json_num(one, "equal_opportunity_difference", 0);
		if (json_is_false(json_object_get(one, "four_fifths")))
			raise(r, "high", "The four-fifths rule is broken",
			    json_sprintf("By '%s' the lowest selection rate "
					 "is %.2f of the highest.",
				name, ratio),
			    "unequal selection must be justified or mended");
		if (fabs(opportunity) > OPPORTUNITY)
			raise(r, "medium", "Unequal opportunity",
			    json_sprintf("By '%s' the true positive rates "
					 "differ by %.2f.",
				name, fabs(opportunity)),
			    "equal cases should have equal chances");
	}
}

static void
evaluate(const struct policy_view *v, struct provider_reply *r)
{
	const json_t *holdout = policy_result(v, "model_evaluate", 0);
	const json_t *development = policy_result(v, "model_evaluate", 1);
	const char *metric =
	    json_str(json_object_get(v->task, "plan"), "metric", "");

	if (look(v, r))
		return;
	if (policy_calls(v, "finding_raise") == 0) {
		judge_figures(holdout, development, metric, r);
		judge_stability(policy_last(v, "stability_check"), holdout, r);
		judge_fairness(policy_last(v, "fairness_check"), r);
	}
	if (r->calls == NULL)
		policy_answer(r,
		    json_pack("{s:o}", "summary",
			json_sprintf("%s; %s; %d finding%s",
			    json_str(holdout, "summary", "no figures"),
			    json_str(
				policy_last(v, "model_explain"), "summary", ""),
			    policy_calls(v, "finding_raise"),
			    policy_calls(v, "finding_raise") == 1 ? "" : "s")));
}

const struct policy policy_evaluator[] = {
	{ "evaluator", "evaluate", evaluate },
	{ NULL },
};
