#include "config.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/agent/agent.h"
#include "lib/agent/loop.h"
#include "lib/agent/phase.h"
#include "lib/agent/pipeline.h"
#include "lib/agent/platform.h"
#include "lib/agent/progress.h"
#include "lib/agent/provider.h"
#include "lib/agent/run.h"
#include "lib/agent/template.h"
#include "lib/agent/work.h"
#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/err.h"
#include "lib/json.h"

#include "lib/banned.h"

static json_t *
object_of(json_t *parent, const char *key)
{
	json_t *v = json_object_get(parent, key);

	if (json_is_object(v))
		return v;
	v = json_object();
	json_object_set_new(parent, key, v);
	return v;
}

static void
absent(json_t *object, const char *key, json_t *value)
{
	if (json_object_get(object, key) == NULL)
		json_object_set_new(object, key, value);
	else
		json_decref(value);
}

static json_t *
names_json(const char *const *names)
{
	json_t *list = json_array();

	for (; *names != NULL; names++)
		json_array_append_new(list, json_string(*names));
	return list;
}

/* The run's request, with what its template says where it says nothing. */
static void
fill_request(struct work *w)
{
	const struct template *t = w->template;
	json_t *budget = object_of(w->request, "budget");
	json_t *params = object_of(w->request, "params");

	if (json_is_null(json_object_get(w->request, "objective")) ||
	    json_object_get(w->request, "objective") == NULL)
		json_object_set_new(
		    w->request, "objective", json_string(t->metric));
	json_object_set(w->request, "dataset_digest",
	    json_object_get(run_row(w->run), "dataset_digest"));
	absent(budget, "trials", json_integer(t->trials));
	absent(budget, "seconds", json_integer(t->seconds));
	absent(params, "folds", json_integer(t->folds));
	absent(params, "holdout", json_real(t->holdout));
	absent(params, "learners", names_json(t->learners));
}

static int
set_up(struct work *w, const struct pipeline *p, struct arena *a, struct err *e)
{
	const json_t *row = run_row(p->run);
	struct timespec now;

	work_init(w, p->run, a);
	w->data_dir = p->data_dir;
	w->share_dir = p->share_dir;
	w->threads = p->threads;
	work_sweep(w);
	w->spent_before = json_num(json_object_get(row, "cost"), "wall_s", 0);
	clock_gettime(CLOCK_MONOTONIC, &now);
	w->started = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
	w->template =
	    template_load(p->share_dir, json_str(row, "template", ""), a, e);
	if (w->template == NULL ||
	    (w->agents = agent_load_all(p->share_dir, a, e)) == NULL)
		return -1;
	fill_request(w);
	return 0;
}

static int
phase_begin(
    struct work *w, const char *name, const char *key, int visit, struct err *e)
{
	run_patch(w->run, "phase", json_string(name));
	run_patch(w->run, "progress", progress_json(w));
	run_event(w->run, "phase_started", NULL,
	    json_pack("{s:s, s:i}", "phase", name, "visit", visit));
	return run_commit(w->run, key, "phase", json_null(), e);
}

static int
phase_end(struct work *w, const char *name, const char *key, int visit,
    const json_t *answer, const char *back, struct err *e)
{
	char end[128];

	snprintf(end, sizeof(end), "%s/end", key);
	run_event(w->run, "phase_finished", NULL,
	    json_pack("{s:s, s:i, s:O?, s:s?}", "phase", name, "visit", visit,
		"summary", json_object_get(answer, "summary"), "back_to",
		back));
	run_patch(w->run, "active_agent", json_null());
	run_patch(w->run, "progress", progress_json(w));
	return run_commit(w->run, end, "phase", json_null(), e);
}

static int
check_outputs(
    const struct work *w, const struct template_phase *tp, struct err *e)
{
	for (const char **o = tp->outputs; *o != NULL; o++)
		if (!phase_has(w, *o))
			return err_set(e, ERR_CONFLICT,
			    "the phase '%s' ended without '%s'", tp->name, *o);
	return 0;
}

static int
one_phase(struct work *w, const struct pipeline *p, int visit, int *next,
    struct err *e)
{
	const struct template_phase *tp = &w->template->phase[w->phase];
	const struct phase *ph = phase_find(tp->name);
	const struct agent *agent = agent_find(w->agents, tp->agent);
	struct phase_next where = { NULL };
	auto_json json_t *task = NULL, *schema = NULL, *answer = NULL;
	char key[96];

	if (ph == NULL || agent == NULL)
		return err_set(e, ERR_INTERNAL,
		    "template '%s': no phase '%s', or no agent '%s'",
		    w->template->name, tp->name, tp->agent);
	snprintf(key, sizeof(key), "%s.%d", tp->name, visit);
	if (phase_begin(w, tp->name, key, visit, e) == -1 ||
	    run_check(w->run, e) == -1 ||
	    (ph->before != NULL && ph->before(w, e) == -1))
		return -1;
	task = phase_task(ph, w, visit);
	schema = json_loads(ph->schema, 0, NULL);
	answer = loop_run(
	    &(struct loop){
		.run = w->run,
		.work = w,
		.agent = agent,
		.provider = p->provider,
		.phase = tp->name,
		.key = key,
		.task = task,
		.schema = schema,
	    },
	    e);
	if (answer == NULL ||
	    (ph->after != NULL && ph->after(w, answer, &where, e) == -1) ||
	    check_outputs(w, tp, e) == -1)
		return -1;
	*next = w->phase + 1;
	for (int i = 0; where.to != NULL && i < w->phase; i++)
		if (strcmp(w->template->phase[i].name, where.to) == 0)
			*next = i;
	if (where.to == NULL)
		w->phase++; /* counts as done in the progress */
	return phase_end(w, tp->name, key, visit, answer, where.to, e);
}

static int
all_phases(struct work *w, const struct pipeline *p, struct err *e)
{
	int visits[TEMPLATE_PHASES_MAX] = { 0 };
	int next = 0;

	for (int i = 0; i < w->template->nphases; i = next) {
		w->phase = i;
		if (one_phase(w, p, ++visits[i], &next, e) == -1)
			return -1;
	}
	return 0;
}

int
pipeline_run(const struct pipeline *p, struct arena *a, struct err *e)
{
	struct work w;
	int rc = set_up(&w, p, a, e);

	/* Whoever watches sees the phase before the table is read. */
	if (rc == 0)
		rc = phase_begin(&w, w.template->phase[0].name,
		    arena_printf(a, "%s.1", w.template->phase[0].name), 1, e);
	if (rc == 0)
		rc = platform_load(&w, p->place, e);
	if (rc == 0)
		rc = all_phases(&w, p, e);
	if (rc == -1)
		run_forget(p->run);
	work_done(&w);
	return rc;
}
