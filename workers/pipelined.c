/*
 * modelwright-pipelined: claims jobs of its queues and gives each to a child
 * process under limits.  The child finishes its job itself; this master only
 * sees to those that did not.
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/conf.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/queue.h"
#include "workers/child.h"
#include "workers/worker.h"

#include "lib/banned.h"

/* A child that stops on request, having finished nothing and failed nothing,
 * says so with EX_TEMPFAIL. */
#define EXIT_STOPPED 75

/* How long children have for their next step boundary when we stop. */
#define STOP_MS          20000
#define POLL_MS          1000 /* a notification may be lost; this finds the job */
#define RECONNECT_MIN_MS 100
#define RECONNECT_MAX_MS 5000

/* clang-format off */
static const struct job_kind {
	const char	*name;
	const char	*program;	/* in libexec_dir */
} kinds[] = {
	{ "pipeline",	"modelwright-job" },
	{ "profile",	"modelwright-job" },
};
/* clang-format on */

/* Short work has slots of its own: a person waits for it. */
enum { QUEUE_PIPELINES, QUEUE_PROFILES, QUEUE__MAX };
static const char *const queues[QUEUE__MAX] = { "pipelines", "profiles" };
#define PROFILE_SLOTS 1

struct slot {
	int queue;
	pid_t pid; /* 0: free, or ended and not yet settled */
	int ended; /* status is what it ended with */
	int status;
	long long id, token;
	int attempt;
	char kind[32], run_id[64];
	long long started_ms, deadline_ms;
	int timed_out;
};

struct pipelined {
	struct conf conf;
	struct worker *worker; /* NULL: the database is away */
	struct slot *slots;
	int nslots;
	int sigfd;
	int want; /* look for jobs: something has changed */
	long long claim_at, reconnect_at, backoff_ms;
	int stopping;
	long long stop_at;
};

