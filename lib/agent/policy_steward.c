#include "config.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "lib/agent/policy.h"
#include "lib/agent/provider.h"
#include "lib/json.h"

#include "lib/banned.h"

/* A column that alone tells the target apart as well as this is no feature
 * but the answer; above the lower bar it is worth a second look. */
#define LEAK_SURE    0.98
#define LEAK_SUSPECT 0.90
/* Shares of missing values: worth saying, and not worth keeping. */
#define MISSING_SAY  0.20
#define MISSING_DROP 0.98
#define DUPLICATES   0.01
#define RARE_CLASS   0.10
#define PROXY        0.60 /* correlation with a protected attribute */

static bool
in_list(const json_t *list, const char *name)
{
	const json_t *one;
	size_t i;

	json_array_foreach (list, i, one)
		if (strcmp(json_string_value(one), name) == 0)
			return true;
	return false;
}

/* intake: seal the rows; then say what the columns' types alone give away. */
static void
intake(const struct policy_view *v, struct provider_reply *r)
{
	const json_t *split = policy_last(v, "split_make"), *one;
	const json_t *error = policy_error(v, "split_make");
	const char *time = NULL;
	size_t i, dates = 0;

	if (split == NULL && error == NULL) {
		policy_call(r, "split_make", json_object(),
		    "the holdout is sealed before any row is looked at; the "
		    "run and its template say how");
		return;
	}
	if (split == NULL) {
		policy_answer(
		    r, json_pack("{s:s, s:b, s:[O]}", "summary",
			   "the rows cannot be split", "ready", 0, "problems",
			   json_object_get(error, "text")));
		return;
	}
	json_array_foreach (json_object_get(v->task, "columns"), i, one)
		if (strcmp(json_str(one, "type", ""), "datetime") == 0) {
			time = json_str(one, "name", "");
			dates++;
		}
	if (dates > 0 && policy_calls(v, "finding_raise") == 0 &&
	    strcmp(json_str(json_object_get(v->task, "plan"), "split", ""),
		"time") != 0) {
		policy_call(r, "finding_raise",
		    json_pack("{s:s, s:s, s:o, s:[s]}", "severity", "low",
			"title", "Rows carry a time, and the split ignores it",
			"detail",
			json_sprintf(
			    "The column '%s' is a time. If the model is to be "
			    "used on later rows than it learnt from, start "
			    "the run with params.split = time, or the "
			    "figures will be too good.",
			    time),
			"columns", time),
		    "a random split of rows that have a time may flatter the "
		    "model");
		return;
	}
	policy_answer(
	    r, json_pack("{s:o, s:b, s:[]}", "summary",
		   json_sprintf("%s; %zu columns",
		       json_str(split, "summary", "the rows are split"),
		       json_array_size(json_object_get(v->task, "columns"))),
		   "ready", 1, "problems"));
}

/* What is wrong with a column as a feature, or NULL. */
static const char *
fault(const struct policy_view *v, const json_t *column, double rows,
    const char **kind)
{
	const char *name = json_str(column, "name", "");
	const char *type = json_str(column, "type", "");
	const json_t *suspect;
	size_t i;

	json_array_foreach (json_object_get(column, "suspects"), i, suspect)
		if (strncmp(json_string_value(suspect), "personal", 8) == 0 &&
		    !in_list(json_object_get(v->task, "protected"), name)) {
			*kind = "personal";
			return "its values look like personal data, which "
			       "tell one person from another and nothing "
			       "about the next";
		}
	*kind = "useless";
	if (strcmp(type, "identifier") == 0)
		return "nearly every row has its own value: it names the row "
		       "and cannot generalise";
	if (strcmp(type, "constant") == 0)
		return "it has one value only";
	if (strcmp(type, "text") == 0)
		return "free text: no learner here reads it";
	if (json_num(column, "missing", 0) > MISSING_DROP * rows)
		return "almost all of its values are missing";
	return NULL;
}

struct judged {
	json_t *exclude; /* for columns_exclude */
	json_t *personal, *useless, *leaks, *suspects, *sparse; /* names */
};

