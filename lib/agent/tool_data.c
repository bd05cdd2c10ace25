#include "config.h"

#include <stdbool.h>
#include <string.h>

#include "lib/agent/devprofile.h"
#include "lib/agent/tool.h"
#include "lib/agent/tools.h"
#include "lib/agent/work.h"
#include "lib/auto.h"
#include "lib/data/frame.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/ml/spec.h"
#include "lib/ml/split.h"

#include "lib/banned.h"

/* How many pairs and suspects one answer lists. */
#define PAIRS_MAX 40
#define TOP_MAX   5

static int
need_profile(struct work *w, struct err *e)
{
	char dir[4096];

	if (w->split == NULL)
		return err_set(
		    e, ERR_CONFLICT, "the rows are not split yet: split_make");
	if (w->profile != NULL)
		return 0;
	if (work_folder(w, dir, e) == -1)
		return -1;
	w->profile = devprofile_make(w->split->frame, w->spec->target, dir, e);
	work_folder_done(dir);
	return w->profile == NULL ? -1 : 0;
}

/* The first n of a list, each without what is long. */
static json_t *
first(const json_t *list, size_t n)
{
	json_t *out = json_array();

	for (size_t i = 0; i < n && i < json_array_size(list); i++)
		json_array_append(out, json_array_get(list, i));
	return out;
}

static json_t *
brief(const struct work *w, const json_t *column)
{
	static const char *const kept[] = { "name", "type", "missing",
		"distinct", "distinct_exact", "min", "max", "mean", "sd",
		"skew", "quantiles", "length", "suspects" };
	json_t *v, *out = json_object();

	for (size_t i = 0; i < nitems(kept); i++)
		if ((v = json_object_get(column, kept[i])) != NULL)
			json_object_set(out, kept[i], v);
	json_object_set_new(
	    out, "top", first(json_object_get(column, "top"), TOP_MAX));
	json_object_set_new(out, "used",
	    json_boolean(work_usable(w, json_str(column, "name", ""))));
	return out;
}

static int
dataset_profile_run(struct work *w, const struct tool_call *call,
    json_t **result, struct err *e)
{
	json_int_t offset = json_int(call->args, "offset", 0);
	json_int_t limit = json_int(call->args, "limit", 50);
	const json_t *columns;
	json_t *page, *next;
	size_t n;

	if (need_profile(w, e) == -1)
		return -1;
	columns = json_object_get(w->profile, "columns");
	n = json_array_size(columns);
	page = json_array();
	for (json_int_t i = offset; i < offset + limit && i < (json_int_t)n;
	     i++)
		json_array_append_new(
		    page, brief(w, json_array_get(columns, (size_t)i)));
	next = offset + limit < (json_int_t)n ? json_integer(offset + limit)
	                                      : json_null();
	*result = json_pack(
	    "{s:I, s:I, s:o, s:o, s:o, s:O?, s:O?, s:O?, s:O?, s:o}", "rows",
	    (json_int_t)w->split->frame->nrows, "column_count", (json_int_t)n,
	    "columns", page, "next_offset", next, "correlations",
	    first(json_object_get(w->profile, "correlations"), PAIRS_MAX),
	    "leakage", json_object_get(w->profile, "leakage"), "target",
	    json_object_get(w->profile, "target"), "warnings",
	    json_object_get(w->profile, "warnings"), "duplicate_rows",
	    json_object_get(w->profile, "duplicate_rows"), "summary",
	    json_sprintf("%zu development rows, %zu columns, %zu of them "
			 "shown",
		w->split->frame->nrows, n, json_array_size(page)));
	return 0;
}

static bool
is_personal(const struct work *w, const char *name)
{
	const json_t *one, *suspect;
	size_t i, j;

	json_array_foreach (json_object_get(w->profile, "columns"), i, one) {
		if (strcmp(json_str(one, "name", ""), name) != 0)
			continue;
		json_array_foreach (
		    json_object_get(one, "suspects"), j, suspect)
			if (strncmp(
				json_string_value(suspect), "personal", 8) == 0)
				return true;
	}
	return false;
}

/* What could name a person is never shown: suspects, identifiers, text. */
static void
mask(const struct work *w, json_t *row)
{
	const struct frame *f = w->split->frame;

	for (size_t i = 0; i < f->ncols; i++) {
		const struct column *c = &f->column[i];

		if (json_is_null(json_object_get(row, c->name)))
			continue;
		if (c->type == COL_IDENTIFIER || c->type == COL_TEXT ||
		    is_personal(w, c->name))
			json_object_set_new(
			    row, c->name, json_string("[masked]"));
	}
}

static int
dataset_sample_run(struct work *w, const struct tool_call *call,
    json_t **result, struct err *e)
{
	size_t n = (size_t)json_int(call->args, "rows", 5), row;
	json_t *rows, *one;

	if (need_profile(w, e) == -1)
		return -1;
	if (n > w->split->frame->nrows)
		n = w->split->frame->nrows;
	rows = json_array();
	for (size_t i = 0; i < n; i++) {
		row = i * w->split->frame->nrows / n;
		one = devprofile_row(w->split->frame, row);
		mask(w, one);
		json_array_append_new(rows, one);
	}
	*result = json_pack("{s:o, s:o}", "rows", rows, "summary",
	    json_sprintf("%zu development rows, personal data masked", n));
	return 0;
}

/* clang-format off */
const struct tool tool_dataset_profile = {
	.name = "dataset_profile",
	.description =
	    "The profile of the development rows, a page of columns at a time: types, "
	    "missing values, distributions, correlations, suspects of personal data "
	    "and of target leakage. The sealed rows are not in it.",
	.schema = SCHEMA({
		"type": "object", "additionalProperties": false,
		"properties": {
			"offset": { "type": "integer", "minimum": 0, "maximum": 100000 },
			"limit": { "type": "integer", "minimum": 1, "maximum": 100 }
		}
	}),
	.effect = TOOL_READS,
	.permission = TOOL_ALLOW,
	.run = dataset_profile_run,
};

const struct tool tool_dataset_sample = {
	.name = "dataset_sample",
	.description =
	    "A few development rows, evenly picked. Columns that may hold personal "
	    "data, identifiers and free text are masked.",
	.schema = SCHEMA({
		"type": "object", "additionalProperties": false,
		"properties": {
			"rows": { "type": "integer", "minimum": 1, "maximum": 20 }
		}
	}),
	.effect = TOOL_READS,
	.permission = TOOL_ALLOW,
	.run = dataset_sample_run,
};
/* clang-format on */
