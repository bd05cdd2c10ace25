/*
 * How fast the queue is, with the statements that the daemons use: claims one
 * at a time and in batches, durable steps, and the way from enqueueing to the
 * start.  bench/jobs.py sets up the database and runs this beside others.
 *	queue single  CONNINFO CLIENTS SECONDS	or until the queue 'bench' is
 *empty queue batch   CONNINFO CLIENTS SECONDS N queue steps   CONNINFO CLIENTS
 *SECONDS	each client on a run of its own queue latency CONNINFO JOBS
 *	queue --job ...				as modelwright-job: tells when
 *it started Prints one JSON object.
 */
#include "config.h"

#include <err.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/db.h"
#include "lib/err.h"
#include "lib/queue.h"
#include "sql/sql.h"
#include "workers/worker.h"

static const char *conninfo;
static int batch;
static double seconds, deadline;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
die(const struct err *e)
{
	errx(1, "%s", e->text);
}

static struct worker *
start(void)
{
	struct err e = { 0 };
	struct worker *w = worker_open(conninfo, "bench", 1, &e);

	if (w == NULL)
		die(&e);
	return w;
}

static void
done_one(struct db *db, struct arena *a, const struct queue_claim *c)
{
	char id[24], token[24];
	struct err e = { 0 };

	snprintf(id, sizeof(id), "%lld", c->id);
	snprintf(token, sizeof(token), "%lld", c->token);
	if (run_jobs_done(db, a,
		(struct jobs_done){ .job = id, .token = token, .result = NULL },
		&e) == NULL)
		die(&e);
}

/* Claim, do nothing, finish; returns how many. */
static long
work(struct worker *w)
{
	struct arena *a = arena_new();
	struct queue_claim *c;
	struct err e = { 0 };
	long total = 0;
	int n = 0;

	while (now() < deadline &&
	       (n = queue_claim(worker_db(w), a, worker_id(w), "bench",
		    batch > 0 ? batch : 1, &c, &e)) > 0) {
		if (batch > 0)
			n = queue_done_many(worker_db(w), c, n, &e);
		else
			done_one(worker_db(w), a, c);
		if (n == -1)
			break;
		total += n;
		arena_reset(a);
	}
	if (n == -1)
		die(&e);
	arena_free(a);
	return total;
}

static long
step(struct worker *w)
{
	struct arena *a = arena_new();
	struct queue_claim *c;
	struct err e = { 0 };
	char key[32], id[24], token[24];

	if (queue_claim(
		worker_db(w), a, worker_id(w), "pipelines", 1, &c, &e) != 1)
		errx(1, "no run to work on");
	snprintf(id, sizeof(id), "%lld", c->id);
	snprintf(token, sizeof(token), "%lld", c->token);
	const char *run = arena_strdup(a, c->run_id);
	struct arena *each = arena_new();
	if (run_agent_run_begin(worker_db(w), each,
		(struct agent_run_begin){ .job = id, .token = token },
		&e) == NULL)
		die(&e);
	long i;
	for (i = 0; now() < deadline; i++) {
		snprintf(key, sizeof(key), "step %ld", i);
		if (run_agent_run_commit(worker_db(w), each,
			(struct agent_run_commit){ .job = id,
			    .token = token,
			    .run = run,
			    .key = key,
			    .kind = "tool",
			    .output = "{\"ok\": true}",
			    .events = "[{\"type\": \"tool_called\", "
				      "\"payload\": {\"tool\": \"none\"}}]",
			    .artifacts = NULL,
			    .patch = NULL },
			&e) == NULL)
			die(&e);
		arena_reset(each);
	}
	arena_free(each);
	arena_free(a);
	return i;
}