/* All pages of the profile that were read. */
static void
judge_columns(const struct policy_view *v, struct judged *j)
{
	const char *target = json_str(v->task, "target", "");
	const json_t *page, *column;
	const char *why, *kind, *name;
	double rows;
	size_t i;

	for (int n = 0; (page = policy_result(v, "dataset_profile", n)) != NULL;
	     n++) {
		rows = json_num(page, "rows", 1);
		json_array_foreach (
		    json_object_get(page, "columns"), i, column) {
			name = json_str(column, "name", "");
			if (strcmp(name, target) == 0 ||
			    json_is_false(json_object_get(column, "used")))
				continue;
			if ((why = fault(v, column, rows, &kind)) != NULL) {
				json_array_append_new(j->exclude,
				    json_pack("{s:s, s:s}", "column", name,
					"reason", why));
				json_array_append_new(
				    strcmp(kind, "personal") == 0 ? j->personal
								  : j->useless,
				    json_string(name));
			} else if (json_num(column, "missing", 0) >
				   MISSING_SAY * rows)
				json_array_append_new(
				    j->sparse, json_string(name));
		}
	}
}

static bool
excluded(const struct judged *j, const char *name)
{
	const json_t *one;
	size_t i;

	json_array_foreach (j->exclude, i, one)
		if (strcmp(json_str(one, "column", ""), name) == 0)
			return true;
	return false;
}

static void
judge_leakage(const json_t *first, struct judged *j)
{
	const json_t *one;
	const char *name;
	double score;
	size_t i;

	json_array_foreach (json_object_get(first, "leakage"), i, one) {
		name = json_str(one, "column", "");
		score = json_num(one, "score", 0);
		if (score >= LEAK_SURE) {
			json_array_append_new(j->leaks, json_string(name));
			if (!excluded(j, name))
				json_array_append_new(j->exclude,
				    json_pack("{s:s, s:o}", "column", name,
					"reason",
					json_sprintf(
					    "it alone tells the target (%s "
					    "%.3f): it is most likely known "
					    "only afterwards",
					    json_str(one, "measure", "score"),
					    score)));
		} else if (score >= LEAK_SUSPECT)
			json_array_append_new(j->suspects, json_string(name));
	}
}

static void
find(struct provider_reply *r, const char *severity, const char *title,
    json_t *detail, const json_t *columns, const char *reason)
{
	json_t *args = json_pack("{s:s, s:s, s:o}", "severity", severity,
	    "title", title, "detail", detail);

	if (columns != NULL)
		json_object_set(args, "columns", (json_t *)columns);
	policy_call(r, "finding_raise", args, "%s", reason);
}

/* The share of the rarest class, or 1. */
static double
rarest(const json_t *first)
{
	const json_t *classes =
	    json_object_get(json_object_get(first, "target"), "classes");
	const json_t *one;
	double least = 1;
	size_t i;

	json_array_foreach (classes, i, one)
		least = fmin(least, json_num(one, "share", 1));
	return least;
}

/* Numbers that follow a protected attribute stand in for it. */
static json_t *
proxies(const struct policy_view *v, const json_t *first)
{
	const json_t *protect = json_object_get(v->task, "protected"), *one;
	const char *target = json_str(v->task, "target", "");
	json_t *list = json_array();
	const char *a, *b, *other;
	size_t i;

	json_array_foreach (json_object_get(first, "correlations"), i, one) {
		a = json_str(one, "a", "");
		b = json_str(one, "b", "");
		if (fabs(json_num(one, "r", 0)) < PROXY ||
		    in_list(protect, a) == in_list(protect, b))
			continue;
		other = in_list(protect, a) ? b : a;
		if (strcmp(other, target) != 0)
			json_array_append_new(list, json_string(other));
	}
	return list;
}

