#include "config.h"

#include <string.h>

#include "lib/agent/phase.h"
#include "lib/agent/platform.h"
#include "lib/agent/template.h"
#include "lib/agent/tools.h"
#include "lib/agent/work.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/ml/learner.h"
#include "lib/ml/metric.h"
#include "lib/ml/search.h"
#include "lib/ml/spec.h"

#include "lib/banned.h"

/* A search that starts anew after a return gets this share of the trials, and
 * at least so many. */
#define AGAIN_SHARE 3
#define AGAIN_MIN   6

static json_t *
learners_json(unsigned mask)
{
	json_t *list = json_array();

	for (int i = 0; i < LEARNER__MAX; i++)
		if (mask & 1u << i)
			json_array_append_new(
			    list, json_string(learner_names[i]));
	return list;
}

static json_t *
open_findings(const struct work *w)
{
	json_t *list = json_array();
	const json_t *one;
	size_t i;

	json_array_foreach (w->findings, i, one)
		if (json_is_true(json_object_get(one, "needs_answer")) &&
		    strcmp(json_str(one, "status", ""), "open") == 0)
			json_array_append_new(list, json_deep_copy(one));
	return list;
}

static json_t *
plan_json(const struct work *w)
{
	const struct spec *s = w->spec;

	return json_pack("{s:o, s:s, s:i, s:f, s:i, s:s, s:s, s:b}", "learners",
	    learners_json(s->learners), "metric",
	    metric_kinds[s->objective].name, "trials", s->trials, "seconds",
	    s->seconds, "folds", s->folds, "split", split_kind_names[s->split],
	    "threshold_rule", threshold_rule_names[s->threshold_rule],
	    "exclude_protected", s->exclude_protected);
}

static json_t *
names_json(const char *const *names, int n)
{
	json_t *list = json_array();

	for (int i = 0; i < n; i++)
		json_array_append_new(list, json_string(names[i]));
	return list;
}

static void
task_common(const struct work *w, json_t *task)
{
	const struct spec *s = w->spec;

	json_object_set_new(task, "template", json_string(w->template->name));
	json_object_set_new(task, "task", json_string(task_names[s->task]));
	json_object_set_new(task, "target", json_string(s->target));
	json_object_set_new(
	    task, "protected", names_json(s->protect, s->nprotect));
	json_object_set_new(task, "plan", plan_json(w));
	json_object_set_new(task, "open_findings", open_findings(w));
}

static void
task_columns(const struct work *w, json_t *task)
{
	json_object_set_new(task, "columns", work_columns(w));
	json_object_set_new(
	    task, "rows", json_integer((json_int_t)work_rows(w)));
}

static void
task_work(const struct work *w, json_t *task)
{
	json_object_set_new(task, "excluded", json_deep_copy(w->excluded));
	json_object_set_new(task, "derived", json_deep_copy(w->derived));
}

static void
task_training(const struct work *w, json_t *task)
{
	task_work(w, task);
	json_object_set_new(
	    task, "planned", json_integer(search_planned(w->spec)));
	json_object_set_new(task, "trained",
	    json_integer((json_int_t)json_array_size(w->results)));
	json_object_set_new(
	    task, "selected", json_boolean(w->selection != NULL));
}

static int
after_intake(struct work *w, const json_t *answer, struct phase_next *next,
    struct err *e)
{
	const json_t *problems = json_object_get(answer, "problems");

	(void)w;
	(void)next;
	if (json_is_true(json_object_get(answer, "ready")))
		return 0;
	return err_set(e, ERR_INVALID, "the data set is not ready: %s",
	    json_array_size(problems) > 0
		? json_string_value(json_array_get(problems, 0))
		: json_str(answer, "summary", ""));
}

/* The plan narrows what the run and its template allow; it cannot widen it. */
static int
after_plan(struct work *w, const json_t *answer, struct phase_next *next,
    struct err *e)
{
	json_t *params = json_object_get(w->request, "params");
	json_t *budget = json_object_get(w->request, "budget");
	const json_t *list = json_object_get(answer, "learners"), *one, *v;
	json_t *chosen = json_array();
	size_t i;

