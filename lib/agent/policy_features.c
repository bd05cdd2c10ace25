#include "config.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/agent/policy.h"
#include "lib/agent/provider.h"
#include "lib/json.h"

#include "lib/banned.h"

/* A column is skewed when its third moment says so this clearly, and a ratio
 * is worth a try between columns that move together, but are not the same. */
#define SKEWED    2.0
#define RATIO_LOW 0.30
#define RATIO_TOP 0.98
/* Each proposal trains a learner twice: few of each kind. */
#define LOGS_MAX   5
#define RATIOS_MAX 3
#define DATES_MAX  3
#define PAGE       60

static const json_t *
find_column(const struct policy_view *v, const char *name)
{
	const json_t *page, *column;
	size_t i;

	for (int n = 0; (page = policy_result(v, "dataset_profile", n)) != NULL;
	     n++)
		json_array_foreach (json_object_get(page, "columns"), i, column)
			if (strcmp(json_str(column, "name", ""), name) == 0)
				return column;
	return NULL;
}

static bool
usable(const struct policy_view *v, const json_t *column)
{
	const char *name = json_str(column, "name", "");

	return json_is_true(json_object_get(column, "used")) &&
	       strcmp(name, json_str(v->task, "target", "")) != 0 &&
	       strchr(name, '`') == NULL;
}

static bool
is_type(const json_t *column, const char *type)
{
	return strcmp(json_str(column, "type", ""), type) == 0;
}

/* A measured amount: many values, none below nought. */
static bool
is_amount(const struct policy_view *v, const json_t *column)
{
	return column != NULL && usable(v, column) &&
	       (is_type(column, "number") || is_type(column, "integer")) &&
	       json_num(column, "distinct", 0) > 20 &&
	       json_num(column, "min", -1) >= 0;
}

static bool
plans(const struct policy_view *v, const char *learner)
{
	const json_t *list =
	    json_object_get(json_object_get(v->task, "plan"), "learners");
	const json_t *one;
	size_t i;

	json_array_foreach (list, i, one)
		if (strcmp(json_string_value(one), learner) == 0)
			return true;
	return false;
}

static const char *
linear(const struct policy_view *v)
{
	return plans(v, "logistic") ? "logistic"
	       : plans(v, "ridge")  ? "ridge"
	                            : NULL;
}

static json_t *
proposal(json_t *name, json_t *expr, json_t *reason, const char *learner)
{
	json_t *p = json_pack("{s:o, s:o, s:o, s:s}", "name", name, "expr",
	    expr, "reason", reason, "keep", "if_helps");

	if (p != NULL && learner != NULL)
		json_object_set_new(p, "learner", json_string(learner));
	return p;
}

static void
add(json_t *list, json_t *p)
{
	if (p != NULL)
		json_array_append_new(list, p);
}

static int
by_skew(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	double d = fabs(json_num(y, "skew", 0)) - fabs(json_num(x, "skew", 0));

	if (d != 0)
		return d > 0 ? 1 : -1;
	return strcmp(json_str(x, "name", ""), json_str(y, "name", ""));
}

/* Trees do not see a monotone change; a linear learner does. */
static void
propose_logs(const struct policy_view *v, json_t *list)
{
	const json_t *page, *column, *best[256];
	const char *learner = linear(v);
	size_t i, n = 0;

	if (learner == NULL)
		return;
	for (int k = 0; (page = policy_result(v, "dataset_profile", k)) != NULL;
	     k++)
		json_array_foreach (json_object_get(page, "columns"), i, column)
			if (n < 256 && is_amount(v, column) &&
			    json_num(column, "skew", 0) >= SKEWED)
				best[n++] = column;
	qsort(best, n, sizeof(*best), by_skew);
	for (i = 0; i < n && i < LOGS_MAX; i++) {
		const char *name = json_str(best[i], "name", "");

		add(list,
		    proposal(json_sprintf("log_%s", name),
			json_sprintf("log(1 + `%s`)", name),
			json_sprintf("'%s' is skewed to the right (%.1f): on "
				     "a log scale a linear learner may use "
				     "it better",
			    name, json_num(best[i], "skew", 0)),
			learner));
	}
}

static void
propose_ratios(const struct policy_view *v, json_t *list)
{
	const json_t *first = policy_result(v, "dataset_profile", 0), *pair;
	const char *learner = plans(v, "xgboost") ? "xgboost" : linear(v);
	const char *a, *b;
	size_t i;
	double r;
	int n = 0;

	json_array_foreach (json_object_get(first, "correlations"), i, pair) {
		a = json_str(pair, "a", "");
		b = json_str(pair, "b", "");
		r = fabs(json_num(pair, "r", 0));
		if (n == RATIOS_MAX || r < RATIO_LOW || r > RATIO_TOP ||
		    !is_amount(v, find_column(v, a)) ||
		    !is_amount(v, find_column(v, b)))
			continue;
		add(list,
		    proposal(json_sprintf("%s_per_%s", a, b),
			json_sprintf("`%s` / (1 + `%s`)", a, b),
			json_sprintf("'%s' and '%s' move together (r %.2f): "
				     "their ratio may say what neither says "
				     "alone",
			    a, b, r),
			learner));
		n++;
	}
}

