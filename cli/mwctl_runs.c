/*
 * mwctl runs start, list, show, cancel, pause, resume.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ctl.h"
#include "cli/http.h"
#include "cli/live.h"
#include "cli/say.h"
#include "cli/table.h"
#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/err.h"
#include "lib/ident.h"
#include "lib/json.h"

#include "lib/banned.h"

#define RUNS "/api/v1/pipelines"

static void
print_field(struct ctl *c, const char *name, const char *value)
{
	if (value != NULL && strcmp(value, "-") != 0 && value[0] != '\0')
		printf("%s%-12s%s %s\n", table_paint_on(c, PAINT_DIM), name,
		    table_paint_off(c), table_clean(c, value));
}

static const char *
progress(struct ctl *c, const json_t *run)
{
	const json_t *p = json_object_get(run, "progress");
	double eta = json_num(p, "eta_s", -1);
	const char *s =
	    arena_printf(c->arena, "%.0f%%", json_num(p, "fraction", 0) * 100);

	return eta < 0 ? s
	               : arena_printf(
			     c->arena, "%s, %s left", s, say_seconds(c, eta));
}

static void
print_run(struct ctl *c, const json_t *run)
{
	const json_t *data = json_object_get(run, "dataset");
	const json_t *cost = json_object_get(run, "cost");
	const json_t *why = json_object_get(run, "error");
	const char *state = json_str(run, "state", "?");

	print_field(c, "run", json_str(run, "run_id", NULL));
	print_field(c, "name", json_str(run, "name", NULL));
	printf("%s%-12s%s %s%s%s\n", table_paint_on(c, PAINT_DIM), "state",
	    table_paint_off(c), table_paint_on(c, table_state(state)),
	    table_clean(c, state), table_paint_off(c));
	if (json_is_object(why))
		print_field(c, "error",
		    arena_printf(c->arena, "%s (%s)",
			json_str(why, "detail", ""),
			json_str(why, "code", "?")));
	print_field(c, "phase", json_str(run, "phase", NULL));
	print_field(c, "agent", json_str(run, "active_agent", NULL));
	print_field(c, "progress", progress(c, run));
	print_field(c, "best", say_best(c, json_object_get(run, "best")));
	print_field(c, "template", json_str(run, "template", NULL));
	print_field(c, "dataset",
	    arena_printf(c->arena, "%s (%.12s)", json_str(data, "name", "?"),
		json_str(data, "digest", "")));
	print_field(c, "target", json_str(run, "target", NULL));
	print_field(c, "compliance", json_str(run, "compliance", NULL));
	print_field(c, "seed", say_value(c, json_object_get(run, "seed")));
	print_field(c, "cost",
	    arena_printf(c->arena, "%s, %s of processors",
		say_seconds(c, json_num(cost, "wall_s", 0)),
		say_seconds(c, json_num(cost, "cpu_s", 0))));
	print_field(c, "started by", json_str(run, "created_by", NULL));
	print_field(c, "created", say_date(c, json_str(run, "created_at", "")));
	print_field(
	    c, "finished", say_date(c, json_str(run, "finished_at", "")));
}

/* "a,b" and several options alike, into an array of texts. */
static json_t *
words(struct ctl *c, const struct cmd_line *l, const char *name)
{
	json_t *out = json_array();
	const char *s;

	for (int i = 0; (s = cmd_option_n(l, name, i)) != NULL; i++) {
		char *rest = arena_strdup(c->arena, s), *word;

		while ((word = strsep(&rest, ",")) != NULL)
			if (*word != '\0')
				json_array_append_new(out, json_string(word));
	}
	return out;
}

static void
put_text(json_t *body, const struct cmd_line *l, const char *name)
{
	const char *s = cmd_option(l, name);

	if (s != NULL)
		json_object_set_new(body, name, json_string(s));
}

static int
put_number(
    json_t *body, const struct cmd_line *l, const char *name, struct err *e)
{
	long long n;

	if (cmd_option(l, name) == NULL)
		return 0;
	if (cmd_number(l, name, 0, 9007199254740991, 0, &n, e) == -1)
		return -1;
	return json_object_set_new(body, name, json_integer(n));
}

