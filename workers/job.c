/*
 * modelwright-job: one job that trains or reads much, in a process of its own
 * that modelwright-pipelined starts by exec.  It finishes its job itself.
 *	exit 0		done, whatever came of it
 *	exit 75		stopped on request; what is done is journaled
 *	else		the attempt failed
 * With --verify it does a finished run again, journaled in memory only, and
 * compares the models' digests.
 */
#include "config.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/agent/pipeline.h"
#include "lib/agent/platform.h"
#include "lib/agent/rules.h"
#include "lib/agent/run.h"
#include "lib/agent/tool.h"
#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/conf.h"
#include "lib/data/frame.h"
#include "lib/data/profile.h"
#include "lib/db.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/queue.h"
#include "lib/store.h"
#include "sql/sql.h"

#include "lib/banned.h"

struct job {
	const char *id, *token, *kind;
	struct conf conf;
	struct db *db;
	struct arena *arena;
};

struct job_kind {
	const char *name;
	int (*work)(struct job *, struct err *);
};

/* What a kind's work returns when somebody asked it to stop. */
#define STOPPED 1

static volatile sig_atomic_t leave;

static void
on_term(int sig)
{
	(void)sig;
	leave = 1;
}

/* Where the run's data set is, and how it is read. */
static int
find_data(struct job *j, const struct run *run, struct data_place *place,
    struct err *e)
{
	const json_t *row = run_row(run);
	const char *digest = json_str(row, "dataset_digest", "");
	char path[4096];
	PGresult *r;

	r = run_agent_dataset(j->db, j->arena,
	    (struct agent_dataset){
		.digest = digest, .name = json_str(row, "dataset_name", "") },
	    e);
	if (r == NULL)
		return -1;
	if (PQntuples(r) == 0)
		return err_ptr(e, ERR_NOT_FOUND, "/dataset",
		    "the data set '%s' is gone",
		    json_str(row, "dataset_name", ""));
	/* A model names the bytes that it was trained on: they must be those.
	 */
	if (store_check(j->conf.data_dir, digest, "the data set", e) == -1)
		return -1;
	store_path(j->conf.data_dir, digest, path, sizeof(path));
	*place = (struct data_place){
		.path = arena_strdup(j->arena, path),
		.format = PQgetvalue(r, 0, 0),
		.on_error = PQgetvalue(r, 0, 1),
	};
	return 0;
}

static int
threads(const struct conf *c)
{
	long n = c->train_threads > 0 ? (long)c->train_threads
	                              : sysconf(_SC_NPROCESSORS_ONLN);

	return n > 0 ? (int)n : 1;
}

/* Whether the run itself has failed, or only this attempt at it. */
static int
is_final(const struct err *e)
{
	return e->code != ERR_LOST && !err_kinds[e->code].retry;
}

static int
end_run(struct run *run, int rc, const struct err *why, struct err *e)
{
	enum run_stop stop = run_stop(run);

	if (rc == 0)
		return run_finish(run, "succeeded", NULL, e);
	*e = *why;
	if (why->code == ERR_CANCELLED) {
		if (stop == RUN_CANCEL)
			return run_finish(run, "cancelled", NULL, e);
		if (stop == RUN_PAUSE)
			return run_finish(run, "paused", NULL, e);
		return STOPPED;
	}
	return is_final(why) ? run_finish(run, "failed", why, e) : -1;
}

/* All phases of a run, from where it stands. */
static int
go_through(struct job *j, struct run *run, struct err *e)
{
	struct data_place place;

	run_watch(run, &leave);
	if (run_check(run, e) == -1 || find_data(j, run, &place, e) == -1)
		return -1;
	return pipeline_run(
	    &(struct pipeline){
		.run = run,
		.provider = &rules_provider,
		.share_dir = j->conf.share_dir,
		.data_dir = j->conf.data_dir,
		.place = &place,
		.threads = threads(&j->conf),
	    },
	    j->arena, e);
}

