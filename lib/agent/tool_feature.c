#include "config.h"

#include <math.h>
#include <string.h>

#include "lib/agent/probe.h"
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
#include "lib/score/dsl.h"
#include "lib/score/prep.h"

#include "lib/banned.h"

/* The development frame's columns as the expression language sees fields. */
static struct prep_field *
fields_of(const struct frame *f, struct arena *a)
{
	struct prep_field *field = arena_alloc(a, f->ncols * sizeof(*field));

	for (size_t i = 0; i < f->ncols; i++) {
		const struct column *c = &f->column[i];

		field[i].name = c->name;
		if (c->number == NULL) {
			field[i].kind = FIELD_CATEGORY;
			field[i].level = c->level;
			field[i].nlevels = (int)c->nlevels;
		} else
			field[i].kind = c->type == COL_DATETIME ? FIELD_DATETIME
			                                        : FIELD_NUMBER;
	}
	return field;
}

static void
raw_row(const struct frame *f, size_t row, struct raw *raw)
{
	for (size_t i = 0; i < f->ncols; i++) {
		const struct column *c = &f->column[i];

		raw[i] = (struct raw){ .kind = RAW_MISSING };
		if (c->number == NULL && c->code[row] >= 0)
			raw[i] = (struct raw){ .kind = RAW_LEVEL,
				.level = c->code[row] };
		else if (c->number != NULL && !isnan(c->number[row]))
			raw[i] = (struct raw){ .kind = RAW_NUMBER,
				.number = c->number[row] };
	}
}

struct facts {
	size_t missing;
	double min, max, mean;
};

static struct facts
measure(const struct dsl *d, const struct frame *f, struct arena *a)
{
	struct raw *raw = arena_alloc(a, f->ncols * sizeof(*raw));
	struct facts t = { .min = INFINITY, .max = -INFINITY };
	size_t n = 0;
	double x;

	for (size_t i = 0; i < f->nrows; i++) {
		raw_row(f, i, raw);
		x = dsl_run(d, raw);
		if (isnan(x)) {
			t.missing++;
			continue;
		}
		n++;
		t.min = fmin(t.min, x);
		t.max = fmax(t.max, x);
		t.mean += (x - t.mean) / (double)n;
	}
	return t;
}

/* Whether the expression may be a feature at all. */
static int
check(const struct work *w, const struct tool_call *call, struct arena *a,
    struct facts *t, struct err *e)
{
	const struct frame *f = w->split->frame;
	const char *name = json_str(call->args, "name", "");
	const char *expr = json_str(call->args, "expr", "");
	struct prep_field *field = fields_of(f, a);
	struct dsl *d = dsl_compile(expr, field, (int)f->ncols, a, e);

	if (d == NULL)
		return -1;
	if (frame_find(f, name) != -1)
		return err_set(
		    e, ERR_INVALID, "'%.200s' is the name of a column", name);
	for (int i = 0; i < w->spec->nderived; i++)
		if (strcmp(w->spec->derived[i].name, name) == 0 ||
		    strcmp(w->spec->derived[i].expr, expr) == 0)
			return err_set(e, ERR_INVALID,
			    "there is such a feature already: '%.200s'",
			    w->spec->derived[i].name);
	for (size_t i = 0; i < f->ncols; i++)
		if (dsl_uses(d, (int)i) && !work_usable(w, f->column[i].name))
			return err_set(e, ERR_DENIED,
			    "'%.200s' is the target or left out: no feature "
			    "may use it",
			    f->column[i].name);
	*t = measure(d, f, a);
	if (t->missing == f->nrows || t->min == t->max)
		return err_set(e, ERR_INVALID,
		    "the feature has one value only on the development rows");
	return 0;
}

static int
feature_propose_run(struct work *w, const struct tool_call *call,
    json_t **result, struct err *e)
{
	const char *keep = json_str(call->args, "keep", "if_helps");
	auto_json json_t *derived = NULL, *request = NULL;
	json_t *test;
	struct arena *a;
	struct facts t = { 0 };
	int rc, kept;

	if (w->split == NULL)
		return err_set(
		    e, ERR_CONFLICT, "the rows are not split yet: split_make");
	a = arena_new();
	rc = check(w, call, a, &t, e);
	arena_free(a);
	if (rc == -1)
		return -1;
	derived = json_pack("[{s:O, s:O}]", "name",
	    json_object_get(call->args, "name"), "expr",
	    json_object_get(call->args, "expr"));
	request = work_request(w, NULL, derived);
	test =
	    probe_compare(w, request, json_str(call->args, "learner", NULL), e);
	if (test == NULL)
		return -1;
	kept = strcmp(keep, "always") == 0 ||
	       (strcmp(keep, "if_helps") == 0 &&
		   json_num(test, "gain", 0) > json_num(test, "se", 0));
	*result = json_pack("{s:O, s:O, s:I, s:{s:o, s:o, s:o}, s:o, s:b}",
	    "name", json_object_get(call->args, "name"), "expr",
	    json_object_get(call->args, "expr"), "missing",
	    (json_int_t)t.missing, "values", "min", json_finite(t.min), "max",
	    json_finite(t.max), "mean", json_finite(t.mean), "test", test,
	    "kept", kept);
	json_object_set_new(*result, "summary",
	    json_sprintf("%s: %s %+.4g (standard error %.2g) over the folds, "
			 "%s",
		json_str(call->args, "name", ""), json_str(test, "metric", ""),
		json_num(test, "gain", 0), json_num(test, "se", 0),
		kept ? "kept" : "not kept"));
	return 0;
}

static int
feature_propose_apply(struct work *w, const struct tool_call *call,
    const json_t *result, struct err *e)
{
	auto_json json_t *derived = NULL;

	if (!json_is_true(json_object_get(result, "kept")))
		return 0;
	derived = json_pack("[{s:O, s:O, s:O?, s:O?}]", "name",
	    json_object_get(result, "name"), "expr",
	    json_object_get(result, "expr"), "reason",
	    json_object_get(call->args, "reason"), "gain",
	    json_object_get(json_object_get(result, "test"), "gain"));
	json_array_extend(w->derived, derived);
	return work_change(w, NULL, derived, e);
}

/* clang-format off */
const struct tool tool_feature_propose = {
	.name = "feature_propose",
	.description =
	    "Propose a derived feature in the expression language (arithmetic, log, "
	    "sqrt, comparisons, if, bins, year/month/weekday/days_between of dates, "
	    "text functions). It is checked, and the same learner is trained with and "
	    "without it on the same folds: 'if_helps' keeps it when the mean gain is "
	    "above its standard error.",
	.schema = SCHEMA({
		"type": "object", "additionalProperties": false,
		"required": ["name", "expr", "reason"],
		"properties": {
			"name": { "type": "string", "minLength": 1, "maxLength": 100 },
			"expr": { "type": "string", "minLength": 1, "maxLength": 4000 },
			"reason": { "type": "string", "minLength": 1, "maxLength": 500 },
			"keep": { "enum": ["if_helps", "always", "never"] },
			"learner": { "enum": ["logistic", "ridge", "scorecard", "random_forest", "xgboost"],
				"description": "what it is tested with; by default the template's linear one" }
		}
	}),
	.effect = TOOL_CHANGES,
	.permission = TOOL_ALLOW,
	.run = feature_propose_run,
	.apply = feature_propose_apply,
};
/* clang-format on */
