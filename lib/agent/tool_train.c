#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/agent/progress.h"
#include "lib/agent/run.h"
#include "lib/agent/template.h"
#include "lib/agent/tool.h"
#include "lib/agent/tools.h"
#include "lib/agent/work.h"
#include "lib/auto.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/ml/learner.h"
#include "lib/ml/metric.h"
#include "lib/ml/search.h"
#include "lib/ml/spec.h"
#include "lib/ml/split.h"
#include "lib/ml/trial.h"

#include "lib/banned.h"

/* A trial as agents and people see it: without its folds. */
static json_t *
brief(const json_t *result)
{
	static const char *const kept[] = { "trial", "generation", "rung",
		"metric", "score", "sd", "rounds", "seconds" };
	const json_t *config = json_object_get(result, "config");
	json_t *v, *out = json_object();

	for (size_t i = 0; i < nitems(kept); i++)
		if ((v = json_object_get(result, kept[i])) != NULL)
			json_object_set(out, kept[i], v);
	json_object_set_new(out, "folds",
	    json_integer(
		(json_int_t)json_array_size(json_object_get(result, "folds"))));
	json_object_set(out, "learner", json_object_get(config, "learner"));
	json_object_set(out, "params", json_object_get(config, "params"));
	return out;
}

static const json_t *
find_trial(const json_t *list, json_int_t trial)
{
	const json_t *one;
	size_t i;

	json_array_foreach (list, i, one)
		if (json_int(one, "trial", -1) == trial)
			return one;
	return NULL;
}

/* Bring a trial into the work, once. */
static void
note_trial(struct work *w, json_t *result)
{
	size_t n = json_array_size(w->results);

	for (size_t i = 0; i < n; i++)
		if (json_equal(
			json_object_get(json_array_get(w->results, i), "trial"),
			json_object_get(result, "trial")))
			return;
	json_object_set_new(result, "generation", json_integer(w->generation));
	json_array_append(w->results, result);
	json_array_append(w->trials, result);
}

static void
patch_best(struct work *w)
{
	const json_t *best = search_best(w->spec, w->results);

	if (best == NULL)
		return;
	run_patch(w->run, "best",
	    json_pack("{s:s, s:O, s:O, s:O}", "metric",
		metric_kinds[w->spec->objective].name, "value",
		json_object_get(best, "score"), "trial",
		json_object_get(best, "trial"), "learner",
		json_object_get(json_object_get(best, "config"), "learner")));
}

/* Two commits a trial: that it starts, and what came of it. */
static int
one_trial(struct work *w, const json_t *request, struct err *e)
{
	char key[64], start[80];
	json_t *result;

	snprintf(key, sizeof(key), "trial:%d.%" JSON_INTEGER_FORMAT,
	    w->generation, json_int(request, "trial", 0));
	snprintf(start, sizeof(start), "%s/start", key);
	if ((result = run_step(w->run, key)) != NULL) {
		note_trial(w, result);
		return 0;
	}
	run_event(w->run, "trial_started", NULL,
	    json_pack("{s:O, s:i, s:O, s:O, s:O}", "trial",
		json_object_get(request, "trial"), "generation", w->generation,
		"rung", json_object_get(request, "rung"), "config",
		json_object_get(request, "config"), "folds",
		json_object_get(request, "folds")));
	if (run_commit(w->run, start, "trial", json_null(), e) == -1 ||
	    run_check(w->run, e) == -1 ||
	    (result = trial_run(w->study, request, &w->watch, e)) == NULL)
		return -1;
	note_trial(w, result);
	run_event(w->run, "trial_finished", NULL, brief(result));
	patch_best(w);
	run_patch(w->run, "progress", progress_json(w));
	return run_commit(w->run, key, "trial", result, e);
}

/* The best so far in a sentence. */
static json_t *
summary(const struct work *w, const json_t *next)
{
	size_t trained = json_array_size(w->results);
	const json_t *best = search_best(w->spec, w->results);
	const char *done = json_str(next, "reason", NULL);

	if (best == NULL)
		return json_sprintf("%zu trials trained", trained);
	return json_sprintf("%zu trials trained; best so far %s %.4f (%s)%s%s",
	    trained, json_str(best, "metric", ""), json_num(best, "score", 0),
	    json_str(json_object_get(best, "config"), "learner", ""),
	    done != NULL ? "; the search is done: " : "",
	    done != NULL ? done : "");
}

/* An agent's own configuration, on all folds. */
static json_t *
own_request(const struct work *w, const json_t *config, struct err *e)
{
	json_t *full = learner_config(config, w->spec, e);

	if (full == NULL)
		return NULL;
	return json_pack("{s:I, s:i, s:o}", "trial",
	    (json_int_t)json_array_size(w->results) + 1, "rung", 1, "config",
	    full);
}

