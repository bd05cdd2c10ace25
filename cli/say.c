#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/ctl.h"
#include "cli/say.h"
#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/json.h"

#include "lib/banned.h"

static int
read_time(const char *at, struct tm *local)
{
	struct tm tm = { 0 };
	time_t t;

	if (at == NULL || strptime(at, "%Y-%m-%dT%H:%M:%S", &tm) == NULL)
		return -1;
	t = timegm(&tm);
	return localtime_r(&t, local) != NULL ? 0 : -1;
}

const char *
say_clock(struct ctl *c, const char *at)
{
	struct tm tm;

	if (read_time(at, &tm) == -1)
		return "";
	return arena_printf(
	    c->arena, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
}

const char *
say_date(struct ctl *c, const char *at)
{
	struct tm tm;

	if (read_time(at, &tm) == -1)
		return "";
	return arena_printf(c->arena, "%04d-%02d-%02d %02d:%02d",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
	    tm.tm_min);
}

const char *
say_bytes(struct ctl *c, long long n)
{
	static const char *const units[] = { "kB", "MB", "GB", "TB" };
	double v = (double)n / 1000;
	size_t i = 0;

	if (n < 1000)
		return arena_printf(c->arena, "%lld B", n);
	while (v >= 1000 && i < nitems(units) - 1) {
		v /= 1000;
		i++;
	}
	return arena_printf(c->arena, "%.1f %s", v, units[i]);
}

const char *
say_seconds(struct ctl *c, double s)
{
	long long n = (long long)(s + 0.5);

	if (s < 10)
		return arena_printf(c->arena, "%.1f s", s);
	if (n < 60)
		return arena_printf(c->arena, "%lld s", n);
	if (n < 3600)
		return arena_printf(
		    c->arena, "%lld min %lld s", n / 60, n % 60);
	return arena_printf(c->arena, "%lld h %lld min", n / 3600, n / 60 % 60);
}

const char *
say_value(struct ctl *c, const json_t *v)
{
	if (json_is_string(v))
		return json_string_value(v);
	if (json_is_integer(v))
		return arena_printf(
		    c->arena, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	if (json_is_real(v)) {
		double x = json_real_value(v), size = fabs(x);

		return arena_printf(c->arena, "%.*f",
		    size >= 1000  ? 1
		    : size >= 100 ? 2
				  : 4,
		    x);
	}
	if (json_is_boolean(v))
		return json_is_true(v) ? "yes" : "no";
	if (v == NULL || json_is_null(v))
		return "-";
	return json_text(v, c->arena);
}

const char *
say_best(struct ctl *c, const json_t *best)
{
	if (!json_is_object(best))
		return "-";
	return arena_printf(c->arena, "%s %s", json_str(best, "metric", "?"),
	    say_value(c, json_object_get(best, "value")));
}

static const char *
trial(struct ctl *c, const json_t *p)
{
	const json_t *config = json_object_get(p, "config");
	const char *out = arena_printf(c->arena, "trial %s, %s",
	    say_value(c, json_object_get(p, "trial")),
	    json_str(config, "learner", json_str(p, "learner", "?")));

	if (json_object_get(p, "score") == NULL)
		return out;
	out = arena_printf(c->arena, "%s: %s %s in %s", out,
	    json_str(p, "metric", "score"),
	    say_value(c, json_object_get(p, "score")),
	    say_seconds(c, json_num(p, "seconds", 0)));
	/* On rung 0 it was a first look, not to be compared with the rest. */
	if (json_int(p, "rung", 1) > 0)
		return out;
	return arena_printf(
	    c->arena, "%s, on %lld folds", out, json_int(p, "folds", 0));
}

static const char *
created(struct ctl *c, const json_t *p)
{
	return arena_printf(c->arena, "%s on %s, target %s",
	    json_str(p, "template", "?"),
	    json_str(json_object_get(p, "dataset"), "name", "?"),
	    json_str(p, "target", "?"));
}

static const char *
decision(struct ctl *c, const json_t *p)
{
	const char *outcome = json_str(p, "outcome", "ok");

	return arena_printf(c->arena, "%s: %s%s%s%s", json_str(p, "tool", "?"),
	    json_str(p, "reason", ""), *json_str(p, "result", "") ? " -> " : "",
	    json_str(p, "result", ""),
	    strcmp(outcome, "ok") == 0
		? ""
		: arena_printf(c->arena, " (%s)", outcome));
}

static const char *
phase(struct ctl *c, const json_t *p)
{
	const char *name = json_str(p, "phase", "?");
	const char *back = json_str(p, "back_to", NULL);

	if (back != NULL)
		return arena_printf(
		    c->arena, "%s is sent back to %s", name, back);
	if (json_int(p, "visit", 1) > 1)
		return arena_printf(
		    c->arena, "%s, visit %lld", name, json_int(p, "visit", 1));
	return name;
}

static const char *
agent(struct ctl *c, const json_t *p)
{
	const char *why = json_str(p, "stop_reason", NULL);

	if (why != NULL)
		return arena_printf(c->arena, "%s: %s, %lld calls",
		    json_str(p, "agent", "?"), why,
		    json_int(p, "tool_calls", 0));
	return arena_printf(c->arena, "%s (provider %s)",
	    json_str(p, "agent", "?"), json_str(p, "provider", "?"));
}

static const char *
finding(struct ctl *c, const json_t *p)
{
	return arena_printf(c->arena, "%s%s%s",
	    json_str(p, "severity", json_str(p, "status", "")),
	    *json_str(p, "severity", json_str(p, "status", "")) ? ": " : "",
	    json_str(
		p, "title", json_str(p, "answer", json_str(p, "text", ""))));
}

static const char *
artifact(struct ctl *c, const json_t *p)
{
	return arena_printf(c->arena, "%s, %s", json_str(p, "name", "?"),
	    say_bytes(c, json_int(p, "bytes", 0)));
}

static const char *
holdout(struct ctl *c, const json_t *p)
{
	const json_t *v = json_object_get(p, "value");
	const json_t *b = json_object_get(p, "baseline");

	return arena_printf(c->arena, "%s %s [%s, %s], baseline %s",
	    json_str(p, "metric", "?"),
	    say_value(c, json_object_get(v, "value")),
	    say_value(c, json_object_get(v, "low")),
	    say_value(c, json_object_get(v, "high")),
	    say_value(c, json_object_get(b, "value")));
}

static const char *
selected(struct ctl *c, const json_t *p)
{
	const json_t *t = json_object_get(p, "trial");

	return arena_printf(c->arena, "%s; %s",
	    json_is_object(t)
		? trial(c, t)
		: arena_printf(c->arena, "trial %s", say_value(c, t)),
	    json_str(p, "reason", json_str(p, "rule", "")));
}

static const char *
finished(struct ctl *c, const json_t *p)
{
	const json_t *why = json_object_get(p, "error");

	if (!json_is_object(why))
		return json_str(p, "state", "?");
	return arena_printf(c->arena, "%s: %s", json_str(p, "state", "?"),
	    json_str(why, "detail", json_str(why, "code", "?")));
}

static const char *
called(struct ctl *c, const json_t *p)
{
	return arena_printf(c->arena, "%s: %s in %s", json_str(p, "tool", "?"),
	    json_str(p, "outcome", "?"),
	    say_seconds(c, json_num(p, "seconds", 0)));
}

static const char *
denied(struct ctl *c, const json_t *p)
{
	return arena_printf(c->arena, "%s: %s", json_str(p, "tool", "?"),
	    json_str(p, "message", ""));
}

/* Whatever has no words of its own: the payload, without its braces. */
static const char *
plain(struct ctl *c, const json_t *p)
{
	const char *text = json_str(p, "text", json_str(p, "message", NULL));

	if (text != NULL)
		return text;
	return json_object_size(p) > 0 ? json_text(p, c->arena) : "";
}

/* clang-format off */
static const struct {
	const char *type;
	const char *(*say)(struct ctl *, const json_t *payload);
	int matters;
} words[] = {
	{ "run_created",	  created,  1 },
	{ "run_started",	  plain,    0 },
	{ "run_recovered",	  plain,    1 },
	{ "run_resumed",	  plain,    1 },
	{ "run_pause_requested",  plain,    1 },
	{ "run_paused",		  plain,    1 },
	{ "run_cancel_requested", plain,    1 },
	{ "attempt_failed",	  plain,    1 },
	{ "phase_started",	  phase,    1 },
	{ "phase_finished",	  phase,    0 },
	{ "agent_started",	  agent,    1 },
	{ "agent_finished",	  agent,    0 },
	{ "decision",		  decision, 0 },
	{ "tool_called",	  called,   0 },
	{ "tool_denied",	  denied,   1 },
	{ "trial_started",	  trial,    0 },
	{ "trial_finished",	  trial,    1 },
	{ "model_selected",	  selected, 1 },
	{ "finding_raised",	  finding,  1 },
	{ "finding_answered",	  finding,  1 },
	{ "artifact_written",	  artifact, 0 },
	{ "holdout_scored",	  holdout,  1 },
	{ "run_finished",	  finished, 1 },
};
/* clang-format on */

static int
find(const json_t *event)
{
	const char *type = json_str(event, "type", "");

	for (size_t i = 0; i < nitems(words); i++)
		if (strcmp(words[i].type, type) == 0)
			return (int)i;
	return -1;
}

const char *
say_event(struct ctl *c, const json_t *event)
{
	int i = find(event);
	const json_t *p = json_object_get(event, "payload");

	return i == -1 ? plain(c, p) : words[i].say(c, p);
}

int
say_matters(const json_t *event)
{
	int i = find(event);

	return i != -1 && words[i].matters;
}