	(void)next;
	json_array_foreach (list, i, one)
		for (int l = 0; l < LEARNER__MAX; l++)
			if (strcmp(learner_names[l], json_string_value(one)) ==
				0 &&
			    w->spec->learners & 1u << l)
				json_array_append(chosen, (json_t *)one);
	if (json_array_size(chosen) > 0)
		json_object_set(params, "learners", chosen);
	json_decref(chosen);
	if (json_is_integer(v = json_object_get(answer, "trials")) &&
	    json_integer_value(v) < w->spec->trials)
		json_object_set(budget, "trials", (json_t *)v);
	if ((v = json_object_get(answer, "threshold_rule")) != NULL &&
	    json_object_get(params, "threshold_rule") == NULL)
		json_object_set(params, "threshold_rule", (json_t *)v);
	if ((v = json_object_get(answer, "exclude_protected")) != NULL &&
	    json_object_get(params, "exclude_protected") == NULL)
		json_object_set(params, "exclude_protected", (json_t *)v);
	w->planned = true;
	return work_respec(w, e) == -1 ? -1 : work_seal(w, e);
}

static int
after_prepare(struct work *w, const json_t *answer, struct phase_next *next,
    struct err *e)
{
	json_t *budget = json_object_get(w->request, "budget");
	int trials;

	(void)answer;
	(void)next;
	w->prepared = true;
	if (w->generation <= w->reduced)
		return 0;
	/* Something changed after training: search again, but less. */
	w->reduced = w->generation;
	trials = (w->spec->trials + AGAIN_SHARE - 1) / AGAIN_SHARE;
	if (trials < AGAIN_MIN)
		trials = AGAIN_MIN;
	if (trials >= w->spec->trials)
		return 0;
	json_object_set_new(budget, "trials", json_integer(trials));
	return work_respec(w, e) == -1 ? -1 : work_seal(w, e);
}

static int
after_challenge(struct work *w, const json_t *answer, struct phase_next *next,
    struct err *e)
{
	const char *verdict = json_str(answer, "verdict", "");
	const char *to = json_str(answer, "to", "train");
	int allowed = w->template->phase[w->phase].returns;

	(void)e;
	w->judged = true;
	if (strcmp(verdict, "send_back") != 0 || w->returned >= allowed)
		return 0;
	w->returned++;
	next->to = strcmp(to, "prepare") == 0 ? "prepare" : "train";
	return 0;
}

static void
task_challenge(const struct work *w, json_t *task)
{
	task_training(w, task);
	json_object_set_new(task, "returns_left",
	    json_integer(w->template->phase[w->phase].returns - w->returned));
	json_object_set_new(task, "selection", json_deep_copy(w->selection));
}

static int
before_evaluate(struct work *w, struct err *e)
{
	if (platform_fit(w, e) == -1)
		return -1;
	return platform_score(w, e);
}

static int
after_document(struct work *w, const json_t *answer, struct phase_next *next,
    struct err *e)
{
	const json_t *one;
	size_t i;

	(void)answer;
	(void)next;
	json_array_foreach (w->findings, i, one)
		if (json_is_true(json_object_get(one, "needs_answer")) &&
		    strcmp(json_str(one, "status", ""), "open") == 0)
			return err_set(e, ERR_CONFLICT,
			    "finding %zu was not answered: %s", i + 1,
			    json_str(one, "title", ""));
	return 0;
}

/* clang-format off */
#define SUMMARY	"\"summary\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": 4000}"
#define ONLY_SUMMARY \
	"{\"type\": \"object\", \"required\": [\"summary\"], \"additionalProperties\": false," \
	" \"properties\": {" SUMMARY "}}"

