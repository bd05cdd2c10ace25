#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/agent/agent.h"
#include "lib/agent/loop.h"
#include "lib/agent/provider.h"
#include "lib/agent/run.h"
#include "lib/agent/schema.h"
#include "lib/agent/tool.h"
#include "lib/agent/work.h"
#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/digest.h"
#include "lib/err.h"
#include "lib/json.h"

#include "lib/banned.h"

#define KEY_MAX 256

/* One invocation in progress. */
struct talk {
	const struct loop *l;
	struct arena *scratch;
	json_t *messages;
	json_t *tools;  /* what the provider is told */
	json_t *repeat; /* "tool args" -> how often */
	int turn, calls, repairs;
	struct timespec since;
	const char *stop; /* why it ends, once it does */
};

void
provider_reply_done(struct provider_reply *r)
{
	json_decref(r->calls);
	json_decref(r->final);
	free(r->reason);
	*r = (struct provider_reply){ 0 };
}

static double
seconds_since(const struct timespec *t)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - t->tv_sec) +
	       (double)(now.tv_nsec - t->tv_nsec) / 1e9;
}

/* The tools that the agent may call, as a provider is told. */
static json_t *
tools_json(const struct agent *g)
{
	json_t *list = json_array();

	for (size_t i = 0; tools[i] != NULL; i++)
		if (agent_may(g, tools[i]->name))
			json_array_append_new(list,
			    json_pack("{s:s, s:s, s:o}", "name", tools[i]->name,
				"description", tools[i]->description, "schema",
				tool_schema(tools[i])));
	return list;
}

static void
say(struct talk *t, json_t *message)
{
	json_array_append_new(t->messages, message);
}

/* What is over the cap stays in the journal; the provider gets the summary. */
static json_t *
capped(const struct talk *t, json_t *result)
{
	if (strlen(json_text(result, t->scratch)) <= LOOP_RESULT_MAX)
		return json_incref(result);
	return json_pack("{s:O?, s:b, s:s}", "summary",
	    json_object_get(result, "summary"), "cut", 1, "note",
	    "the result is too long to be shown whole; ask for less of it");
}

static void
say_result(struct talk *t, const json_t *call, const json_t *stored)
{
	json_t *result = json_object_get(stored, "result");
	json_t *message = json_pack("{s:s, s:O, s:O}", "role", "tool", "id",
	    json_object_get(call, "id"), "tool", json_object_get(call, "tool"));

	if (result != NULL)
		json_object_set_new(message, "result", capped(t, result));
	else
		json_object_set(
		    message, "error", json_object_get(stored, "error"));
	say(t, message);
}

static json_t *
error_json(const struct err *e, json_t *errors)
{
	json_t *v = json_pack(
	    "{s:s, s:s}", "code", err_kinds[e->code].name, "text", e->text);

	if (v == NULL)
		v = json_pack("{s:s, s:s}", "code", err_kinds[e->code].name,
		    "text", "the reason is no valid text");
	if (*e->pointer != '\0')
		json_object_set_new(v, "pointer", json_string(e->pointer));
	if (e->line > 0)
		json_object_set_new(v, "line", json_integer(e->line));
	if (e->column > 0)
		json_object_set_new(v, "column", json_integer(e->column));
	if (json_array_size(errors) > 0)
		json_object_set(v, "errors", errors);
	return v;
}

/* Whether a tool's failure is an answer for the agent, or ends the process'
 * work on the run. */
static bool
is_answer(const struct err *e)
{
	switch (e->code) {
	case ERR_INVALID:
	case ERR_MALFORMED:
	case ERR_DENIED:
	case ERR_NOT_FOUND:
	case ERR_CONFLICT:
	case ERR_TOO_LARGE:
	case ERR_TOO_MANY:
	case ERR_UNSUPPORTED:
		return true;
	default:
		return false;
	}
}

