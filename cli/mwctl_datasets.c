/*
 * mwctl datasets list, show, profile, add.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/ctl.h"
#include "cli/http.h"
#include "cli/say.h"
#include "cli/table.h"
#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/err.h"
#include "lib/json.h"

#include "lib/banned.h"

#define DATASETS "/api/v1/datasets"

/* clang-format off */
static const struct {
	const char *ending, *format, *media_type;
} formats[] = {
	{ ".csv",    "csv",   "text/csv" },
	{ ".arff",   "arff",  "application/x-arff" },
	{ ".jsonl",  "jsonl", "application/x-ndjson" },
	{ ".ndjson", "jsonl", "application/x-ndjson" },
};
/* clang-format on */

static void
print_list(struct ctl *c, const json_t *items)
{
	static const char *const heads[] = { "NAME", "FORMAT", ">ROWS",
		">COLUMNS", ">SIZE", "DIGEST", "ADDED", NULL };
	struct table *t = table_new(c, heads);
	const json_t *d;
	size_t i;

	json_array_foreach (items, i, d) {
		table_cell(t, json_str(d, "name", ""));
		table_cell(t, json_str(d, "format", ""));
		table_cell(t, say_value(c, json_object_get(d, "rows")));
		table_cell(t, say_value(c, json_object_get(d, "columns")));
		table_cell(t, say_bytes(c, json_int(d, "bytes", 0)));
		table_paint(t, PAINT_DIM,
		    arena_printf(
			c->arena, "%.12s…", json_str(d, "digest", "")));
		table_cell(t, say_date(c, json_str(d, "created_at", "")));
	}
	table_end(t);
}

/* All of them, page after page; the caller's. */
static json_t *
fetch_all(struct ctl *c, struct err *e)
{
	json_t *items = json_array();
	const char *next = NULL;

	do {
		auto_json json_t *page = NULL;

		if (http_call(c, "GET",
			http_with(c, DATASETS "?limit=500", "cursor", next),
			NULL, NULL, &page, e) == -1) {
			json_decref(items);
			return NULL;
		}
		json_array_extend(items, json_object_get(page, "items"));
		next = json_str(page, "next_cursor", NULL);
		if (next != NULL)
			next = arena_strdup(c->arena, next);
	} while (next != NULL);
	return items;
}

static int
list(const struct cmd_line *l, void *arg, struct err *e)
{
	struct ctl *c = arg;
	auto_json json_t *items = fetch_all(c, e);

	(void)l;
	if (items == NULL)
		return -1;
	if (c->json)
		ctl_print_json(items);
	else
		print_list(c, items);
	return 0;
}

static int
show(const struct cmd_line *l, void *arg, struct err *e)
{
	struct ctl *c = arg;
	auto_json json_t *items = fetch_all(c, e), *only = json_array();
	json_t *d;
	size_t i;

	if (items == NULL)
		return -1;
	json_array_foreach (items, i, d)
		if (strcmp(json_str(d, "name", ""), l->word[0]) == 0)
			json_array_append(only, d);
	if (json_array_size(only) == 0)
		return err_set(
		    e, ERR_NOT_FOUND, "there is no data set '%s'", l->word[0]);
	if (c->json)
		ctl_print_json(json_array_get(only, 0));
	else
		print_list(c, only);
	return 0;
}

/* The most frequent values, or the range: what one column looks like. */
static const char *
looks(struct ctl *c, const json_t *col)
{
	const json_t *q = json_object_get(col, "quantiles");
	const json_t *top = json_object_get(col, "top"), *v;
	const char *out = "";
	size_t i;

	if (json_is_object(q))
		return arena_printf(c->arena, "%s … %s … %s",
		    say_value(c, json_object_get(col, "min")),
		    say_value(c, json_object_get(q, "p50")),
		    say_value(c, json_object_get(col, "max")));
	json_array_foreach (top, i, v) {
		if (i == 4)
			break;
		out = arena_printf(c->arena, "%s%s%s (%s)", out,
		    i > 0 ? ", " : "",
		    say_value(c, json_object_get(v, "value")),
		    say_value(c, json_object_get(v, "count")));
	}
	return out;
}

static const char *
joined(struct ctl *c, const json_t *texts)
{
	const char *out = "";
	const json_t *v;
	size_t i;

	json_array_foreach (texts, i, v)
		out = arena_printf(c->arena, "%s%s%s", out, i > 0 ? ", " : "",
		    say_value(c, v));
	return out;
}