/* --param name=value: JSON where it is JSON, else a text. */
static int
put_params(json_t *body, struct ctl *c, const struct cmd_line *l, struct err *e)
{
	json_t *params = json_object(), *v;
	struct err ignored;
	const char *s, *eq;

	json_object_set_new(body, "params", params);
	for (int i = 0; (s = cmd_option_n(l, "param", i)) != NULL; i++) {
		if ((eq = strchr(s, '=')) == NULL || eq == s)
			return err_set(e, ERR_INVALID,
			    "--param wants NAME=VALUE, not '%s'", s);
		v = json_parse(eq + 1, strlen(eq + 1), &ignored);
		json_object_set_new(params,
		    arena_printf(c->arena, "%.*s", (int)(eq - s), s),
		    v != NULL ? v : json_string(eq + 1));
	}
	return 0;
}

static json_t *
start_body(struct ctl *c, const struct cmd_line *l, struct err *e)
{
	static const char *const texts[] = { "template", "dataset", "target",
		"name", "positive", "objective", "compliance" };
	json_t *body = json_object(), *budget = json_object();

	for (size_t i = 0; i < nitems(texts); i++)
		put_text(body, l, texts[i]);
	if (put_number(body, l, "seed", e) == -1 ||
	    put_number(budget, l, "trials", e) == -1 ||
	    put_number(budget, l, "seconds", e) == -1 ||
	    (cmd_option(l, "param") != NULL &&
		put_params(body, c, l, e) == -1)) {
		json_decref(budget);
		json_decref(body);
		return NULL;
	}
	if (cmd_option(l, "protected") != NULL)
		json_object_set_new(
		    body, "protected", words(c, l, "protected"));
	if (json_object_size(budget) > 0)
		json_object_set(body, "budget", budget);
	json_decref(budget);
	return body;
}

static int
start(const struct cmd_line *l, void *arg, struct err *e)
{
	struct ctl *c = arg;
	int follow = cmd_option(l, "follow") != NULL;
	auto_json json_t *body = start_body(c, l, e);
	auto_json json_t *run = NULL;
	char key[IDENT_MAX];
	const char *id;

	if (body == NULL)
		return -1;
	/* The key makes a second try after a broken connection harmless. */
	ident_new(key, "mwctl");
	if (http_call(c, "POST", RUNS, body, key, &run, e) == -1)
		return -1;
	id = json_str(run, "run_id", "");
	if (c->json && !follow)
		ctl_print_json(run);
	else if (!c->json)
		printf("started %s\n", table_clean(c, id));
	if (follow)
		return live_watch(c, id, 0, 0, e);
	if (!c->json)
		printf(
		    "watch it with: mwctl runs watch %s\n", table_clean(c, id));
	return 0;
}

static void
print_list(struct ctl *c, const json_t *items)
{
	static const char *const heads[] = { "RUN", "STATE", "PHASE",
		"TEMPLATE", "DATASET", "TARGET", "BEST", "CREATED", NULL };
	struct table *t = table_new(c, heads);
	const json_t *run;
	size_t i;

	json_array_foreach (items, i, run) {
		const char *state = json_str(run, "state", "");

		table_cell(t, json_str(run, "run_id", ""));
		table_paint(t, table_state(state), state);
		table_cell(t, json_str(run, "phase", "-"));
		table_cell(t, json_str(run, "template", ""));
		table_cell(
		    t, json_str(json_object_get(run, "dataset"), "name", ""));
		table_cell(t, json_str(run, "target", ""));
		table_cell(t, say_best(c, json_object_get(run, "best")));
		table_cell(t, say_date(c, json_str(run, "created_at", "")));
	}
	table_end(t);
}

/* One page, or as many as --all asks for, as one list. */
static int
list(const struct cmd_line *l, void *arg, struct err *e)
{
	static const char *const filters[] = { "state", "template",
		"compliance", "dataset", "limit" };
	struct ctl *c = arg;
	const char *path = RUNS, *next = NULL;
	auto_json json_t *items = json_array();

	for (size_t i = 0; i < nitems(filters); i++)
		path =
		    http_with(c, path, filters[i], cmd_option(l, filters[i]));
	do {
		auto_json json_t *page = NULL;

		if (http_call(c, "GET", http_with(c, path, "cursor", next),
			NULL, NULL, &page, e) == -1)
			return -1;
		json_array_extend(items, json_object_get(page, "items"));
		next = json_str(page, "next_cursor", NULL);
		if (next != NULL)
			next = arena_strdup(c->arena, next);
	} while (next != NULL && cmd_option(l, "all") != NULL);
	if (c->json) {
		auto_json json_t *doc = json_pack(
		    "{s:O, s:s?}", "items", items, "next_cursor", next);
		ctl_print_json(doc);
	} else {
		print_list(c, items);
		if (next != NULL)
			fputs("there are more; --all lists them\n", stderr);
	}
	return 0;
}