static void
propose_dates(const struct policy_view *v, json_t *list)
{
	const json_t *page, *column;
	const char *last = NULL, *name;
	size_t i;
	int n = 0;

	for (int k = 0; (page = policy_result(v, "dataset_profile", k)) != NULL;
	     k++)
		json_array_foreach (
		    json_object_get(page, "columns"), i, column) {
			if (!usable(v, column) ||
			    !is_type(column, "datetime") || n == DATES_MAX)
				continue;
			name = json_str(column, "name", "");
			if (last != NULL) {
				add(list,
				    proposal(json_sprintf(
						 "days_%s_to_%s", last, name),
					json_sprintf("days_between(`%s`, `%s`)",
					    last, name),
					json_sprintf("the time between '%s' "
						     "and '%s' may matter "
						     "more than either",
					    last, name),
					NULL));
				n++;
			}
			last = name;
		}
}

/* The first open finding that this invocation has not dealt with. */
static const json_t *
open_finding(const struct policy_view *v)
{
	return json_array_get(json_object_get(v->task, "open_findings"),
	    (size_t)policy_calls(v, "finding_answer"));
}

/* A finding that came back with the work: do what it asks, and say so. */
static void
settle(const struct policy_view *v, const json_t *finding,
    struct provider_reply *r)
{
	const json_t *columns = json_object_get(finding, "columns"), *one;
	int done = policy_calls(v, "finding_answer");
	json_t *list = json_array();
	const json_t *error;
	size_t i;

	if (policy_calls(v, "columns_exclude") <= done &&
	    json_array_size(columns) > 0) {
		json_array_foreach (columns, i, one)
			json_array_append_new(
			    list, json_pack("{s:O, s:o}", "column",
				      (json_t *)one, "reason",
				      json_sprintf("finding %lld of the %s: %s",
					  json_int(finding, "finding", 0),
					  json_str(finding, "by", ""),
					  json_str(finding, "title", ""))));
		policy_call(r, "columns_exclude",
		    json_pack("{s:o}", "columns", list),
		    "the finding names them; without them it can be seen "
		    "what the rest is worth");
		return;
	}
	json_decref(list);
	error = policy_error(v, "columns_exclude");
	policy_call(r, "finding_answer",
	    json_pack("{s:I, s:s, s:o}", "finding",
		(json_int_t)json_int(finding, "finding", 0), "status",
		error == NULL && json_array_size(columns) > 0 ? "fixed"
							      : "accepted",
		"answer",
		error != NULL
		    ? json_sprintf("The columns stay: %s.",
			  json_str(error, "text", "they cannot be left out"))
		: json_array_size(columns) > 0
		    ? json_string("The columns were left out, and the search "
				  "starts again without them.")
		    : json_string("Nothing in the preparation can change "
				  "this; it stands in the documents.")),
	    "a finding that came back is answered before the work goes on");
}

static json_t *
summary(const struct policy_view *v)
{
	const json_t *result;
	int tried = 0, kept = 0;
	const char *names[32];
	struct policy_text t = { "" };

	for (; (result = policy_result(v, "feature_propose", tried)) != NULL;
	     tried++)
		if (json_is_true(json_object_get(result, "kept")) && kept < 32)
			names[kept++] = json_str(result, "name", "");
	policy_say(&t, "%d feature%s tested, %d kept", tried,
	    tried == 1 ? "" : "s", kept);
	for (int i = 0; i < kept; i++)
		policy_say(&t, "%s", names[i]);
	if (policy_calls(v, "finding_answer") > 0)
		policy_say(&t, "%d finding%s answered",
		    policy_calls(v, "finding_answer"),
		    policy_calls(v, "finding_answer") == 1 ? "" : "s");
	return json_string(t.text);
}

static void
prepare(const struct policy_view *v, struct provider_reply *r)
{
	const json_t *last = policy_last(v, "dataset_profile");
	const json_t *next = json_object_get(last, "next_offset");
	const json_t *finding = open_finding(v), *p;
	json_t *list;

	if (finding != NULL) {
		settle(v, finding, r);
		return;
	}
	if (json_int(v->task, "visit", 1) > 1) {
		policy_answer(r, json_pack("{s:o}", "summary", summary(v)));
		return;
	}
	if (last == NULL || json_is_integer(next)) {
		policy_call(r, "dataset_profile",
		    json_pack("{s:I, s:i}", "offset",
			json_is_integer(next) ? json_integer_value(next) : 0,
			"limit", PAGE),
		    "distributions and correlations say which features are "
		    "worth a test");
		return;
	}
	list = json_array();
	propose_logs(v, list);
	propose_ratios(v, list);
	propose_dates(v, list);
	p = json_array_get(list, (size_t)policy_calls(v, "feature_propose"));
	if (p != NULL)
		policy_call(r, "feature_propose", json_deep_copy(p), "%s",
		    json_str(p, "reason", ""));
	else
		policy_answer(r, json_pack("{s:o}", "summary", summary(v)));
	json_decref(list);
}

const struct policy policy_features[] = {
	{ "feature-engineer", "prepare", prepare },
	{ NULL },
};
