#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/db.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/queue.h"
#include "sql/sql.h"
#include "workers/worker.h"

#include "lib/banned.h"

/* A worker whose lock is held but which has been silent for six beats hangs,
 * or its host does. */
#define BEAT_MS 10000
#define HUNG_S  60.0

/* How often to look for the dead: a worker that has company may have to take
 * over at any time, one that is alone only at its start. */
#define TEND_MS       1000
#define TEND_WATCH_MS 40

#define PARTITIONS_MS 3600000

struct worker {
	struct db *db;
	int id, backend;
	long long tend_at, beat_at, partitions_at;
};

static long long
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct worker *
worker_open(const char *conninfo, const char *program, int slots, struct err *e)
{
	struct worker *w;
	struct arena *a;
	char host[256] = "", pid[24], n[24];
	PGresult *r;

	if ((w = calloc(1, sizeof(*w))) == NULL) {
		err_set(e, ERR_INTERNAL, "out of memory");
		return NULL;
	}
	gethostname(host, sizeof(host) - 1);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	snprintf(n, sizeof(n), "%d", slots);
	a = arena_new();
	if ((w->db = db_open(conninfo, DB_DIRECT, e)) != NULL &&
	    db_exec(w->db, "LISTEN jobs; LISTEN run_control; LISTEN control",
		e) == 0 &&
	    (r = run_workers_start(w->db, a,
		 (struct workers_start){
		     .program = program, .host = host, .pid = pid, .slots = n },
		 e)) != NULL) {
		w->id = (int)strtol(PQgetvalue(r, 0, 0), NULL, 10);
		w->backend = PQbackendPID(db_conn(w->db));
		w->beat_at = now_ms() + BEAT_MS;
	} else {
		worker_drop(w);
		w = NULL;
	}
	arena_free(a);
	return w;
}

void
worker_drop(struct worker *w)
{
	if (w == NULL)
		return;
	db_close(w->db);
	free(w);
}

void
worker_close(struct worker *w)
{
	struct err e;
	struct arena *a;
	char id[24];

	if (w == NULL)
		return;
	a = arena_new();
	snprintf(id, sizeof(id), "%d", w->id);
	if (worker_holds(w) &&
	    run_workers_stop(
		w->db, a, (struct workers_stop){ .worker = id }, &e) == NULL)
		log_warn("cannot sign off: %s, ignoring", e.text);
	arena_free(a);
	worker_drop(w);
}

int
worker_id(const struct worker *w)
{
	return w->id;
}

struct db *
worker_db(struct worker *w)
{
	return w->db;
}

int
worker_holds(struct worker *w)
{
	PGconn *c = db_conn(w->db);

	return PQstatus(c) == CONNECTION_OK && PQbackendPID(c) == w->backend;
}

static int
beat(struct worker *w, struct err *e)
{
	struct arena *a = arena_new();
	char id[24];
	PGresult *r;
	int rc = -1;

	snprintf(id, sizeof(id), "%d", w->id);
	r = run_workers_beat(
	    w->db, a, (struct workers_beat){ .worker = id }, e);
	if (r != NULL && *PQgetvalue(r, 0, 0) == 't')
		rc = 0;
	else if (r != NULL)
		err_set(e, ERR_LOST, "others took this worker for dead");
	arena_free(a);
	return rc;
}

static int
partitions(struct worker *w, struct err *e)
{
	struct arena *a = arena_new();
	PGresult *r = run_workers_partitions(w->db, a, e);

	if (r != NULL && strcmp(PQgetvalue(r, 0, 0), "0") != 0)
		log_info("made partitions=%s", PQgetvalue(r, 0, 0));
	arena_free(a);
	return r == NULL ? -1 : 0;
}

static int
lost(struct worker *w, struct err *e)
{
	if (worker_holds(w))
		return 0;
	return err_set(e, ERR_LOST, "the database session is lost");
}

int
worker_tend(struct worker *w, int *ready, struct err *e)
{
	struct queue_tended t;
	long long now = now_ms();

	*ready = 0;
	if (lost(w, e) == -1)
		return -1;
	if (now >= w->beat_at) {
		if (beat(w, e) == -1)
			return -1;
		w->beat_at = now + BEAT_MS;
	}
	if (now >= w->partitions_at) {
		if (partitions(w, e) == -1)
			return -1;
		w->partitions_at = now + PARTITIONS_MS;
	}
	if (now < w->tend_at)
		return 0;
	if (queue_tend(w->db, w->id, HUNG_S, &t, e) == -1)
		return -1;
	w->tend_at = now + (t.others > 0 ? TEND_WATCH_MS : TEND_MS);
	if (t.next_s >= 0 && now + (long long)(t.next_s * 1000) < w->tend_at)
		w->tend_at = now + (long long)(t.next_s * 1000) + 1;
	if (t.reaped > 0)
		log_warn(
		    "took over jobs=%d of workers that are gone", t.reaped);
	*ready = t.reaped + t.promoted > 0;
	return 0;
}

int
worker_due(const struct worker *w)
{
	long long at = w->tend_at < w->beat_at ? w->tend_at : w->beat_at;

	at -= now_ms();
	return at < 0 ? 0 : (int)at;
}

int
worker_hear(struct worker *w, worker_heard_fn heard, void *ctx)
{
	PGconn *c = db_conn(w->db);
	PGnotify *n;
	int count = 0;

	if (PQconsumeInput(c) == 0)
		return -1;
	while ((n = PQnotifies(c)) != NULL) {
		heard(ctx, n->relname, n->extra);
		PQfreemem(n);
		count++;
	}
	return count;
}

struct pollfd
worker_pollfd(const struct worker *w)
{
	return (
	    struct pollfd){ .fd = PQsocket(db_conn(w->db)), .events = POLLIN };
}