/* Run fn in n processes that start together. */
static void
fan_out(int n, long (*fn)(struct worker *))
{
	long *counts = mmap(NULL, (size_t)n * sizeof(*counts),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int ready[2], go[2], status, bad = 0;
	char byte;

	if (counts == MAP_FAILED || pipe(ready) == -1 || pipe(go) == -1)
		err(1, "cannot start");
	for (int i = 0; i < n; i++)
		switch (fork()) {
		case -1:
			err(1, "fork");
		case 0: {
			struct worker *w = start();

			close(go[1]);
			if (write(ready[1], "r", 1) != 1 ||
			    read(go[0], &byte, 1) != 0)
				_exit(1);
			deadline = now() + seconds;
			counts[i] = fn(w);
			worker_drop(w);
			_exit(0);
		}
		default:
			break;
		}
	for (int i = 0; i < n; i++)
		if (read(ready[0], &byte, 1) != 1)
			errx(1, "a client did not start");
	double t0 = now();
	close(go[1]);
	long total = 0;
	for (int i = 0; i < n; i++) {
		wait(&status);
		bad |= status;
	}
	double took = now() - t0;
	if (bad)
		errx(1, "a client failed");
	for (int i = 0; i < n; i++)
		total += counts[i];
	printf("{\"count\": %ld, \"seconds\": %.4f, \"per_s\": %.1f}\n", total,
	    took, (double)total / took);
}

static int
ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
heard(void *ctx, const char *channel, const char *payload)
{
	(void)channel;
	(void)payload;
	*(int *)ctx = 1;
}

/* The daemon's own loop: hear, claim while there is something, poll. */
static void
listen_for(struct worker *w, double *at, int n, int *got)
{
	struct arena *a = arena_new();
	struct queue_claim *c;
	struct err e = { 0 };
	int want = 1, k;

	while (*got < n) {
		if (worker_hear(w, heard, &want) == -1)
			errx(1, "lost");
		if (!want) {
			struct pollfd p = worker_pollfd(w);
			poll(&p, 1, 1000);
			want = p.revents == 0;
			continue;
		}
		want = 0;
		k = queue_claim(
		    worker_db(w), a, worker_id(w), "bench", 1, &c, &e);
		if (k == -1)
			die(&e);
		if (k == 1) {
			at[*got] = now();
			__atomic_add_fetch(got, 1, __ATOMIC_RELEASE);
			done_one(worker_db(w), a, c);
			want = 1;
		}
		arena_reset(a);
	}
	arena_free(a);
}

static void
latency(int n)
{
	size_t size = (size_t)n * sizeof(double);
	double *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int *got = mmap(NULL, sizeof(*got), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	double *sent = calloc((size_t)n, sizeof(*sent));
	struct arena *a = arena_new();
	struct err e = { 0 };
	struct db *db;
	int status;
	pid_t pid;

	if (at == MAP_FAILED || got == MAP_FAILED || sent == NULL)
		err(1, "cannot start");
	if ((pid = fork()) == 0) {
		struct worker *w = start();
		listen_for(w, at, n, got);
		worker_drop(w);
		_exit(0);
	}
	usleep(300000);
	if ((db = db_open(conninfo, DB_DIRECT, &e)) == NULL)
		die(&e);
	for (int i = 0; i < n; i++) {
		sent[i] = now();
		if (run_jobs_enqueue(db, a,
			(struct jobs_enqueue){ .queue = "bench",
			    .kind = "empty",
			    .payload = "{}",
			    .options = "{}" },
			&e) == NULL ||
		    run_jobs_notify(db, a,
			(struct jobs_notify){ .queue = "bench" }, &e) == NULL)
			die(&e);
		arena_reset(a);
		/* The next one once this has started: no queue builds up. */
		while (__atomic_load_n(&got[0], __ATOMIC_ACQUIRE) <= i)
			usleep(500);
		usleep(2000 + (useconds_t)(random() % 3000));
	}
	waitpid(pid, &status, 0);
	for (int i = 0; i < n; i++)
		at[i] -= sent[i];
	qsort(at, (size_t)n, sizeof(*at), ascending);
	printf("{\"count\": %d, \"p50_ms\": %.3f, \"p99_ms\": %.3f, "
	       "\"max_ms\": %.3f}\n",
	    n, at[n / 2] * 1e3, at[n * 99 / 100] * 1e3, at[n - 1] * 1e3);
	db_close(db);
	arena_free(a);
	free(sent);
}

/* As the child of a daemon: tell when we started, and stay. */
static int
job(void)
{
	const char *file = getenv("BENCH_MARKS");
	char line[64];
	int fd;

	snprintf(line, sizeof(line), "%.6f %d\n", now(), (int)getppid());
	if (file == NULL ||
	    (fd = open(file, O_WRONLY | O_APPEND | O_CREAT, 0666)) == -1 ||
	    write(fd, line, strlen(line)) == -1)
		return 1;
	for (;;)
		pause();
}

int
main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--job") == 0)
		return job();
	if (argc < 4)
		errx(64, "usage: see the head of bench/queue.c");
	conninfo = argv[2];
	int clients = (int)strtol(argv[3], NULL, 10);
	seconds = argc > 4 ? strtod(argv[4], NULL) : 5;
	batch = argc > 5 ? (int)strtol(argv[5], NULL, 10) : 0;
	if (strcmp(argv[1], "latency") == 0)
		latency(clients);
	else if (strcmp(argv[1], "single") == 0 ||
		 strcmp(argv[1], "batch") == 0)
		fan_out(clients, work);
	else if (strcmp(argv[1], "steps") == 0)
		fan_out(clients, step);
	else
		errx(64, "no such measurement: %s", argv[1]);
	return 0;
}