const struct phase phases[] = {
	{
		.name = "intake",
		.goal = "Check that the table can answer the question, and seal the holdout "
			"before anybody looks at the rows.",
		.schema = SCHEMA({
			"type": "object", "required": ["summary", "ready"], "additionalProperties": false,
			"properties": {
				"summary": { "type": "string", "minLength": 1, "maxLength": 4000 },
				"ready": { "type": "boolean" },
				"problems": { "type": "array", "maxItems": 50,
					"items": { "type": "string", "maxLength": 1000 } }
			} }),
		.task = task_columns,
		.after = after_intake,
	}, {
		.name = "profile",
		.goal = "Read the profile of the development rows. Leave out what must not be "
			"learnt from, and write down what a reader of the model must know.",
		.schema = ONLY_SUMMARY,
		.before = platform_profile,
	}, {
		.name = "plan",
		.goal = "Plan the training: which learners, how many trials, which rule for the "
			"threshold, and whether protected attributes may be inputs.",
		.schema = SCHEMA({
			"type": "object", "required": ["summary", "learners"], "additionalProperties": false,
			"properties": {
				"summary": { "type": "string", "minLength": 1, "maxLength": 4000 },
				"learners": { "type": "array", "minItems": 1, "maxItems": 10,
					"items": { "enum": ["baseline", "logistic", "ridge", "scorecard",
						"random_forest", "xgboost"] } },
				"trials": { "type": "integer", "minimum": 1, "maximum": 10000 },
				"threshold_rule": { "enum": ["f1", "mcc", "youden"] },
				"exclude_protected": { "type": "boolean" }
			} }),
		.task = task_work,
		.after = after_plan,
	}, {
		.name = "prepare",
		.goal = "Derive features that help, answer the findings that concern the data, "
			"and keep nothing that does not earn its place.",
		.schema = ONLY_SUMMARY,
		.task = task_work,
		.after = after_prepare,
	}, {
		.name = "train",
		.goal = "Run the search within its budget, stop when it no longer improves, and "
			"select the trial that becomes the model.",
		.schema = SCHEMA({
			"type": "object", "required": ["summary", "stopped"], "additionalProperties": false,
			"properties": {
				"summary": { "type": "string", "minLength": 1, "maxLength": 4000 },
				"stopped": { "enum": ["search_done", "no_improvement", "kept"] }
			} }),
		.task = task_training,
	}, {
		.name = "challenge",
		.goal = "Challenge the work of the others: is the model better than the baseline "
			"beyond chance, does it overfit, do the folds agree, does anything leak, "
			"would a simpler model do? Accept it, or send it back with a finding.",
		.schema = SCHEMA({
			"type": "object", "required": ["summary", "verdict"], "additionalProperties": false,
			"properties": {
				"summary": { "type": "string", "minLength": 1, "maxLength": 4000 },
				"verdict": { "enum": ["accept", "send_back"] },
				"to": { "enum": ["prepare", "train"] }
			} }),
		.task = task_challenge,
		.after = after_challenge,
	}, {
		.name = "evaluate",
		.goal = "The platform has scored the sealed rows. Say what the figures mean, and "
			"write down what whoever uses the model must know.",
		.schema = ONLY_SUMMARY,
		.before = before_evaluate,
		.task = task_work,
	}, {
		.name = "document",
		.goal = "Have the documents written, and see that no finding is left open.",
		.schema = ONLY_SUMMARY,
		.task = task_work,
		.after = after_document,
	},
	{ NULL }
};
/* clang-format on */

const struct phase *
phase_find(const char *name)
{
	for (const struct phase *p = phases; p->name != NULL; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

json_t *
phase_task(const struct phase *p, const struct work *w, int visit)
{
	json_t *task = json_pack("{s:s, s:s, s:i}", "phase", p->name, "goal",
	    p->goal, "visit", visit);

	task_common(w, task);
	if (p->task != NULL)
		p->task(w, task);
	return task;
}

int
phase_has(const struct work *w, const char *output)
{
	const struct {
		const char *name;
		bool there;
	} facts[] = {
		{ "split", w->split != NULL },
		{ "plan", w->planned },
		{ "preparation", w->prepared },
		{ "selection", w->selection != NULL },
		{ "verdict", w->judged },
	};

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		if (strcmp(output, facts[i].name) == 0)
			return facts[i].there;
	return work_artifact(w, output) != NULL;
}