static int
do_pipeline(struct job *j, struct err *e)
{
	struct run *run = run_open(j->db, j->id, j->token, j->arena, e);
	struct err why = { 0 };
	int rc;

	if (run == NULL)
		return -1;
	log_context("job=%s kind=%s run=%s", j->id, j->kind, run_id(run));
	rc = end_run(run, go_through(j, run, &why), &why, e);
	run_close(run);
	return rc;
}

static int
do_profile(struct job *j, struct err *e)
{
	auto_json json_t *payload = NULL, *profile = NULL;
	const char *digest;
	char path[4096];
	PGresult *r;

	r = run_agent_job(j->db, j->arena,
	    (struct agent_job){ .job = j->id, .token = j->token }, e);
	if (r == NULL)
		return -1;
	if (PQntuples(r) == 0)
		return err_set(e, ERR_LOST, "the claim on the job is lost");
	payload =
	    json_parse(PQgetvalue(r, 0, 0), (size_t)PQgetlength(r, 0, 0), e);
	if (payload == NULL)
		return -1;
	digest = json_str(payload, "digest", "");
	if (store_check(j->conf.data_dir, digest, "the data set", e) == -1)
		return -1;
	store_path(j->conf.data_dir, digest, path, sizeof(path));
	profile = profile_file(path,
	    platform_format(json_str(payload, "format", "csv")),
	    platform_on_error(json_str(payload, "on_error", "fail")), NULL, e);
	if (profile == NULL)
		return -1;
	if (leave)
		return STOPPED;
	return run_agent_profile_keep(j->db, j->arena,
		   (struct agent_profile_keep){ .digest = digest,
		       .profile = json_text(profile, j->arena),
		       .job = j->id,
		       .token = j->token },
		   e) == NULL
	           ? -1
	           : 0;
}

/* clang-format off */
static const struct job_kind kinds[] = {
	{ "pipeline",	do_pipeline },
	{ "profile",	do_profile },
};
/* clang-format on */

/* What a run journaled in memory made under a name; its digest, or "". */
static const char *
made(const struct run *run, const char *name)
{
	const json_t *one;
	const char *digest = "";
	size_t i;

	json_array_foreach (run_memory_artifacts(run), i, one)
		if (strcmp(json_str(one, "name", ""), name) == 0)
			digest = json_str(one, "sha256", "");
	return digest;
}

/* Do a finished run again from its data, configuration and seed. */
static int
verify(struct job *j, const char *id, struct err *e)
{
	auto_json json_t *row = NULL;
	struct run *run;
	const char *then;
	PGresult *r;
	int rc;

	if ((j->db = db_open(j->conf.database, DB_DIRECT, e)) == NULL ||
	    (r = run_verify_run(j->db, j->arena,
		 (struct verify_run){ .run_id = id }, e)) == NULL)
		return -1;
	if (PQntuples(r) == 0)
		return err_set(e, ERR_NOT_FOUND,
		    "there is no run '%s' that made a model", id);
	then = PQgetvalue(r, 0, 1);
	row = json_parse(PQgetvalue(r, 0, 0), (size_t)PQgetlength(r, 0, 0), e);
	if (row == NULL)
		return -1;
	json_object_set_new(row, "phase", json_null());
	run = run_open_memory(row, j->arena);
	if ((rc = go_through(j, run, e)) == 0) {
		printf(
		    "then  %s\nnow   %s\n", then, made(run, "model/MANIFEST"));
		if (strcmp(then, made(run, "model/MANIFEST")) != 0)
			rc = err_set(e, ERR_CONFLICT,
			    "the same data, configuration and seed gave "
			    "another model");
		else
			puts("the same model, byte for byte");
	}
	run_close(run);
	return rc;
}

static int
verify_main(struct job *j, const char *id)
{
	struct err e = { 0 };
	int rc;

	j->arena = arena_new();
	if ((rc = verify(j, id, &e)) == -1) {
		log_err("%s", e.text);
		rc = err_kinds[e.code].sysexit;
	}
	db_close(j->db);
	arena_free(j->arena);
	return rc;
}

