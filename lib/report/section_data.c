/*
 * What the model is for and what it was made from.
 */
#include "config.h"

#include <math.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/banned.h"
#include "lib/json.h"
#include "lib/report/figure.h"
#include "lib/report/number.h"
#include "lib/report/section.h"
#include "lib/report/series.h"

static const char *
intended_use(const struct section_input *in)
{
	const char *use =
	    json_str(json_object_get(in->run, "params"), "intended_use", NULL);

	if (use == NULL)
		use = json_str(in->run, "intended_use", NULL);
	return use;
}

static void
use(const struct section_input *in)
{
	const char *text = intended_use(in);

	doc_heading(in->doc, "Intended use");
	if (text != NULL)
		doc_text(in->doc, "%s", text);
	else
		doc_text(in->doc,
		    "No intended use has been recorded with this run. The "
		    "report says how the model does on data like that "
		    "described below; whether that fits a purpose is for the "
		    "model's owner to state before it is used.");
}

static const char *
description(const struct section_input *in, const char *key)
{
	const char *s = json_str(in->dataset, key, NULL);

	if (s == NULL)
		s = json_str(json_object_get(in->dataset, "meta"), key, "");
	return s;
}

static void
facts(const struct section_input *in)
{
	char s[NUMBER_LEN];
	struct doc *d = in->doc;

	doc_heading(d, "Data set");
	doc_fact(d, "Name", "%s", json_str(in->dataset, "name", ""));
	doc_fact(d, "Description", "%s", description(in, "description"));
	doc_fact(d, "Source", "%s", description(in, "source"));
	doc_fact(d, "Licence", "%s", description(in, "licence"));
	if (json_is_number(json_object_get(in->dataset, "rows"))) {
		number_sig(json_num(in->dataset, "rows", NAN), 4, s);
		doc_fact(d, "Rows", "%s", s);
	}
	if (json_is_number(json_object_get(in->dataset, "columns"))) {
		number_sig(json_num(in->dataset, "columns", NAN), 4, s);
		doc_fact(d, "Columns", "%s", s);
	}
	if (json_is_number(json_object_get(in->dataset, "bytes"))) {
		number_bytes(json_num(in->dataset, "bytes", NAN), s);
		doc_fact(d, "Size", "%s", s);
	}
	if (json_is_number(json_object_get(in->profile, "duplicate_rows"))) {
		number_sig(json_num(in->profile, "duplicate_rows", NAN), 4, s);
		doc_fact(d, "Duplicate rows", "%s", s);
	}
	doc_code(d, "SHA-256", json_str(in->dataset, "digest", ""));
	if (in->dataset == NULL)
		section_absent(in, "The data set");
}

/* "missing 3.2% · personal:email" */
static const char *
notes(const struct section_input *in, const json_t *column)
{
	const char *list = "";
	const json_t *v;
	size_t i;

	json_array_foreach (json_object_get(column, "suspects"), i, v) {
		if (i == 4)
			break;
		list = arena_printf(in->arena, "%s%s%.60s", list,
		    i > 0 ? ", " : "", series_word(in->arena, v));
	}
	json_array_foreach (json_object_get(in->profile, "leakage"), i, v)
		if (strcmp(json_str(v, "column", ""),
			json_str(column, "name", "-")) == 0) {
			list = arena_printf(in->arena, "%s%spossible leakage",
			    list, *list != '\0' ? ", " : "");
			break;
		}
	return list;
}

static const char *
centre(const struct section_input *in, const json_t *column)
{
	const json_t *top = json_array_get(json_object_get(column, "top"), 0);
	char low[NUMBER_LEN], high[NUMBER_LEN];
	double min = json_num(column, "min", NAN);
	double max = json_num(column, "max", NAN);

	if (isfinite(min) && isfinite(max)) {
		number_sig(min, 4, low);
		number_sig(max, 4, high);
		return arena_printf(in->arena, "%s to %s", low, high);
	}
	if (json_is_string(json_object_get(column, "min")))
		return arena_printf(in->arena, "%.40s to %.40s",
		    json_str(column, "min", ""), json_str(column, "max", ""));
	return top == NULL
	           ? ""
	           : arena_printf(in->arena, "mostly %.60s",
			 series_word(in->arena, json_object_get(top, "value")));
}