/* How often this very call was made in this invocation, with this one. */
static int
times_made(struct talk *t, const json_t *call)
{
	const char *key =
	    arena_printf(t->scratch, "%s %s", json_str(call, "tool", ""),
		json_text(json_object_get(call, "arguments"), t->scratch));
	json_int_t n = json_integer_value(json_object_get(t->repeat, key)) + 1;

	json_object_set_new(t->repeat, key, json_integer(n));
	return (int)n;
}

/* The one place where every tool call passes. */
static int
admit(struct talk *t, const json_t *call, int times, const struct tool **tool,
    json_t *errors, struct err *e)
{
	const struct agent *g = t->l->agent;
	const char *name = json_str(call, "tool", "");
	auto_json json_t *schema = NULL;

	if ((*tool = tool_find(name)) == NULL)
		return err_set(
		    e, ERR_NOT_FOUND, "there is no tool '%.100s'", name);
	if (!agent_may(g, name))
		return err_set(e, ERR_DENIED,
		    "the agent '%s' may not call '%s'", g->name, name);
	if ((*tool)->permission != TOOL_ALLOW)
		return err_set(
		    e, ERR_DENIED, "no rule allows the tool '%s'", name);
	if (t->calls > g->limits.tool_calls)
		return err_set(e, ERR_TOO_MANY,
		    "the budget of %d tool calls is used up: give the answer",
		    g->limits.tool_calls);
	if (times >= LOOP_REPEAT_ERROR)
		return err_set(e, ERR_CONFLICT,
		    "the same call was made %d times: its result does not "
		    "change by asking again",
		    times);
	schema = tool_schema(*tool);
	return schema_fits(
	    schema, json_object_get(call, "arguments"), errors, e);
}

static void
say_decision(struct talk *t, const json_t *call, const json_t *stored,
    bool denied, double seconds)
{
	const struct loop *l = t->l;
	const json_t *result = json_object_get(stored, "result");
	const json_t *error = json_object_get(stored, "error");
	const char *outcome = denied           ? "denied"
	                      : result == NULL ? "error"
	                                       : "ok";
	json_t *said = result != NULL ? json_object_get(result, "summary")
	                              : json_object_get(error, "text");

	if (denied)
		run_event(l->run, "tool_denied", l->agent->name,
		    json_pack("{s:O, s:O, s:O, s:O, s:s}", "tool",
			json_object_get(call, "tool"), "call_id",
			json_object_get(call, "id"), "arguments",
			json_object_get(call, "arguments"), "message",
			json_object_get(error, "text"), "source", "agent"));
	else
		run_event(l->run, "tool_called", l->agent->name,
		    json_pack("{s:O, s:O, s:s, s:f}", "tool",
			json_object_get(call, "tool"), "call_id",
			json_object_get(call, "id"), "outcome", outcome,
			"seconds", seconds));
	run_event(l->run, "decision", l->agent->name,
	    json_pack("{s:s, s:s, s:O, s:O, s:O, s:O?, s:s, s:O?}", "agent",
		l->agent->name, "provider", l->provider->name, "tool",
		json_object_get(call, "tool"), "call_id",
		json_object_get(call, "id"), "arguments",
		json_object_get(call, "arguments"), "reason",
		json_object_get(call, "reason"), "outcome", outcome, "result",
		said));
}

/* Execute a call, and journal what came of it. */
static json_t *
execute(struct talk *t, const json_t *call, int times, const char *key,
    struct err *e)
{
	const struct loop *l = t->l;
	auto_json json_t *errors = json_array();
	auto_json json_t *stored = NULL;
	struct tool_call c = { l->agent, l->phase, key,
		json_object_get(call, "arguments") };
	const struct tool *tool;
	struct timespec since;
	json_t *result = NULL;
	struct err why;
	int rc;

	clock_gettime(CLOCK_MONOTONIC, &since);
	if ((rc = admit(t, call, times, &tool, errors, &why)) == 0)
		rc = tool->run(l->work, &c, &result, &why);
	if (rc == -1) {
		run_forget(l->run);
		if (!is_answer(&why)) {
			*e = why;
			return NULL;
		}
	}
	stored = rc == 0
	             ? json_pack("{s:o}", "result", result)
	             : json_pack("{s:o}", "error", error_json(&why, errors));
	say_decision(t, call, stored, rc == -1 && why.code == ERR_DENIED,
	    seconds_since(&since));
	if (run_commit(l->run, key, "tool", json_incref(stored), e) == -1)
		return NULL;
	return run_step(l->run, key);
}

