#include "config.h"

#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "lib/agent/run.h"
#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/db.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/queue.h"
#include "lib/store.h"
#include "sql/sql.h"

/* The database is asked for a cancel at most every 250 ms, and a commit tried
 * again for so long while the database is away (its restart takes a few
 * seconds). */
#define POLL_MS 250
#define AWAY_MS 60000

struct run {
	struct db *db;         /* NULL: in memory */
	struct arena *arena;   /* the caller's */
	struct arena *scratch; /* reset at each commit */
	const char *job, *token;
	json_t *row;
	const char *id;
	json_t *steps; /* key -> output */
	char *phase;

	json_t *events, *artifacts, *patch; /* gathered */
	json_t *all_events, *all_artifacts; /* in memory only */
	long long tokens;
	double usd;

	const volatile sig_atomic_t *leave;
	bool cancel, pause;
	struct queue_wake wake;
	long long polled; /* ms */
	double wall, cpu; /* s, at the last commit */
};

static long long
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static double
cpu_seconds(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void
gather(struct run *r)
{
	json_decref(r->events);
	json_decref(r->artifacts);
	json_decref(r->patch);
	r->events = json_array();
	r->artifacts = json_array();
	r->patch = json_object();
	r->tokens = 0;
	r->usd = 0;
}

static struct run *
run_new(json_t *row, struct arena *a)
{
	struct run *r = calloc(1, sizeof(*r));
	const char *phase;

	if (r == NULL)
		err(1, "run");
	r->arena = a;
	r->scratch = arena_new();
	r->row = row;
	r->id = json_str(row, "run_id", "");
	if ((phase = json_str(row, "phase", NULL)) != NULL &&
	    (r->phase = strdup(phase)) == NULL)
		err(1, "run");
	r->steps = json_object();
	r->wall = (double)now_ms() / 1000;
	r->cpu = cpu_seconds();
	gather(r);
	return r;
}

/* jsonb writes a large real without a point (1e20 as 100000000000000000000);
 * read back it must be a real again, not an integer that overflows. */
static json_t *
parse_output(struct run *r, const char *text, struct err *e)
{
	char *out = arena_alloc(r->scratch, 3 * strlen(text) + 1), *p = out;
	bool in_string = false;
	size_t n;

	while (*text != '\0') {
		n = in_string ? 0 : strspn(text, "0123456789");
		if (n == 0) {
			if (*text == '"')
				in_string = !in_string;
			else if (in_string && *text == '\\')
				*p++ = *text++;
			if (*text != '\0')
				*p++ = *text++;
			continue;
		}
		memcpy(p, text, n);
		p += n;
		text += n;
		if (n >= 19 && *text != '.' &&
		    (p == out + n || p[-1 - (long)n] != '.')) {
			*p++ = '.';
			*p++ = '0';
		}
	}
	return json_parse(out, (size_t)(p - out), e);
}

static int
read_steps(struct run *r, struct err *e)
{
	PGresult *res;
	json_t *output;

	res = run_agent_run_steps(
	    r->db, r->scratch, (struct agent_run_steps){ .run = r->id }, e);
	if (res == NULL)
		return -1;
	for (int i = 0; i < PQntuples(res); i++) {
		output = parse_output(r, PQgetvalue(res, i, 1), e);
		if (output == NULL)
			return -1;
		json_object_set_new(r->steps, PQgetvalue(res, i, 0), output);
	}
	arena_reset(r->scratch);
	return 0;
}

struct run *
run_open(struct db *db, const char *job, const char *token, struct arena *a,
    struct err *e)
{
	PGresult *res;
	struct run *r;
	json_t *row;

	res = run_agent_run_begin(
	    db, a, (struct agent_run_begin){ .job = job, .token = token }, e);
	if (res == NULL)
		return NULL;
	if (PQntuples(res) != 1 || PQgetisnull(res, 0, 0)) {
		err_set(e, ERR_LOST, "the claim on the job is lost");
		return NULL;
	}
	row = json_parse(
	    PQgetvalue(res, 0, 0), (size_t)PQgetlength(res, 0, 0), e);
	if (row == NULL)
		return NULL;
	r = run_new(row, a);
	r->db = db;
	r->job = arena_strdup(a, job);
	r->token = arena_strdup(a, token);
	r->wake = (struct queue_wake){ .db = db, .run_id = r->id };
	r->cancel = json_is_true(json_object_get(row, "cancel_requested"));
	r->pause = json_is_true(json_object_get(row, "pause_requested"));
	if (read_steps(r, e) == -1) {
		run_close(r);
		return NULL;
	}
	return r;
}

struct run *
run_open_memory(const json_t *row, struct arena *a)
{
	struct run *r = run_new(json_deep_copy(row), a);

	r->all_events = json_array();
	r->all_artifacts = json_array();
	return r;
}

void
run_close(struct run *r)
{
	if (r == NULL)
		return;
	json_decref(r->row);
	json_decref(r->steps);
	json_decref(r->events);
	json_decref(r->artifacts);
	json_decref(r->patch);
	json_decref(r->all_events);
	json_decref(r->all_artifacts);
	arena_free(r->scratch);
	free(r->phase);
	free(r);
}

const json_t *
run_row(const struct run *r)
{
	return r->row;
}

const char *
run_id(const struct run *r)
{
	return r->id;
}

void
run_watch(struct run *r, const volatile sig_atomic_t *flag)
{
	r->leave = flag;
}

json_t *
run_step(const struct run *r, const char *key)
{
	return json_object_get(r->steps, key);
}

void
run_event(struct run *r, const char *type, const char *agent, json_t *payload)
{
	json_array_append_new(
	    r->events, json_pack("{s:s, s:s?, s:s?, s:o}", "type", type,
			   "phase", r->phase, "agent", agent, "payload",
			   payload != NULL ? payload : json_object()));
}

void
run_artifact(struct run *r, const char *name, const char *kind,
    const char *media_type, const struct stored *object)
{
	json_array_append_new(r->artifacts,
	    json_pack("{s:s, s:s, s:s, s:I, s:s}", "name", name, "kind", kind,
		"media_type", media_type, "bytes", (json_int_t)object->bytes,
		"sha256", object->sha256));
}

void
run_patch(struct run *r, const char *member, json_t *value)
{
	if (strcmp(member, "phase") == 0 && json_is_string(value)) {
		free(r->phase);
		if ((r->phase = strdup(json_string_value(value))) == NULL)
			err(1, "run");
	}
	json_object_set_new(r->patch, member, value);
}

void
run_spend(struct run *r, long long tokens, double usd)
{
	r->tokens += tokens;
	r->usd += usd;
}

void
run_forget(struct run *r)
{
	gather(r);
}

/* What this run cost since the last commit. */
static void
add_cost(struct run *r)
{
	double wall = (double)now_ms() / 1000, cpu = cpu_seconds();

	json_object_set_new(r->patch, "cost_add",
	    json_pack("{s:f, s:f, s:I, s:f}", "wall_s", wall - r->wall, "cpu_s",
		cpu - r->cpu, "tokens", (json_int_t)r->tokens, "usd", r->usd));
	r->wall = wall;
	r->cpu = cpu;
}

/* Wake the readers.  If that fails they read on a little later by
 * themselves. */
static void
wake(struct run *r, bool now)
{
	struct err e;
	int rc;

	if (r->db == NULL)
		return;
	rc = now ? queue_wake_now(&r->wake, &e) : queue_wake(&r->wake, &e);
	if (rc == -1)
		log_debug("notify: %s, ignoring", e.text);
}

static bool
leaving(const struct run *r)
{
	return r->leave != NULL && *r->leave != 0;
}

/* A keyed commit may be sent again: if the first one arrived, the second
 * writes nothing. */
static PGresult *
commit_until_there(struct run *r, struct agent_run_commit p, struct err *e)
{
	long long since = now_ms();
	struct timespec pause = { .tv_nsec = 200 * 1000000L };
	PGresult *res;

	for (;;) {
		res = run_agent_run_commit(r->db, r->scratch, p, e);
		if (res != NULL || e->code != ERR_BUSY || *p.key == '\0' ||
		    now_ms() - since > AWAY_MS || leaving(r))
			return res;
		log_debug("commit: %s, retrying", e->text);
		nanosleep(&pause, NULL);
	}
}

static int
commit_db(struct run *r, const char *key, const char *kind,
    const json_t *output, struct err *e)
{
	PGresult *res;

	add_cost(r);
	res = commit_until_there(r,
	    (struct agent_run_commit){
		.job = r->job,
		.token = r->token,
		.run = r->id,
		.key = key,
		.kind = kind,
		.output = json_text(output, r->scratch),
		.events = json_text(r->events, r->scratch),
		.artifacts = json_text(r->artifacts, r->scratch),
		.patch = json_text(r->patch, r->scratch),
	    },
	    e);
	if (res == NULL)
		return -1;
	if (PQntuples(res) != 1)
		return err_set(e, ERR_LOST, "the claim on the job is lost");
	r->cancel = *PQgetvalue(res, 0, 0) == 't';
	r->pause = *PQgetvalue(res, 0, 1) == 't';
	r->polled = now_ms();
	return 0;
}

int
run_commit(struct run *r, const char *key, const char *kind, json_t *output,
    struct err *e)
{
	int rc = 0;

	if (output == NULL)
		output = json_null();
	if (*key == '\0' || run_step(r, key) == NULL) {
		if (r->db != NULL)
			rc = commit_db(r, key, kind, output, e);
		else {
			json_array_extend(r->all_events, r->events);
			json_array_extend(r->all_artifacts, r->artifacts);
		}
		if (rc == 0 && *key != '\0')
			json_object_set(r->steps, key, output);
	}
	json_decref(output);
	gather(r);
	if (rc == 0)
		wake(r, false);
	arena_reset(r->scratch);
	return rc;
}

enum run_stop
run_stop(const struct run *r)
{
	if (r->cancel)
		return RUN_CANCEL;
	if (leaving(r))
		return RUN_LEAVE;
	return r->pause ? RUN_PAUSE : RUN_GO;
}

/* The process has one run at a time. */
static volatile sig_atomic_t look;

void
run_look(int sig)
{
	(void)sig;
	look = 1;
}

int
run_poll(void *arg)
{
	struct run *r = arg;
	long long t = now_ms();
	PGresult *res;
	struct err e;

	if (r->db != NULL && (look || t - r->polled >= POLL_MS)) {
		look = 0;
		r->polled = t;
		res = run_agent_run_flags(r->db, r->scratch,
		    (struct agent_run_flags){ .run = r->id }, &e);
		if (res != NULL && PQntuples(res) == 1) {
			r->cancel = *PQgetvalue(res, 0, 0) == 't';
			r->pause = *PQgetvalue(res, 0, 1) == 't';
		}
		if (r->wake.owed)
			wake(r, true);
		arena_reset(r->scratch);
	}
	return r->cancel || leaving(r);
}

int
run_check(struct run *r, struct err *e)
{
	switch (run_stop(r)) {
	case RUN_GO:
		return 0;
	case RUN_CANCEL:
		return err_set(e, ERR_CANCELLED, "the run was cancelled");
	case RUN_PAUSE:
		return err_set(e, ERR_CANCELLED, "the run was paused");
	case RUN_LEAVE:
	default:
		return err_set(
		    e, ERR_CANCELLED, "the worker was asked to stop");
	}
}

static json_t *
why_json(const struct err *why)
{
	json_t *v;

	if (why == NULL)
		return json_null();
	v = json_pack("{s:s, s:s}", "code", err_kinds[why->code].name, "detail",
	    err_public(why));
	if (v == NULL)
		v = json_pack("{s:s, s:s}", "code", err_kinds[why->code].name,
		    "detail", "the reason is no valid text");
	if (*why->pointer != '\0')
		json_object_set_new(v, "pointer", json_string(why->pointer));
	if (why->line > 0)
		json_object_set_new(v, "line", json_integer(why->line));
	if (why->column > 0)
		json_object_set_new(v, "column", json_integer(why->column));
	return v;
}

int
run_finish(
    struct run *r, const char *state, const struct err *why, struct err *e)
{
	auto_json json_t *reason = why_json(why);
	PGresult *res;

	if (r->db == NULL) {
		json_array_append_new(
		    r->all_events, json_pack("{s:s, s:n, s:n, s:{s:s}}", "type",
				       "run_finished", "phase", "agent",
				       "payload", "state", state));
		return 0;
	}
	res = run_agent_run_finish(r->db, r->scratch,
	    (struct agent_run_finish){
		.job = r->job,
		.token = r->token,
		.run = r->id,
		.state = state,
		.error = why == NULL ? NULL : json_text(reason, r->scratch),
	    },
	    e);
	if (res == NULL)
		return -1;
	wake(r, true);
	return 0;
}

const json_t *
run_memory_events(const struct run *r)
{
	return r->all_events;
}

const json_t *
run_memory_artifacts(const struct run *r)
{
	return r->all_artifacts;
}
