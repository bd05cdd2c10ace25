#include "config.h"

#include <string.h>

#include "lib/agent/tool.h"
#include "lib/agent/tools.h"
#include "lib/agent/work.h"
#include "lib/auto.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/ml/metric.h"
#include "lib/ml/spec.h"

#include "lib/banned.h"

/* The evaluation document that a call asks about. */
static const json_t *
document(struct work *w, const struct tool_call *call, struct err *e)
{
	const char *on = json_str(call->args, "on", "development");

	if (strcmp(on, "development") == 0)
		return work_development(w, e);
	if (w->evaluation == NULL)
		err_set(e, ERR_DENIED,
		    "the holdout is sealed until the platform has scored it, "
		    "in the evaluate phase");
	return w->evaluation;
}

static void
copy(json_t *to, const json_t *from, const char *const names[], size_t n)
{
	json_t *v;

	for (size_t i = 0; i < n; i++)
		if ((v = json_object_get(from, names[i])) != NULL)
			json_object_set(to, names[i], v);
}

/* The objective's value in {METRIC: {"value",…}}, for the summary. */
static double
objective(const struct work *w, const json_t *metrics)
{
	return json_num(
	    json_object_get(metrics, metric_kinds[w->spec->objective].name),
	    "value", 0);
}

static int
model_evaluate_run(struct work *w, const struct tool_call *call,
    json_t **result, struct err *e)
{
	static const char *const kept[] = { "task", "rows", "metric",
		"threshold", "threshold_rule", "holdout", "oof", "baseline",
		"confusion", "calibration", "overfit" };
	const json_t *doc = document(w, call, e);
	const json_t *metrics;

	if (doc == NULL)
		return -1;
	*result = json_object();
	copy(*result, doc, kept, nitems(kept));
	metrics =
	    json_object_get(doc, w->evaluation == doc ? "holdout" : "oof");
	json_object_set_new(*result, "summary",
	    json_sprintf("%s %.4f %s, baseline %.4f",
		metric_kinds[w->spec->objective].name, objective(w, metrics),
		w->evaluation == doc ? "on the holdout" : "out of fold",
		objective(w, json_object_get(doc, "baseline"))));
	return 0;
}

static int
model_explain_run(struct work *w, const struct tool_call *call, json_t **result,
    struct err *e)
{
	size_t top = (size_t)json_int(call->args, "top", 20);
	const json_t *doc = document(w, call, e);
	const json_t *all, *first;
	json_t *list;

	if (doc == NULL)
		return -1;
	all = json_object_get(doc, "importance");
	list = json_array();
	for (size_t i = 0; i < top && i < json_array_size(all); i++)
		json_array_append(list, json_array_get(all, i));
	first = json_array_get(list, 0);
	*result = json_pack("{s:o, s:I, s:o}", "importance", list, "features",
	    (json_int_t)json_array_size(all), "summary",
	    json_sprintf("%zu features; the strongest is %s",
		json_array_size(all), json_str(first, "feature", "none")));
	return 0;
}

static int
fairness_check_run(struct work *w, const struct tool_call *call,
    json_t **result, struct err *e)
{
	const json_t *doc = document(w, call, e);
	const json_t *list, *one;
	size_t i, bad = 0;

	if (doc == NULL)
		return -1;
	list = json_object_get(doc, "fairness");
	json_array_foreach (list, i, one)
		bad += json_is_false(json_object_get(one, "four_fifths"));
	*result = json_pack("{s:o, s:o}", "fairness",
	    list == NULL ? json_array() : json_incref((json_t *)list),
	    "summary",
	    json_array_size(list) == 0
		? json_string("no protected attributes are named")
		: json_sprintf("%zu protected attributes; %zu break the "
			       "four-fifths rule",
		      json_array_size(list), bad));
	return 0;
}

static int
stability_check_run(struct work *w, const struct tool_call *call,
    json_t **result, struct err *e)
{
	static const char *const kept[] = { "stability", "sensitivity" };
	const json_t *doc = document(w, call, e);
	const json_t *psi;

	if (doc == NULL)
		return -1;
	*result = json_object();
	copy(*result, doc, kept, nitems(kept));
	psi = json_object_get(json_object_get(doc, "stability"), "score_psi");
	json_object_set_new(*result, "summary",
	    json_is_number(psi)
		? json_sprintf("score PSI %.4f", json_number_value(psi))
		: json_string("no stability figures"));
	return 0;
}

#define ON "\"on\": {\"enum\": [\"development\", \"holdout\"]}"

/* clang-format off */
const struct tool tool_model_evaluate = {
	.name = "model_evaluate",
	.description =
	    "What the selected model is worth, computed by the platform: out of fold on "
	    "the development rows, or, once it was scored in the evaluate phase, on the "
	    "holdout. Metrics with 95% intervals beside the baseline's, calibration, "
	    "overfitting.",
	.schema = "{\"type\": \"object\", \"additionalProperties\": false, \"properties\": {" ON "}}",
	.effect = TOOL_READS,
	.permission = TOOL_ALLOW,
	.run = model_evaluate_run,
};

const struct tool tool_model_explain = {
	.name = "model_explain",
	.description = "Which features the model rests on: mean absolute SHAP values.",
	.schema = "{\"type\": \"object\", \"additionalProperties\": false, \"properties\": {" ON ","
	    "\"top\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 100}}}",
	.effect = TOOL_READS,
	.permission = TOOL_ALLOW,
	.run = model_explain_run,
};

const struct tool tool_fairness_check = {
	.name = "fairness_check",
	.description =
	    "Selection rates, equal opportunity and equalised odds by protected attribute.",
	.schema = "{\"type\": \"object\", \"additionalProperties\": false, \"properties\": {" ON "}}",
	.effect = TOOL_READS,
	.permission = TOOL_ALLOW,
	.run = fairness_check_run,
};

const struct tool tool_stability_check = {
	.name = "stability_check",
	.description =
	    "Population stability (PSI) of the score and the features between the parts, "
	    "and how the metric falls when noise is added.",
	.schema = "{\"type\": \"object\", \"additionalProperties\": false, \"properties\": {" ON "}}",
	.effect = TOOL_READS,
	.permission = TOOL_ALLOW,
	.run = stability_check_run,
};
/* clang-format on */