/* Train up to count trials of the search, or one with the given
 * configuration; briefly into list. */
static int
train(struct work *w, const json_t *config, json_int_t count, json_t *list,
    struct err *e)
{
	json_t *next;
	int rc = 0;

	for (json_int_t i = 0; i < count && rc == 0; i++) {
		next = config != NULL ? own_request(w, config, e)
		                      : search_next(w->spec, w->results, e);
		if (next == NULL)
			return -1;
		if (json_is_true(json_object_get(next, "done"))) {
			json_decref(next);
			break;
		}
		if ((rc = one_trial(w, next, e)) == 0)
			json_array_append_new(
			    list, brief(json_array_get(w->results,
				      json_array_size(w->results) - 1)));
		json_decref(next);
	}
	return rc;
}

static int
train_trial_run(struct work *w, const struct tool_call *call, json_t **result,
    struct err *e)
{
	const json_t *config = json_object_get(call->args, "config"), *best;
	json_int_t had = (json_int_t)json_array_size(w->results);
	json_int_t count =
	    config != NULL ? 1 : json_int(call->args, "until", had + 1) - had;
	auto_json json_t *list = json_array();
	auto_json json_t *next = NULL;

	if (w->split == NULL)
		return err_set(
		    e, ERR_CONFLICT, "the rows are not split yet: split_make");
	if (train(w, config, count, list, e) == -1 ||
	    (next = search_next(w->spec, w->results, e)) == NULL)
		return -1;
	best = search_best(w->spec, w->results);
	*result = json_pack("{s:O, s:o, s:b, s:O?, s:i, s:i, s:o}", "trials",
	    list, "best", best == NULL ? json_null() : brief(best), "done",
	    json_is_true(json_object_get(next, "done")), "reason",
	    json_object_get(next, "reason"), "planned", search_planned(w->spec),
	    "trained", (int)json_array_size(w->results), "summary",
	    summary(w, next));
	return 0;
}

/* The trials themselves are steps of their own. */
static int
train_trial_apply(struct work *w, const struct tool_call *call,
    const json_t *result, struct err *e)
{
	const json_t *list = json_object_get(result, "trials"), *one;
	char key[64];
	json_t *step;
	size_t i;

	(void)call;
	json_array_foreach (list, i, one) {
		snprintf(key, sizeof(key), "trial:%d.%" JSON_INTEGER_FORMAT,
		    w->generation, json_int(one, "trial", 0));
		if ((step = run_step(w->run, key)) == NULL)
			return err_set(e, ERR_INTERNAL,
			    "the journal lacks the step '%s'", key);
		note_trial(w, step);
	}
	return 0;
}

static int
trials_list_run(struct work *w, const struct tool_call *call, json_t **result,
    struct err *e)
{
	const json_t *best, *one;
	json_t *list = json_array();
	size_t i;

	(void)call;
	if (w->spec == NULL) {
		json_decref(list);
		return err_set(e, ERR_CONFLICT, "nothing is planned yet");
	}
	best = search_best(w->spec, w->results);
	json_array_foreach (w->results, i, one)
		json_array_append_new(list, brief(one));
	*result = json_pack("{s:o, s:o, s:i, s:i, s:o}", "trials", list, "best",
	    best == NULL ? json_null() : brief(best), "generation",
	    w->generation, "planned", search_planned(w->spec), "summary",
	    json_sprintf("%zu trials", json_array_size(w->results)));
	return 0;
}

/* How simple a learner is: its place in the template's list. */
static int
place(const struct work *w, const json_t *result)
{
	const char *learner =
	    json_str(json_object_get(result, "config"), "learner", "");

	for (int i = 0; w->template->learners[i] != NULL; i++)
		if (strcmp(w->template->learners[i], learner) == 0)
			return i;
	return 1000;
}

static double
standard_error(const json_t *result)
{
	size_t n = json_array_size(json_object_get(result, "folds"));

	return n > 0 ? json_num(result, "sd", 0) / sqrt((double)n) : 0;
}

/* Among the trials on all folds that are within one standard error of the
 * best, the best of the simplest learner (Breiman et al. 1984, 3.4.3). */
static const json_t *
simplest(const struct work *w, const json_t *best)
{
	double sign = metric_kinds[w->spec->objective].sign;
	double bar = sign * json_num(best, "score", 0) - standard_error(best);
	size_t folds = json_array_size(json_object_get(best, "folds")), i;
	const json_t *one, *found = best;
	json_t *alone;
	double x;

	json_array_foreach (w->results, i, one) {
		alone = json_pack("[O]", (json_t *)one);
		x = search_best(w->spec, alone) == NULL
		        ? NAN /* not one that this run may end in */
		        : sign * json_num(one, "score", NAN);
		json_decref(alone);
		if (json_array_size(json_object_get(one, "folds")) != folds ||
		    !(x >= bar))
			continue;
		if (place(w, one) < place(w, found) ||
		    (place(w, one) == place(w, found) &&
			x > sign * json_num(found, "score", 0)))
			found = one;
	}
	return found;
}