static void
quality(const struct section_input *in)
{
	static const struct doc_column columns[] = {
		{ "Column", DOC_LEFT },
		{ "Type", DOC_LEFT },
		{ "Missing", DOC_RIGHT },
		{ "Distinct", DOC_RIGHT },
		{ "Values", DOC_LEFT },
		{ "Mean", DOC_RIGHT },
		{ "Median", DOC_RIGHT },
		{ "Noticed", DOC_LEFT, .share = 1 },
	};
	const json_t *list = json_object_get(in->profile, "columns"), *c;
	double rows = json_num(in->profile, "rows", NAN);
	struct doc *d = in->doc;
	char s[NUMBER_LEN];
	size_t i;

	doc_heading(d, "Data quality");
	if (json_array_size(list) == 0) {
		section_absent(in, "The profile of the columns");
		return;
	}
	doc_table(d, columns, nitems(columns));
	json_array_foreach (list, i, c) {
		const json_t *distinct = json_object_get(c, "distinct");
		const json_t *exact = json_object_get(c, "distinct_exact");

		if (i == SECTION_COLUMNS_MAX)
			break;
		doc_cell(d, "%s", json_str(c, "name", ""));
		doc_cell(d, "%s", json_str(c, "type", ""));
		number_percent(json_num(c, "missing", NAN) / rows, s);
		doc_cell(d, "%s", s);
		number_sig(series_number(distinct), 4, s);
		doc_cell(d, "%s%s", json_is_false(exact) ? "~" : "", s);
		doc_cell(d, "%s", centre(in, c));
		doc_cell_number(d, json_num(c, "mean", NAN));
		doc_cell_number(
		    d, json_num(json_object_get(c, "quantiles"), "p50", NAN));
		doc_cell(d, "%s", notes(in, c));
	}
	doc_note(d, "%s\"~\" marks an estimate. The profile is of %s.",
	    json_array_size(list) > SECTION_COLUMNS_MAX
		? arena_printf(in->arena,
		      "The first %d of %zu columns; the others are in "
		      "profile.json. ",
		      SECTION_COLUMNS_MAX, json_array_size(list))
		: "",
	    rows == json_num(json_object_get(in->evaluation, "rows"),
			"development", NAN)
		? "the development rows; the holdout was not looked at"
	    : rows == json_num(in->dataset, "rows", NAN) ? "the whole data set"
	    : isfinite(rows) ? arena_printf(in->arena, "%.0f rows", rows)
			     : "the data set");
}

static void
target(const struct section_input *in)
{
	const char *name =
	    json_str(in->evaluation, "target", json_str(in->run, "target", ""));
	const json_t *c;
	const struct plot *p = NULL;
	size_t i;

	json_array_foreach (json_object_get(in->profile, "columns"), i, c)
		if (*name != '\0' &&
		    strcmp(json_str(c, "name", ""), name) == 0) {
			p = figure_column(in->arena, c, i + 1,
			    arena_printf(
				in->arena, "The target: %.100s", name));
			break;
		}
	if (p != NULL) {
		struct plot *renamed = arena_alloc(in->arena, sizeof(*p));

		*renamed = *p;
		renamed->name = "target";
		doc_figure(in->doc, renamed, 2,
		    "How the target is distributed in the profiled rows.");
	}
}

static void
relations(const struct section_input *in)
{
	static const struct doc_column columns[] = {
		{ "Column", DOC_LEFT },
		{ "With", DOC_LEFT },
		{ "Correlation", DOC_RIGHT },
	};
	const json_t *list = json_object_get(in->profile, "correlations"), *v;
	size_t i, n = 0;

	json_array_foreach (list, i, v) {
		double r = json_num(v, "r", NAN);

		if (!(fabs(r) >= 0.7) || n == 15)
			continue;
		if (n++ == 0) {
			doc_heading(in->doc, "Columns that move together");
			doc_table(in->doc, columns, nitems(columns));
		}
		doc_cell(in->doc, "%s", json_str(v, "a", ""));
		doc_cell(in->doc, "%s", json_str(v, "b", ""));
		doc_cell_fixed(in->doc, r, 3);
	}
	if (n > 0)
		doc_note(in->doc,
		    "Pairs with a correlation of 0.7 or more either way, 15 at "
		    "most. Importance is shared arbitrarily among such "
		    "columns.");
}

static void
warnings(const struct section_input *in)
{
	const json_t *list = json_object_get(in->profile, "warnings"), *v;
	size_t i;

	json_array_foreach (list, i, v) {
		const char *text = series_word(in->arena, v);

		if (i == 20) {
			doc_note(in->doc,
			    "%zu more warnings are in "
			    "profile.json.",
			    json_array_size(list) - i);
			break;
		}
		if (*text == '\0')
			text = json_str(v, "message", json_str(v, "text", ""));
		if (i == 0)
			doc_heading(in->doc, "Warnings of the profile");
		if (*text != '\0')
			doc_item(in->doc, "%s", text);
	}
}

void
section_data(const struct section_input *in)
{
	doc_section(in->doc, "data", "Intended use and data");
	use(in);
	facts(in);
	target(in);
	quality(in);
	relations(in);
	warnings(in);
}
