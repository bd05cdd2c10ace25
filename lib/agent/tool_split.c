#include "config.h"

#include <string.h>

#include "lib/agent/agent.h"
#include "lib/agent/run.h"
#include "lib/agent/tool.h"
#include "lib/agent/tools.h"
#include "lib/agent/work.h"
#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/data/frame.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/ml/spec.h"
#include "lib/ml/split.h"

#include "lib/banned.h"

/* The members of a run's params that the call sets. */
static json_t *
split_params(const json_t *args)
{
	static const char *const names[][2] = { { "kind", "split" },
		{ "column", "split_column" }, { "folds", "folds" },
		{ "holdout", "holdout" } };
	json_t *params = json_object();
	json_t *v;

	for (size_t i = 0; i < nitems(names); i++)
		if ((v = json_object_get(args, names[i][0])) != NULL)
			json_object_set(params, names[i][1], v);
	return params;
}

static json_t *
classes_json(const struct split *s)
{
	json_t *list = json_array();
	json_int_t n;

	for (int c = 0; c < s->target.nclasses; c++) {
		n = 0;
		for (size_t i = 0; i < s->frame->nrows; i++)
			n += (int)s->target.y[i] == c;
		json_array_append_new(list, json_pack("{s:s, s:I}", "class",
						s->target.class[c], "rows", n));
	}
	return list;
}

static int
split_make_run(struct work *w, const struct tool_call *call, json_t **result,
    struct err *e)
{
	auto_json json_t *params = split_params(call->args);
	auto_json json_t *request = json_deep_copy(w->request);
	struct split *split;

	if (w->split != NULL)
		return err_set(e, ERR_CONFLICT,
		    "the rows are sealed already, and stay so");
	json_object_update(json_object_get(request, "params"), params);
	if ((split = work_split(w, request, e)) == NULL)
		return -1;
	*result = json_pack("{s:O, s:o, s:o, s:o}", "params", params, "split",
	    split_to_json(split), "classes", classes_json(split), "summary",
	    json_sprintf("%zu rows for development in %d folds, %zu sealed, "
			 "by a %s split",
		split->frame->nrows, split->nfolds, split->holdout_rows,
		split_kind_names[split->spec->split]));
	split_free(split);
	return 0;
}

static int
split_make_apply(struct work *w, const struct tool_call *call,
    const json_t *result, struct err *e)
{
	(void)call;
	json_object_update(json_object_get(w->request, "params"),
	    json_object_get(result, "params"));
	return work_respec(w, e) == -1 ? -1 : work_seal(w, e);
}

static int
may_exclude(const struct work *w, const char *column, struct err *e)
{
	if (work_column(w, column, e) == -1)
		return -1;
	if (strcmp(column, w->spec->target) == 0)
		return err_set(e, ERR_INVALID,
		    "'%.200s' is the target: it cannot be left out", column);
	if (!work_usable(w, column))
		return err_set(
		    e, ERR_INVALID, "'%.200s' is left out already", column);
	for (int i = 0; i < w->spec->nderived; i++)
		if (strstr(w->spec->derived[i].expr, column) != NULL)
			return err_set(e, ERR_INVALID,
			    "the feature '%.100s' is made of '%.200s'",
			    w->spec->derived[i].name, column);
	return 0;
}

static size_t
usable_columns(const struct work *w)
{
	const struct frame *f = w->split->frame;
	size_t n = 0;

	for (size_t i = 0; i < f->ncols; i++)
		n += work_usable(w, f->column[i].name);
	return n;
}

static int
columns_exclude_run(struct work *w, const struct tool_call *call,
    json_t **result, struct err *e)
{
	const json_t *list = json_object_get(call->args, "columns"), *one;
	size_t i, n = json_array_size(list);

	if (w->split == NULL)
		return err_set(
		    e, ERR_CONFLICT, "the rows are not split yet: split_make");
	json_array_foreach (list, i, one)
		if (may_exclude(w, json_str(one, "column", ""), e) == -1)
			return -1;
	if (usable_columns(w) <= n)
		return err_set(e, ERR_INVALID,
		    "then no column would be left to learn from");
	*result = json_pack("{s:O, s:o}", "columns", (json_t *)list, "summary",
	    json_sprintf("%zu column%s left out: %s", n, n == 1 ? "" : "s",
		json_str(json_array_get(list, 0), "column", "")));
	return 0;
}

static int
columns_exclude_apply(struct work *w, const struct tool_call *call,
    const json_t *result, struct err *e)
{
	const json_t *list = json_object_get(result, "columns"), *one;
	size_t i;

	json_array_foreach (list, i, one)
		json_array_append_new(
		    w->excluded, json_pack("{s:s, s:s, s:s}", "column",
				     json_str(one, "column", ""), "reason",
				     json_str(one, "reason", ""), "agent",
				     call->agent->name));
	return work_change(w, list, NULL, e);
}

/* clang-format off */
const struct tool tool_split_make = {
	.name = "split_make",
	.description =
	    "Seal a part of the rows as the holdout and cut the rest into folds. "
	    "Once a run, before anything is looked at. Without arguments it does "
	    "what the run and its template say.",
	.schema = SCHEMA({
		"type": "object", "additionalProperties": false,
		"properties": {
			"kind": { "enum": ["stratified", "random", "grouped", "time"] },
			"column": { "type": "string", "minLength": 1, "maxLength": 1024,
				"description": "whose values stay together (grouped) or order the rows (time)" },
			"folds": { "type": "integer", "minimum": 2, "maximum": 10 },
			"holdout": { "type": "number", "minimum": 0.05, "maximum": 0.5 }
		}
	}),
	.effect = TOOL_CHANGES,
	.permission = TOOL_ALLOW,
	.run = split_make_run,
	.apply = split_make_apply,
};

const struct tool tool_columns_exclude = {
	.name = "columns_exclude",
	.description =
	    "Leave columns out of all learning, each with the reason. What was "
	    "trained with them before is no longer current.",
	.schema = SCHEMA({
		"type": "object", "additionalProperties": false,
		"required": ["columns"],
		"properties": {
			"columns": { "type": "array", "minItems": 1, "maxItems": 10000,
				"items": { "type": "object", "additionalProperties": false,
					"required": ["column", "reason"],
					"properties": {
						"column": { "type": "string", "minLength": 1, "maxLength": 1024 },
						"reason": { "type": "string", "minLength": 1, "maxLength": 500 }
					} } }
		}
	}),
	.effect = TOOL_CHANGES,
	.permission = TOOL_ALLOW,
	.run = columns_exclude_run,
	.apply = columns_exclude_apply,
};
/* clang-format on */