static int
model_select_run(struct work *w, const struct tool_call *call, json_t **result,
    struct err *e)
{
	json_int_t trial = json_int(call->args, "trial", -1);
	const char *rule = json_str(call->args, "rule", "best");
	const json_t *best, *chosen;
	json_t *shown;

	if (w->split == NULL ||
	    (best = search_best(w->spec, w->results)) == NULL)
		return err_set(e, ERR_CONFLICT,
		    "no trial on all folds is there to choose from");
	if (trial == -1)
		chosen = strcmp(rule, "best") == 0 ? best : simplest(w, best);
	else if ((chosen = find_trial(w->results, trial)) == NULL)
		return err_set(e, ERR_INVALID,
		    "there is no current trial %" JSON_INTEGER_FORMAT, trial);
	if (json_array_size(json_object_get(chosen, "folds")) !=
	    json_array_size(json_object_get(best, "folds")))
		return err_set(e, ERR_INVALID,
		    "trial %" JSON_INTEGER_FORMAT
		    " was not trained on all folds",
		    trial);
	shown = brief(chosen);
	run_event(w->run, "model_selected", NULL,
	    json_pack("{s:O, s:s, s:O}", "trial", shown, "rule",
		trial == -1 ? rule : "named", "reason",
		json_object_get(call->args, "reason")));
	*result = json_pack("{s:o, s:i, s:o, s:o}", "selected", shown,
	    "generation", w->generation, "best", brief(best), "summary",
	    json_sprintf("trial %" JSON_INTEGER_FORMAT " (%s), %s %.4f",
		json_int(chosen, "trial", 0),
		json_str(json_object_get(chosen, "config"), "learner", ""),
		json_str(chosen, "metric", ""), json_num(chosen, "score", 0)));
	return 0;
}

static int
model_select_apply(struct work *w, const struct tool_call *call,
    const json_t *result, struct err *e)
{
	const json_t *shown = json_object_get(result, "selected");
	const json_t *trial =
	    find_trial(w->results, json_int(shown, "trial", -1));

	(void)call;
	if (trial == NULL)
		return err_set(
		    e, ERR_INTERNAL, "the selected trial is not there");
	json_decref(w->selection);
	w->selection = json_pack("{s:O, s:i, s:O}", "trial",
	    json_object_get(shown, "trial"), "generation", w->generation,
	    "result", trial);
	json_decref(w->development);
	w->development = NULL;
	return 0;
}

/* clang-format off */
const struct tool tool_train_trial = {
	.name = "train_trial",
	.description =
	    "Train the next trials of the search on the development folds: first the "
	    "baseline and each learner plainly, then seeded random configurations by "
	    "successive halving. 'done' says that the search has nothing more to try.",
	.schema = SCHEMA({
		"type": "object", "additionalProperties": false,
		"properties": {
			"until": { "type": "integer", "minimum": 1, "maximum": 1000,
				"description": "stop when so many trials are there; absent: one more" },
			"config": { "type": "object", "additionalProperties": false,
				"required": ["learner"],
				"description": "train this one instead, on all folds",
				"properties": {
					"learner": { "type": "string", "maxLength": 64 },
					"params": { "type": "object" }
				} }
		}
	}),
	.effect = TOOL_CHANGES,
	.permission = TOOL_ALLOW,
	.run = train_trial_run,
	.apply = train_trial_apply,
};

const struct tool tool_trials_list = {
	.name = "trials_list",
	.description = "All current trials with their configurations and cross-validated scores.",
	.schema = SCHEMA({ "type": "object", "additionalProperties": false, "properties": {} }),
	.effect = TOOL_READS,
	.permission = TOOL_ALLOW,
	.run = trials_list_run,
};

const struct tool tool_model_select = {
	.name = "model_select",
	.description =
	    "Choose the trial whose configuration becomes the model: a number, or by rule: "
	    "'best' score, or the simplest learner within one standard error of it.",
	.schema = SCHEMA({
		"type": "object", "additionalProperties": false,
		"required": ["reason"],
		"properties": {
			"trial": { "type": "integer", "minimum": 0, "maximum": 1000000 },
			"rule": { "enum": ["best", "one_standard_error"] },
			"reason": { "type": "string", "minLength": 1, "maxLength": 1000 }
		}
	}),
	.effect = TOOL_CHANGES,
	.permission = TOOL_ALLOW,
	.run = model_select_run,
	.apply = model_select_apply,
};
/* clang-format on */