/* One call of a turn: replayed from the journal, or executed. */
static int
one_call(struct talk *t, const json_t *call, int index, struct err *e)
{
	const struct loop *l = t->l;
	const json_t *args = json_object_get(call, "arguments");
	struct tool_call c = { l->agent, l->phase, NULL, args };
	const json_t *stored, *result;
	const struct tool *tool;
	char key[KEY_MAX], hex[DIGEST_HEX];
	const char *text = json_text(args, t->scratch);
	int times = times_made(t, call);

	t->calls++;
	json_array_append_new(l->work->decisions,
	    json_pack("{s:s, s:s, s:O, s:O}", "agent", l->agent->name, "phase",
		l->phase, "tool", json_object_get(call, "tool"), "reason",
		json_object_get(call, "reason")));
	digest_mem(text, strlen(text), hex);
	snprintf(
	    key, sizeof(key), "%s/t%d/c%d/%.8s", l->key, t->turn, index, hex);
	c.key = key;
	if ((stored = run_step(l->run, key)) == NULL &&
	    (stored = execute(t, call, times, key, e)) == NULL)
		return -1;
	result = json_object_get(stored, "result");
	if (result != NULL &&
	    (tool = tool_find(json_str(call, "tool", ""))) != NULL &&
	    tool->apply != NULL && tool->apply(l->work, &c, result, e) == -1)
		return -1;
	say_result(t, call, stored);
	if (times >= LOOP_REPEAT_END)
		t->stop = "loop_detected";
	return run_check(l->run, e);
}

/* A provider's calls as the journal keeps them: each with an id, arguments
 * that are an object, and a reason. */
static json_t *
tidy_calls(const json_t *calls, int turn)
{
	json_t *list = json_array(), *args;
	const json_t *one;
	size_t i;

	json_array_foreach (calls, i, one) {
		args = json_object_get(one, "arguments");
		json_array_append_new(
		    list, json_pack("{s:o, s:s, s:o, s:s}", "id",
			      json_sprintf("call_%d_%zu", turn, i), "tool",
			      json_str(one, "tool", ""), "arguments",
			      json_is_object(args) ? json_incref(args)
						   : json_object(),
			      "reason", json_str(one, "reason", "")));
	}
	return list;
}

static bool
finishing(const struct talk *t)
{
	const struct agent_limits *lim = &t->l->agent->limits;

	return t->turn + 1 >= lim->turns ||
	       t->calls * 5 >= lim->tool_calls * 4 ||
	       seconds_since(&t->since) * 5 >= lim->wall_s * 4.0;
}

/* Ask the provider, and journal what it wants. */
static json_t *
ask(struct talk *t, const char *key, struct err *e)
{
	const struct loop *l = t->l;
	struct provider_request q = { l->agent, l->phase, t->messages, t->tools,
		l->schema, t->turn, finishing(t) };
	struct provider_reply reply = { 0 };
	json_t *turn;

	if (l->provider->ask(l->provider->arg, &q, &reply, e) == -1) {
		provider_reply_done(&reply);
		return NULL;
	}
	turn = json_pack("{s:o, s:O?, s:s?}", "calls",
	    tidy_calls(reply.calls, t->turn), "final", reply.final, "reason",
	    reply.reason);
	run_spend(l->run, reply.tokens, reply.usd);
	provider_reply_done(&reply);
	if (run_commit(l->run, key, "turn", turn, e) == -1)
		return NULL;
	return run_step(l->run, key);
}

/* The answer, if it fits; else what is wrong with it is said. */
static json_t *
answer(struct talk *t, json_t *final)
{
	auto_json json_t *errors = json_array();
	struct err why;

	if (schema_fits(t->l->schema, final, errors, &why) == 0) {
		t->stop = "answered";
		return json_deep_copy(final);
	}
	if (t->repairs++ == LOOP_REPAIRS) {
		t->stop = "unfit_answer";
		return NULL;
	}
	say(t, json_pack("{s:s, s:O}", "role", "assistant", "final", final));
	say(t, json_pack("{s:s, s:{s:s, s:O}}", "role", "user", "content",
		   "repair", "the answer does not fit its schema", "errors",
		   errors));
	return NULL;
}