static int
usage(void)
{
	fputs("usage: modelwright-job [-c FILE] --job ID --token N --kind "
	      "KIND\n       modelwright-job [-c FILE] --verify RUN\n"
	      "       modelwright-job --tools\n",
	    stderr);
	return EX_USAGE;
}

static int
print_tools(void)
{
	auto_json json_t *list = tool_list_json();

	json_dumpf(list, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
	return puts("") == EOF ? EX_IOERR : 0;
}

/* The attempt failed: the queue learns why from us, in better words than from
 * an exit status. */
static void
tell_queue(struct job *j, const struct err *why)
{
	auto_json json_t *error = json_pack("{s:s, s:s}", "code",
	    err_kinds[why->code].name, "detail", err_public(why));
	enum queue_outcome outcome;
	struct err e;

	if (why->code == ERR_LOST)
		return;
	if (queue_fail(j->db, strtoll(j->id, NULL, 10),
		strtoll(j->token, NULL, 10), err_public(why),
		error == NULL ? NULL : json_text(error, j->arena), &outcome,
		&e) == -1)
		log_warn("cannot record the failure: %s, ignoring", e.text);
}

static int
run_job(struct job *j, const struct job_kind *k)
{
	struct err e = { 0 };
	int rc;

	if ((j->db = db_open(j->conf.database, DB_DIRECT, &e)) == NULL) {
		log_err("%s", e.text);
		return EX_UNAVAILABLE;
	}
	log_context("job=%s kind=%s", j->id, j->kind);
	if ((rc = k->work(j, &e)) == -1) {
		log_err("%s", e.text);
		tell_queue(j, &e);
	}
	db_close(j->db);
	if (rc == STOPPED)
		return EX_TEMPFAIL;
	return rc == 0 ? 0
	       : err_kinds[e.code].sysexit == EX_TEMPFAIL
	           ? EX_SOFTWARE
	           : err_kinds[e.code].sysexit;
}

int
main(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "job", required_argument, NULL, 'j' },
		{ "token", required_argument, NULL, 't' },
		{ "kind", required_argument, NULL, 'k' },
		{ "tools", no_argument, NULL, 'T' },
		{ "verify", required_argument, NULL, 'V' },
		{ 0 },
	};
	struct sigaction on = { .sa_handler = on_term };
	struct sigaction look = { .sa_handler = run_look };
	const char *conf = NULL, *again = NULL;
	struct job j = { 0 };
	struct err e;
	int c, rc;

	while ((c = getopt_long(argc, argv, "c:", options, NULL)) != -1)
		switch (c) {
		case 'c':
			conf = optarg;
			break;
		case 'j':
			j.id = optarg;
			break;
		case 't':
			j.token = optarg;
			break;
		case 'k':
			j.kind = optarg;
			break;
		case 'T':
			return print_tools();
		case 'V':
			again = optarg;
			break;
		default:
			return usage();
		}
	if (optind != argc ||
	    (again == NULL &&
		(j.id == NULL || j.token == NULL || j.kind == NULL)))
		return usage();
	if (conf_load(&j.conf, conf, &e) == -1) {
		log_err("%s", e.text);
		return EX_CONFIG;
	}
	log_level((int)j.conf.log_level);
	sigaction(SIGTERM, &on, NULL);
	sigaction(SIGINT, &on, NULL);
	sigaction(SIGUSR1, &look, NULL);
	if (again != NULL)
		return verify_main(&j, again);
	for (size_t i = 0; i < nitems(kinds); i++)
		if (strcmp(kinds[i].name, j.kind) == 0) {
			j.arena = arena_new();
			rc = run_job(&j, &kinds[i]);
			arena_free(j.arena);
			return rc;
		}
	log_err("there are no jobs of the kind '%s'", j.kind);
	return EX_USAGE;
}