static long long
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static const struct job_kind *
kind_of(const char *name)
{
	for (size_t i = 0; i < nitems(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

static int
launch(struct pipelined *p, struct slot *s, const struct queue_claim *c,
    struct err *e)
{
	const struct job_kind *k = kind_of(c->kind);
	struct child_limits limits = {
		.memory_mb = p->conf.job_memory_mb,
		.cpu_seconds =
		    p->conf.job_seconds * sysconf(_SC_NPROCESSORS_ONLN),
		.files = 1024,
	};
	char path[1024], id[24], token[24];

	if (k == NULL)
		return err_set(e, ERR_INVALID,
		    "this version knows no jobs of the kind '%s'", c->kind);
	snprintf(path, sizeof(path), "%s/%s", p->conf.libexec_dir, k->program);
	snprintf(id, sizeof(id), "%lld", c->id);
	snprintf(token, sizeof(token), "%lld", c->token);
	const char *const argv[] = { path, "--job", id, "--token", token,
		"--kind", k->name, NULL };
	if ((s->pid = child_start(argv, &limits, e)) == -1) {
		s->pid = 0;
		return -1;
	}
	s->started_ms = now_ms();
	s->deadline_ms = s->started_ms + p->conf.job_seconds * 1000;
	return 0;
}

/* Take a claim into a slot.  A child that cannot be started is a failed
 * attempt. */
static int
take(struct pipelined *p, struct slot *s, const struct queue_claim *c,
    struct err *e)
{
	enum queue_outcome out;
	struct err why = { 0 };

	*s = (struct slot){ .queue = s->queue,
		.id = c->id,
		.token = c->token,
		.attempt = c->attempt };
	snprintf(s->kind, sizeof(s->kind), "%s", c->kind);
	snprintf(s->run_id, sizeof(s->run_id), "%s",
	    c->run_id != NULL ? c->run_id : "");
	if (launch(p, s, c, &why) == 0) {
		log_debug(
		    "job=%lld kind=%s pid=%d", s->id, s->kind, (int)s->pid);
		return 0;
	}
	log_err("job=%lld kind=%s: %s", s->id, s->kind, why.text);
	return queue_fail(worker_db(p->worker), s->id, s->token,
	    "the job's process could not be started", NULL, &out, e);
}

static int
free_slots(const struct pipelined *p, int queue)
{
	int n = 0;

	for (int i = 0; i < p->nslots; i++)
		n += p->slots[i].queue == queue && p->slots[i].pid == 0 &&
		     !p->slots[i].ended;
	return n;
}

static struct slot *
free_slot(struct pipelined *p, int queue)
{
	for (int i = 0; i < p->nslots; i++)
		if (p->slots[i].queue == queue && p->slots[i].pid == 0 &&
		    !p->slots[i].ended)
			return &p->slots[i];
	return NULL;
}

static int
claim(struct pipelined *p, struct err *e)
{
	struct arena *a = arena_new();
	struct queue_claim *c;
	int n = 0, rc = 0, room;

	for (int q = 0; q < QUEUE__MAX && rc == 0; q++) {
		if ((room = free_slots(p, q)) == 0)
			continue;
		n = queue_claim(worker_db(p->worker), a, worker_id(p->worker),
		    queues[q], room, &c, e);
		if (n == -1)
			rc = -1;
		for (int i = 0; i < n; i++)
			if (take(p, free_slot(p, q), &c[i], e) == -1)
				rc = -1;
	}
	arena_free(a);
	return rc;
}

/* A child has ended; see to its job.  When the database does not answer, the
 * slot stays taken and is settled later. */
static int
settle(struct pipelined *p, struct slot *s, struct err *e)
{
	struct db *db = worker_db(p->worker);
	int stopped =
	    WIFEXITED(s->status) && WEXITSTATUS(s->status) == EXIT_STOPPED;
	int clean = WIFEXITED(s->status) && WEXITSTATUS(s->status) == 0;
	enum queue_outcome out = QUEUE_GONE;
	const char *said;
	char reason[128];

	if (stopped || (p->stopping && !clean)) {
		if (queue_release(
			db, s->id, s->token, p->stopping ? 0 : 1, e) == -1)
			return -1;
		said = "released";
	} else {
		if (clean)
			snprintf(reason, sizeof(reason),
			    "the job's process ended without finishing it");
		else if (s->timed_out)
			snprintf(reason, sizeof(reason),
			    "the attempt took longer than %lld seconds",
			    p->conf.job_seconds);
		else
			child_reason(s->status, reason, sizeof(reason));
		if (queue_fail(db, s->id, s->token, reason, NULL, &out, e) ==
		    -1)
			return -1;
		said = clean && out == QUEUE_GONE ? "done"
		                                  : queue_outcome_name(out);
	}
	if (clean && out == QUEUE_GONE)
		log_info("job=%lld kind=%s run=%s attempt=%d outcome=done "
			 "ms=%lld",
		    s->id, s->kind, s->run_id, s->attempt,
		    now_ms() - s->started_ms);
	else
		log_warn("job=%lld kind=%s run=%s attempt=%d outcome=%s "
			 "ms=%lld%s%s",
		    s->id, s->kind, s->run_id, s->attempt, said,
		    now_ms() - s->started_ms,
		    strcmp(said, "released") == 0 ? "" : " reason=",
		    strcmp(said, "released") == 0 ? "" : reason);
	*s = (struct slot){ .queue = s->queue };
	p->want = 1;
	return 0;
}

static void
collect(struct pipelined *p)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (int i = 0; i < p->nslots; i++)
			if (p->slots[i].pid == pid) {
				p->slots[i].pid = 0;
				p->slots[i].ended = 1;
				p->slots[i].status = status;
			}
}

static int
settle_all(struct pipelined *p, struct err *e)
{
	for (int i = 0; i < p->nslots; i++)
		if (p->slots[i].ended && settle(p, &p->slots[i], e) == -1)
			return -1;
	return 0;
}

static void
signal_children(struct pipelined *p, int sig)
{
	for (int i = 0; i < p->nslots; i++)
		if (p->slots[i].pid != 0) {
			if (sig == SIGKILL)
				child_kill(p->slots[i].pid);
			else
				kill(p->slots[i].pid, sig);
		}
}

/* Our session is gone, and the lock with it: the claims are another's as soon
 * as he looks.  What our children would still write is fenced off; end them. */
static void
lose(struct pipelined *p, const char *why)
{
	log_warn("worker=%d: %s, ending its jobs and retrying",
	    worker_id(p->worker), why);
	signal_children(p, SIGKILL);
	for (int i = 0; i < p->nslots; i++) {
		if (p->slots[i].pid != 0)
			waitpid(p->slots[i].pid, NULL, 0);
		p->slots[i] = (struct slot){ .queue = p->slots[i].queue };
	}
	worker_drop(p->worker);
	p->worker = NULL;
	p->backoff_ms = RECONNECT_MIN_MS;
	p->reconnect_at = now_ms();
}

static void
connect_again(struct pipelined *p)
{
	struct err e;

	if (now_ms() < p->reconnect_at)
		return;
	p->worker = worker_open(
	    p->conf.database, "modelwright-pipelined", p->nslots, &e);
	if (p->worker == NULL) {
		log_warn("cannot start a worker: %s, retrying", e.text);
		p->reconnect_at = now_ms() + p->backoff_ms;
		p->backoff_ms = p->backoff_ms * 2 < RECONNECT_MAX_MS
		                    ? p->backoff_ms * 2
		                    : RECONNECT_MAX_MS;
		return;
	}
	p->backoff_ms = RECONNECT_MIN_MS;
	p->want = 1;
	log_info("worker=%d slots=%d ready", worker_id(p->worker), p->nslots);
	sd_notify(0, "READY=1");
}

static void
heard(void *ctx, const char *channel, const char *payload)
{
	struct pipelined *p = ctx;

	if (strcmp(channel, "jobs") == 0)
		p->want = 1;
	if (strcmp(channel, "run_control") != 0)
		return;
	/* Somebody wants a run of ours to stop: it should look now. */
	for (int i = 0; i < p->nslots; i++)
		if (p->slots[i].pid != 0 &&
		    strcmp(p->slots[i].run_id, payload) == 0)
			kill(p->slots[i].pid, SIGUSR1);
}

static void
read_signals(struct pipelined *p)
{
	struct signalfd_siginfo s;

	while (read(p->sigfd, &s, sizeof(s)) == sizeof(s))
		if (s.ssi_signo != SIGCHLD && !p->stopping) {
			log_info("stopping on SIG%s",
			    sigabbrev_np((int)s.ssi_signo));
			sd_notify(0, "STOPPING=1");
			p->stopping = 1;
			p->stop_at = now_ms() + STOP_MS;
			signal_children(p, SIGTERM);
		}
}

static int
busy(const struct pipelined *p)
{
	for (int i = 0; i < p->nslots; i++)
		if (p->slots[i].pid != 0 || p->slots[i].ended)
			return 1;
	return 0;
}

static void
check_deadlines(struct pipelined *p)
{
	long long now = now_ms();

	for (int i = 0; i < p->nslots; i++)
		if (p->slots[i].pid != 0 && now >= p->slots[i].deadline_ms &&
		    !p->slots[i].timed_out) {
			p->slots[i].timed_out = 1;
			child_kill(p->slots[i].pid);
		}
	if (p->stopping && now >= p->stop_at) {
		signal_children(p, SIGKILL);
		p->stop_at = now + STOP_MS;
	}
}

/* Everything that the database has to be asked. */
static int
turn(struct pipelined *p, struct err *e)
{
	int ready;

	if (settle_all(p, e) == -1 || worker_tend(p->worker, &ready, e) == -1)
		return -1;
	if (ready || now_ms() >= p->claim_at)
		p->want = 1;
	if (worker_hear(p->worker, heard, p) == -1)
		return err_set(e, ERR_LOST, "the database session is lost");
	if (!p->want || p->stopping)
		return 0;
	p->want = 0;
	p->claim_at = now_ms() + POLL_MS;
	if (claim(p, e) == -1)
		return -1;
	/* What came with these answers poll() would not see. */
	if (worker_hear(p->worker, heard, p) == -1)
		return err_set(e, ERR_LOST, "the database session is lost");
	return 0;
}

static int
timeout_ms(const struct pipelined *p, long long watchdog_ms)
{
	long long now = now_ms(), t = POLL_MS;

	if (p->worker == NULL && p->reconnect_at - now < t)
		t = p->reconnect_at - now;
	if (p->worker != NULL && worker_due(p->worker) < t)
		t = worker_due(p->worker);
	if (p->want && !p->stopping && p->worker != NULL)
		t = 0;
	for (int i = 0; i < p->nslots; i++) {
		if (p->slots[i].pid != 0 && p->slots[i].deadline_ms - now < t)
			t = p->slots[i].deadline_ms - now;
		if (p->slots[i].ended && t > 100)
			t = 100; /* to be settled again */
	}
	if (watchdog_ms > 0 && watchdog_ms < t)
		t = watchdog_ms;
	return t < 0 ? 0 : (int)t;
}

static void
serve(struct pipelined *p)
{
	uint64_t watchdog_us = 0;
	struct pollfd fds[2];
	struct err e;
	int nfds;

	sd_watchdog_enabled(0, &watchdog_us);
	while (!p->stopping || busy(p)) {
		if (watchdog_us > 0)
			sd_notify(0, "WATCHDOG=1");
		if (p->worker == NULL && !p->stopping)
			connect_again(p);
		collect(p);
		check_deadlines(p);
		if (p->worker != NULL && turn(p, &e) == -1) {
			if (e.code == ERR_LOST || !worker_holds(p->worker))
				lose(p, e.text);
			else
				log_warn("%s, retrying", e.text);
		}
		nfds = 0;
		fds[nfds++] =
		    (struct pollfd){ .fd = p->sigfd, .events = POLLIN };
		if (p->worker != NULL)
			fds[nfds++] = worker_pollfd(p->worker);
		if (poll(fds, (nfds_t)nfds,
			timeout_ms(p, (long long)watchdog_us / 2000)) == -1 &&
		    errno != EINTR)
			log_err("poll: %s, retrying", strerror(errno));
		read_signals(p);
	}
}

int
main(int argc, char **argv)
{
	struct pipelined p = { .reconnect_at = 0,
		.backoff_ms = RECONNECT_MIN_MS };
	const char *file = NULL;
	struct err e;
	sigset_t set;
	int opt;

	while ((opt = getopt(argc, argv, "c:")) != -1)
		switch (opt) {
		case 'c':
			file = optarg;
			break;
		default:
			fprintf(stderr, "usage: %s [-c FILE]\n", argv[0]);
			return 64;
		}
	if (conf_load(&p.conf, file, &e) == -1) {
		log_err("%s", e.text);
		return 78;
	}
	/* The children read the same settings. */
	if (file != NULL && setenv("MODELWRIGHT_CONF", file, 1) == -1)
		return 71;
	log_level((int)p.conf.log_level);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	p.sigfd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	p.nslots = (int)p.conf.pipeline_slots + PROFILE_SLOTS;
	p.slots = calloc((size_t)p.nslots, sizeof(*p.slots));
	if (p.sigfd == -1 || p.slots == NULL) {
		log_err("cannot start: %s", strerror(errno));
		return 71;
	}
	for (int i = 0; i < p.nslots; i++)
		p.slots[i].queue = i < (int)p.conf.pipeline_slots
		                       ? QUEUE_PIPELINES
		                       : QUEUE_PROFILES;
	serve(&p);
	worker_close(p.worker);
	close(p.sigfd);
	free(p.slots);
	return 0;
}
