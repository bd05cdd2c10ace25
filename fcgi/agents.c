/*
 * Agents and their tools: what is defined, and what of it really ran.
 */
#include "config.h"

#include <string.h>

#include "fcgi/groups.h"
#include "fcgi/request.h"
#include "lib/agent/agent.h"
#include "lib/conf.h"
#include "lib/json.h"
#include "sql/sql.h"

#define TOOLS_MAX (1 << 20) /* bytes of share/tools.json */

/* clang-format off */
static const struct field page_form[] = {
	{ "limit",  IN_QUERY, T_INT, .min = 1, .max = 500, .absent = "500" },
	{ 0 }
};

static const struct field agent_form[] = {
	{ "name",	   IN_PATH, T_NAME, .required = 1 },
	{ "If-None-Match", IN_HEADER, T_TEXT, .max = 500 },
	{ 0 }
};
/* clang-format on */

static void
drop(void *v)
{
	json_decref(v);
}

/* {AGENT: what the journal of the last runs says}; borrowed. */
static json_t *
ran(struct req *req)
{
	PGresult *r = req_query(req, &sql_agents_ran);
	json_t *v;

	if (r == NULL)
		return NULL;
	v = json_parse(
	    PQgetvalue(r, 0, 0), (size_t)PQgetlength(r, 0, 0), &req->err);
	if (v != NULL)
		arena_defer(req->arena, drop, v);
	return v;
}

static json_t *
one(const struct agent *a, const json_t *journal, int with_prompt)
{
	json_t *v = agent_json(a, with_prompt);
	json_t *did = json_object_get(journal, a->name);

	json_object_set_new(v, "source", json_string("builtin"));
	if (did != NULL)
		json_object_set(v, "invocations", did);
	else
		json_object_set_new(v, "invocations",
		    json_pack("{s:i, s:i, s:n, s:n, s:{}}", "count", 0, "runs",
			0, "last_at", "last_run_id", "tools"));
	return v;
}

static int
page(struct req *req, struct res *res, json_t *items)
{
	size_t limit = (size_t)req_int(req, "limit");

	while (json_array_size(items) > limit)
		json_array_remove(items, json_array_size(items) - 1);
	return res_json(
	    req, res, json_pack("{s:o, s:n}", "items", items, "next_cursor"));
}

static int
list(struct req *req, struct res *res)
{
	struct agent **all =
	    agent_load_all(req->conf->share_dir, req->arena, &req->err);
	json_t *journal, *items;

	if (all == NULL || (journal = ran(req)) == NULL)
		return -1;
	items = json_array();
	for (; *all != NULL; all++)
		json_array_append_new(items, one(*all, journal, 0));
	return page(req, res, items);
}

static int
show(struct req *req, struct res *res)
{
	struct agent **all =
	    agent_load_all(req->conf->share_dir, req->arena, &req->err);
	const struct agent *a;
	json_t *journal;

	if (all == NULL)
		return -1;
	if ((a = agent_find(all, req_get(req, "name"))) == NULL)
		return err_set(&req->err, ERR_NOT_FOUND,
		    "there is no agent '%s'", req_get(req, "name"));
	/* The definition's own tag: what ran is beside it, and may move. */
	res_etag(req, res, a->sha256);
	if (req->if_none_match != NULL &&
	    request_etag(req->if_none_match, a->sha256)) {
		res->status = 304;
		return 0;
	}
	if ((journal = ran(req)) == NULL)
		return -1;
	return res_json(req, res, one(a, journal, 1));
}

/* Who may call a tool, and how often it was called. */
static void
add_use(json_t *tool, struct agent *const *all, const json_t *journal)
{
	const char *name = json_str(tool, "name", "");
	json_t *who = json_array(), *did;
	json_int_t calls = 0;
	const char *agent;

	for (; *all != NULL; all++)
		if (agent_may(*all, name))
			json_array_append_new(who, json_string((*all)->name));
	json_object_foreach ((json_t *)journal, agent, did)
		calls += json_int(json_object_get(did, "tools"), name, 0);
	json_object_set_new(tool, "agents", who);
	json_object_set_new(tool, "calls", json_integer(calls));
}

static int
tools(struct req *req, struct res *res)
{
	struct agent **all =
	    agent_load_all(req->conf->share_dir, req->arena, &req->err);
	json_t *doc, *journal, *items, *v;
	size_t i;

	if (all == NULL || (journal = ran(req)) == NULL ||
	    (doc = json_parse_file(arena_printf(req->arena, "%s/tools.json",
				       req->conf->share_dir),
		 TOOLS_MAX, &req->err)) == NULL)
		return -1;
	arena_defer(req->arena, drop, doc);
	items = json_object_get(doc, "items");
	json_array_foreach (items, i, v)
		add_use(v, all, journal);
	return page(req, res, json_incref(items));
}

/* clang-format off */
const struct route agents_routes[] = {
	{ GET, "/api/v1/agents",	"listAgents", VIEWER, page_form,  NULL, list,  .schema = "AgentPage",
	  .help = "All agents, and how often each ran lately" },
	{ GET, "/api/v1/agents/tools",	"listTools",  VIEWER, page_form,  NULL, tools, .schema = "ToolPage",
	  .help = "Every tool that some agent can call" },
	{ GET, "/api/v1/agents/{name}", "getAgent",   VIEWER, agent_form, NULL, show,  .schema = "Agent", .also = 304,
	  .help = "One definition: role, tools, rules, model_tier" },
	{ 0 }
};
/* clang-format on */