static void
print_profile(struct ctl *c, const json_t *p)
{
	static const char *const heads[] = { "COLUMN", "TYPE", ">MISSING",
		">DISTINCT", "VALUES", "SUSPECT", NULL };
	struct table *t = table_new(c, heads);
	const json_t *col, *warning;
	size_t i;

	printf("%s rows, %s doubled\n\n",
	    say_value(c, json_object_get(p, "rows")),
	    say_value(c, json_object_get(p, "duplicate_rows")));
	json_array_foreach (json_object_get(p, "columns"), i, col) {
		table_paint(t, PAINT_BOLD, json_str(col, "name", ""));
		table_cell(t, json_str(col, "type", ""));
		table_cell(t, say_value(c, json_object_get(col, "missing")));
		table_cell(
		    t, arena_printf(c->arena, "%s%s",
			   json_is_false(json_object_get(col, "distinct_exact"))
			       ? "~"
			       : "",
			   say_value(c, json_object_get(col, "distinct"))));
		table_cell(t, looks(c, col));
		table_paint(
		    t, PAINT_BAD, joined(c, json_object_get(col, "suspects")));
	}
	table_end(t);
	json_array_foreach (json_object_get(p, "warnings"), i, warning)
		printf("%s%s%s\n", i == 0 ? "\n" : "",
		    "warning: ", table_clean(c, say_value(c, warning)));
}

static int
profile(const struct cmd_line *l, void *arg, struct err *e)
{
	struct ctl *c = arg;
	auto_json json_t *p = NULL;
	const json_t *inner;

	if (http_call(c, "GET",
		http_path(c, DATASETS "/%s/profile", l->word[0]), NULL, NULL,
		&p, e) == -1)
		return -1;
	if (c->json) {
		ctl_print_json(p);
		return 0;
	}
	inner = json_object_get(p, "profile");
	print_profile(c, json_is_object(inner) ? inner : p);
	return 0;
}

/* The media type by --format, else by the file's ending. */
static const char *
media_type(const char *format, const char *file, struct err *e)
{
	const char *dot = strrchr(file, '.');

	for (size_t i = 0; i < nitems(formats); i++)
		if (format != NULL
			? strcmp(formats[i].format, format) == 0
			: dot != NULL &&
			      strcasecmp(formats[i].ending, dot) == 0)
			return formats[i].media_type;
	err_set(e, ERR_UNSUPPORTED,
	    format != NULL ? "the format must be csv, arff or jsonl, not '%s'"
			   : "what is '%s'?  --format says: csv, arff or jsonl",
	    format != NULL ? format : file);
	return NULL;
}

static const char *
base_name(struct ctl *c, const char *file)
{
	const char *slash = strrchr(file, '/');
	char *name = arena_strdup(c->arena, slash != NULL ? slash + 1 : file);
	char *dot = strrchr(name, '.');

	if (dot != NULL && dot > name)
		*dot = '\0';
	return name;
}

static int
add(const struct cmd_line *l, void *arg, struct err *e)
{
	struct ctl *c = arg;
	const char *file = l->word[0], *name = cmd_option(l, "name");
	const char *type = media_type(cmd_option(l, "format"), file, e);
	const char *path;
	auto_json json_t *d = NULL;

	if (type == NULL)
		return -1;
	if (name == NULL)
		name = base_name(c, file);
	path = http_with(c, DATASETS, "name", name);
	path = http_with(c, path, "on_error", cmd_option(l, "on-error"));
	if (http_upload(c, path, file, type, &d, e) == -1)
		return -1;
	if (c->json)
		ctl_print_json(d);
	else
		printf("added %s: %s rows, %s columns, %s, %.12s…\n",
		    table_clean(c, name),
		    say_value(c, json_object_get(d, "rows")),
		    say_value(c, json_object_get(d, "columns")),
		    say_bytes(c, json_int(d, "bytes", 0)),
		    table_clean(c, json_str(d, "digest", "")));
	return 0;
}

/* clang-format off */
static const struct cmd_option add_options[] = {
	{ 'n', "name", "NAME", 0, "its name; the file's without ending, if not given" },
	{ 0, "format", "FORMAT", 0, "csv, arff or jsonl; the file's ending, if not given" },
	{ 0, "on-error", "WHAT", 0, "what a bad row does: fail, skip or null" },
	{ 0 }
};

const struct cmd ctl_datasets_list = {
	"datasets list", "", 0, 0, NULL, "List the data sets on hand", list
};

const struct cmd ctl_datasets_show = {
	"datasets show", "NAME", 1, 1, NULL, "Show one data set", show
};

const struct cmd ctl_datasets_profile = {
	"datasets profile", "NAME", 1, 1, NULL,
	"Print what the columns of a data set look like", profile
};

const struct cmd ctl_datasets_add = {
	"datasets add", "FILE", 1, 1, add_options, "Upload a data set", add
};
/* clang-format on */