static void
raise_findings(const struct policy_view *v, const struct judged *j,
    const json_t *first, struct provider_reply *r)
{
	double rows = json_num(first, "rows", 1), share;
	json_t *list;

	if (json_array_size(j->leaks) > 0)
		find(r, "high", "Columns that give the target away",
		    json_sprintf("%zu columns tell the target almost by "
				 "themselves and were left out. If one of "
				 "them is known at the time of prediction, "
				 "say so and run again.",
			json_array_size(j->leaks)),
		    j->leaks, "target leakage makes every figure worthless");
	if (json_array_size(j->suspects) > 0)
		find(r, "medium", "Columns close to the target",
		    json_string("They tell the target unusually well, and "
				"were kept. Make sure that they are known at "
				"the time of prediction."),
		    j->suspects, "strong single features may be leakage");
	if (json_array_size(j->personal) > 0)
		find(r, "medium", "Personal data in the table",
		    json_string("These columns look like personal data. They "
				"were left out of all learning; they are "
				"better removed from the data set."),
		    j->personal, "personal data has no place in a model");
	if (json_array_size(j->sparse) > 0)
		find(r, "low", "Columns with many missing values",
		    json_sprintf("More than %.0f%% of their values are "
				 "missing; the model learns from the absence, "
				 "too.",
			MISSING_SAY * 100),
		    j->sparse, "whoever reads the model must know");
	if ((share = rarest(first)) < RARE_CLASS)
		find(r, "low", "A rare class",
		    json_sprintf("The rarest class has %.1f%% of the rows: "
				 "accuracy says little, and its figures have "
				 "wide intervals.",
			share * 100),
		    NULL, "imbalance changes which figures can be trusted");
	if ((share = json_num(first, "duplicate_rows", 0) / rows) > DUPLICATES)
		find(r, "low", "Duplicate rows",
		    json_sprintf("%.1f%% of the rows occur more than once; "
				 "the same row may stand in development and "
				 "holdout.",
			share * 100),
		    NULL, "duplicates across parts flatter the model");
	list = proxies(v, first);
	if (json_array_size(list) > 0)
		find(r, "medium", "Stand-ins for protected attributes",
		    json_string("These columns follow a protected attribute "
				"closely; leaving that attribute out does "
				"not take its influence away."),
		    list, "a proxy carries a protected attribute on");
	json_decref(list);
}

static void
finish_profile(const struct policy_view *v, const struct judged *j,
    struct provider_reply *r)
{
	const json_t *first = policy_result(v, "dataset_profile", 0);
	int findings = policy_calls(v, "finding_raise");

	policy_answer(r,
	    json_pack("{s:o}", "summary",
		json_sprintf("%lld development rows, %lld columns; %zu left "
			     "out (%zu personal, %zu leaking, %zu useless); "
			     "%d finding%s",
		    json_int(first, "rows", 0),
		    json_int(first, "column_count", 0),
		    json_array_size(j->exclude), json_array_size(j->personal),
		    json_array_size(j->leaks), json_array_size(j->useless),
		    findings, findings == 1 ? "" : "s")));
}

/* profile: read all pages, then leave columns out, then write findings. */
static void
profile(const struct policy_view *v, struct provider_reply *r)
{
	const json_t *last = policy_last(v, "dataset_profile");
	const json_t *next = json_object_get(last, "next_offset");
	const json_t *first = policy_result(v, "dataset_profile", 0);
	struct judged j = { json_array(), json_array(), json_array(),
		json_array(), json_array(), json_array() };
	size_t before;

	if (last == NULL || json_is_integer(next)) {
		policy_call(r, "dataset_profile",
		    json_pack("{s:I, s:i}", "offset",
			json_is_integer(next) ? json_integer_value(next) : 0,
			"limit", 60),
		    last == NULL ? "see the columns before deciding anything"
				 : "read on: the table is wide");
		goto out;
	}
	judge_columns(v, &j);
	judge_leakage(first, &j);
	before = json_array_size(j.exclude);
	if (before > 0 && policy_calls(v, "columns_exclude") == 0) {
		policy_call(r, "columns_exclude",
		    json_pack("{s:O}", "columns", j.exclude),
		    "%zu columns must not be learnt from: %s", before,
		    json_str(json_array_get(j.exclude, 0), "reason", ""));
		goto out;
	}
	if (policy_calls(v, "finding_raise") == 0)
		raise_findings(v, &j, first, r);
	if (r->calls == NULL)
		finish_profile(v, &j, r);
out:
	json_decref(j.exclude);
	json_decref(j.personal);
	json_decref(j.useless);
	json_decref(j.leaks);
	json_decref(j.suspects);
	json_decref(j.sparse);
}

const struct policy policy_steward[] = {
	{ "data-steward", "intake", intake },
	{ "data-steward", "profile", profile },
	{ NULL },
};