static int
one_turn(struct talk *t, json_t **final, struct err *e)
{
	const struct loop *l = t->l;
	const json_t *turn, *calls, *call;
	char key[KEY_MAX];
	size_t i;

	snprintf(key, sizeof(key), "%s/t%d", l->key, t->turn);
	if ((turn = run_step(l->run, key)) == NULL &&
	    (turn = ask(t, key, e)) == NULL)
		return -1;
	calls = json_object_get(turn, "calls");
	if (json_array_size(calls) == 0) {
		json_t *said = json_object_get(turn, "final");

		*final = answer(t, said != NULL ? said : json_null());
		return 0;
	}
	say(t, json_pack("{s:s, s:O}", "role", "assistant", "calls",
		   (json_t *)calls));
	json_array_foreach (calls, i, call)
		if (t->stop == NULL && one_call(t, call, (int)i, e) == -1)
			return -1;
	return 0;
}

static int
begin(const struct loop *l, struct err *e)
{
	char key[KEY_MAX];

	snprintf(key, sizeof(key), "%s/agent", l->key);
	run_event(l->run, "agent_started", l->agent->name,
	    json_pack("{s:s, s:s, s:s}", "agent", l->agent->name, "provider",
		l->provider->name, "definition", l->agent->sha256));
	run_patch(l->run, "active_agent", json_string(l->agent->name));
	return run_commit(l->run, key, "agent", json_null(), e);
}

static int
finish(const struct talk *t, const json_t *final, struct err *e)
{
	const struct loop *l = t->l;
	char key[KEY_MAX];

	snprintf(key, sizeof(key), "%s/agent/end", l->key);
	run_event(l->run, "agent_finished", l->agent->name,
	    json_pack("{s:s, s:s, s:i, s:i, s:O?}", "agent", l->agent->name,
		"stop_reason", t->stop, "turns", t->turn, "tool_calls",
		t->calls, "answer", final));
	return run_commit(l->run, key, "agent", json_null(), e);
}

static int
converse(struct talk *t, json_t **final, struct err *e)
{
	const struct agent_limits *lim = &t->l->agent->limits;

	while (t->stop == NULL) {
		arena_reset(t->scratch);
		if (run_check(t->l->run, e) == -1 ||
		    one_turn(t, final, e) == -1)
			return -1;
		t->turn++;
		if (t->stop != NULL)
			break;
		if (t->turn >= lim->turns)
			t->stop = "turns";
		else if (t->calls > lim->tool_calls + 8)
			t->stop = "tool_calls";
		else if (seconds_since(&t->since) > lim->wall_s)
			t->stop = "wall";
	}
	return 0;
}

json_t *
loop_run(const struct loop *l, struct err *e)
{
	struct talk t = { .l = l };
	json_t *final = NULL;
	int rc;

	if (begin(l, e) == -1)
		return NULL;
	clock_gettime(CLOCK_MONOTONIC, &t.since);
	t.scratch = arena_new();
	t.messages = json_array();
	t.tools = tools_json(l->agent);
	t.repeat = json_object();
	say(&t, json_pack("{s:s, s:O}", "role", "user", "content",
		    (json_t *)l->task));
	if ((rc = converse(&t, &final, e)) == 0)
		rc = finish(&t, final, e);
	if (rc == 0 && final == NULL)
		rc = err_set(e, ERR_INVALID,
		    "the agent '%s' gave no usable answer in the phase '%s' "
		    "(%s)",
		    l->agent->name, l->phase, t.stop);
	if (rc == -1) {
		json_decref(final);
		final = NULL;
	}
	arena_free(t.scratch);
	json_decref(t.messages);
	json_decref(t.tools);
	json_decref(t.repeat);
	return final;
}