static int
show(const struct cmd_line *l, void *arg, struct err *e)
{
	struct ctl *c = arg;
	auto_json json_t *run = NULL;

	if (http_call(c, "GET", http_path(c, RUNS "/%s", l->word[0]), NULL,
		NULL, &run, e) == -1)
		return -1;
	if (c->json)
		ctl_print_json(run);
	else
		print_run(c, run);
	return 0;
}

static int
change(const struct cmd_line *l, struct ctl *c, const char *verb, struct err *e)
{
	auto_json json_t *run = NULL;

	if (http_call(c, "POST",
		arena_printf(c->arena, "%s/%s",
		    http_path(c, RUNS "/%s", l->word[0]), verb),
		NULL, NULL, &run, e) == -1)
		return -1;
	if (c->json)
		ctl_print_json(run);
	else
		printf("%s is %s\n", table_clean(c, l->word[0]),
		    table_clean(c, json_str(run, "state", "?")));
	return 0;
}

static int
cancel(const struct cmd_line *l, void *arg, struct err *e)
{
	return change(l, arg, "cancel", e);
}

static int
halt(const struct cmd_line *l, void *arg, struct err *e)
{
	return change(l, arg, "pause", e);
}

static int
resume(const struct cmd_line *l, void *arg, struct err *e)
{
	return change(l, arg, "resume", e);
}

/* clang-format off */
static const struct cmd_option start_options[] = {
	{ 't', "template", "NAME", 1, "kind of model, such as binary_classification" },
	{ 'd', "dataset", "NAME", 1, "data set to learn from" },
	{ 0, "target", "COLUMN", 1, "column to predict" },
	{ 0, "name", "TEXT", 0, "a name for people" },
	{ 0, "positive", "LABEL", 0, "label whose probability is predicted" },
	{ 0, "objective", "METRIC", 0, "metric that the search looks at" },
	{ 0, "protected", "COLUMNS", 0, "columns to judge fairness by; may be given often" },
	{ 0, "compliance", "PROFILE", 0, "compliance profile" },
	{ 0, "seed", "N", 0, "seed of everything random" },
	{ 0, "trials", "N", 0, "configurations to try at most" },
	{ 0, "seconds", "N", 0, "time of the search at most" },
	{ 'p', "param", "NAME=VALUE", 0, "a parameter of the template; may be given often" },
	{ 'f', "follow", NULL, 0, "watch the run until it ends" },
	{ 0 }
};

static const struct cmd_option list_options[] = {
	{ 0, "state", "STATE", 0, "only runs in this state" },
	{ 't', "template", "NAME", 0, "only runs of this template" },
	{ 0, "compliance", "PROFILE", 0, "only runs under this profile" },
	{ 'd', "dataset", "NAME", 0, "only runs on this data set" },
	{ 'n', "limit", "N", 0, "runs a page" },
	{ 'a', "all", NULL, 0, "every page" },
	{ 0 }
};

const struct cmd ctl_runs_start = {
	"runs start", "", 0, 0, start_options, "Start a run", start
};

const struct cmd ctl_runs_list = {
	"runs list", "", 0, 0, list_options, "List runs, the newest first", list
};

const struct cmd ctl_runs_show = {
	"runs show", "RUN", 1, 1, NULL, "Show one run", show
};

const struct cmd ctl_runs_cancel = {
	"runs cancel", "RUN", 1, 1, NULL,
	"Stop a run at its next step, keeping what it has", cancel
};

const struct cmd ctl_runs_pause = {
	"runs pause", "RUN", 1, 1, NULL, "Let a run rest at its next step", halt
};

const struct cmd ctl_runs_resume = {
	"runs resume", "RUN", 1, 1, NULL,
	"Go on with a paused or crashed run from its last finished step", resume
};
/* clang-format on */
