/*
 * mwctl runs events, watch.
 */
#include "config.h"

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
#include "lib/json.h"

#include "lib/banned.h"

static void
print_events(struct ctl *c, const json_t *items)
{
	static const char *const heads[] = { ">SEQ", "TIME", "TYPE", "PHASE",
		"AGENT", "WHAT", NULL };
	struct table *t = table_new(c, heads);
	const json_t *event;
	size_t i;

	json_array_foreach (items, i, event) {
		table_cell(t, say_value(c, json_object_get(event, "seq")));
		table_cell(t, say_clock(c, json_str(event, "at", "")));
		table_cell(t, json_str(event, "type", ""));
		table_cell(t, json_str(event, "phase", "-"));
		table_cell(t, json_str(event, "agent", "-"));
		table_cell(t, say_event(c, event));
	}
	table_end(t);
}

static int
events(const struct cmd_line *l, void *arg, struct err *e)
{
	static const char *const filters[] = { "type", "agent", "phase",
		"actor", "since", "until", "after", "where", "limit" };
	struct ctl *c = arg;
	const char *next = NULL, *path = http_path(c,
				     "/api/v1/pipelines/%s/events", l->word[0]);
	auto_json json_t *items = json_array();
	const json_t *event;
	size_t i;

	for (i = 0; i < nitems(filters); i++)
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
	} while (next != NULL && cmd_option(l, "limit") == NULL);
	if (!c->json) {
		print_events(c, items);
		return 0;
	}
	/* One event a line: the same that the stream sends. */
	json_array_foreach (items, i, event) {
		json_dumpf(event, stdout, JSON_COMPACT);
		putchar('\n');
	}
	return 0;
}

static int
watch(const struct cmd_line *l, void *arg, struct err *e)
{
	long long after;

	if (cmd_number(l, "after", 0, 999999999999999, 0, &after, e) == -1)
		return -1;
	return live_watch(
	    arg, l->word[0], after, cmd_option(l, "all") != NULL, e);
}

/* clang-format off */
static const struct cmd_option events_options[] = {
	{ 't', "type", "TYPE", 0, "only events of this type" },
	{ 0, "agent", "NAME", 0, "only what this agent did" },
	{ 0, "phase", "NAME", 0, "only what happened in this phase" },
	{ 0, "actor", "NAME", 0, "only what this user or agent caused" },
	{ 0, "since", "TIME", 0, "not before (RFC 3339)" },
	{ 0, "until", "TIME", 0, "before" },
	{ 0, "after", "SEQ", 0, "only events after this one" },
	{ 0, "where", "PATH", 0, "an SQL/JSON path that must hold" },
	{ 'n', "limit", "N", 0, "events at most, instead of all" },
	{ 0 }
};

static const struct cmd_option watch_options[] = {
	{ 0, "after", "SEQ", 0, "only events after this one" },
	{ 'a', "all", NULL, 0, "every event, not only those that matter most" },
	{ 0 }
};

const struct cmd ctl_runs_events = {
	"runs events", "RUN", 1, 1, events_options,
	"Print a run's journal", events
};

const struct cmd ctl_runs_watch = {
	"runs watch", "RUN", 1, 1, watch_options,
	"Watch a run until it ends", watch
};
/* clang-format on */
