#include "config.h"

#include <err.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <fcgiapp.h>

#include "fcgi/groups.h"
#include "fcgi/once.h"
#include "fcgi/page.h"
#include "fcgi/reply.h"
#include "fcgi/request.h"
#include "fcgi/route.h"
#include "fcgi/session.h"
#include "fcgi/wait.h"
#include "fcgi/worker.h"
#include "lib/buf.h"
#include "lib/conf.h"
#include "lib/log.h"

#define HEAD_MAX 16384

static volatile sig_atomic_t leaving;
static const struct page_worker *me;

struct state {
	const struct worker *w;
	struct arena *arena;
	struct db *db;
	struct buf head;
	FCGX_Request io;
};

/* SIGTERM is let in only while we wait for work, and under load we never
 * wait: look whether the master told us, too. */
int
worker_leaving(void)
{
	return leaving || (me != NULL && atomic_load(&me->told));
}

static void
leave(int signo)
{
	(void)signo;
	leaving = 1;
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

long
req_read(struct req *req, void *p, size_t n)
{
	FCGX_Request *io = req->io;
	int k = FCGX_GetStr(p, n > 1 << 20 ? 1 << 20 : (int)n, io->in);

	if (k == 0 && FCGX_GetError(io->in) != 0)
		return -1;
	return k;
}

/* Which row, who, and what it answers; 0 or -1 with req->err. */
static int
answer(struct state *st, struct req *req, struct res *res, unsigned *allow)
{
	const struct route *r;

	if ((r = route_find(req->method, req->path, allow, &req->err)) == NULL)
		return -1;
	req->route = r;
	/* The database is opened at the first request that may want it. */
	if (r->query != NULL || r->fn != NULL) {
		if (st->db == NULL)
			st->db = db_open(
			    st->w->conf->database_pool, DB_POOLED, &req->err);
		req->db = st->db;
	}
	/* Where anyone may call, a stale token is no reason to refuse. */
	if (r->role > ANYONE && session_take(session_here, req) == -1)
		return -1;
	return r->once && r->takes == NULL && req->key != NULL
	           ? once_answer(req, res)
	           : route_answer(req, res);
}

static void
send_answer(
    struct state *st, const struct req *req, const struct res *res, int head)
{
	st->head.len = 0;
	st->head.over = 0;
	reply_head(req, res, &st->head);
	FCGX_PutStr(st->head.data, (int)st->head.len, st->io.out);
	for (size_t done = 0, n; !head && done < res->len; done += n) {
		n = res->len - done;
		if (n > 1 << 20)
			n = 1 << 20;
		if (FCGX_PutStr(res->body + done, (int)n, st->io.out) == -1)
			break; /* the client is gone, ignoring */
	}
}

/* libfcgi lingers at a close until nginx has closed, too, which holds this
 * worker up.  A socket of ours loses nothing without that, as long as no byte
 * of the request is left unread. */
static void
finish(FCGX_Request *io)
{
	int unread = 1;

	if (ioctl(io->ipcFd, FIONREAD, &unread) == 0 && unread == 0)
		FCGX_Detach(io);
	FCGX_Finish_r(io);
}

static void
drop(void *v)
{
	json_decref(v);
}

static void
serve(struct state *st)
{
	double began = now(), took;
	struct req req = { .arena = st->arena,
		.conf = st->w->conf,
		.page = st->w->page,
		.me = st->w->me,
		.io = &st->io,
		.errors = json_array() };
	struct res res = { 0 };
	unsigned allow = 0;
	int head, op, failed;

	arena_defer(st->arena, drop, req.errors);
	log_context(NULL);
	failed = request_take(&req, st->io.envp, &head) == -1 ||
	         answer(st, &req, &res, &allow) == -1;
	/* From here on every line has it; what it names ends with the request.
	 */
	log_context("request=%s op=%s user=%s addr=%s", req.id,
	    req.route != NULL ? req.route->op : "-",
	    req.who.user != NULL ? req.who.user : "-", req.addr);
	if (failed)
		reply_problem(&req, &res, allow);
	else
		wait_done(&req, &res);
	send_answer(st, &req, &res, head);
	finish(&st->io);
	took = now() - began;
	op = req.route != NULL ? route_index(req.route) : PAGE_OPS - 1;
	page_count(st->w->page, op, res.status, took);
	log_info(
	    "status=%d ms=%.2f bytes=%zu", res.status, took * 1e3, res.len);
	log_context(NULL);
	arena_reset(st->arena);
}

/* Wait for a connection with SIGTERM let in, so that it is seen at once; take
 * one only while we mean to answer it. */
static int
wait_for_one(const struct worker *w, int ep, const sigset_t *open)
{
	struct pollfd p = { .fd = w->fd, .events = POLLIN };
	struct epoll_event ev;

	if (worker_leaving())
		return w->ours && w->page->ending && poll(&p, 1, 0) == 1;
	return epoll_pwait(ep, &ev, 1, -1, open) == 1;
}

/* Exclusive: one connection wakes one worker and not all of them, which would
 * cost more than to answer it. */
static int
watch(int fd)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLEXCLUSIVE };
	int ep = epoll_create1(EPOLL_CLOEXEC);

	if (ep == -1 || epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) == -1)
		err(1, "epoll");
	return ep;
}

static void
tell_parent(void)
{
	kill(getppid(), SIGUSR1);
}

int
worker_run(const struct worker *w)
{
	struct state st = { .w = w, .arena = arena_new() };
	struct sigaction sa = { .sa_handler = leave };
	long long answered = 0;
	struct err e;
	sigset_t open;
	int ep;

	sigaction(SIGTERM, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN); /* a terminal's, meant for the master */
	signal(SIGHUP, SIG_IGN);
	sigemptyset(&open);
	me = w->me;
	buf_init(&st.head, HEAD_MAX);
	if ((session_here = session_new(w->conf, &e)) == NULL) {
		log_err("worker: %s", e.text);
		return 1;
	}
	if (FCGX_Init() != 0 ||
	    FCGX_InitRequest(&st.io, w->fd, FCGI_FAIL_ACCEPT_ON_INTR) != 0) {
		log_err("worker: libfcgi cannot start");
		return 1;
	}
	ep = watch(w->fd);
	atomic_store(&w->me->state, WORKER_READY);
	tell_parent();
	for (;;) {
		int last = worker_leaving();
		if (!wait_for_one(w, ep, &open)) {
			if (last)
				break;
			continue;
		}
		/* Another worker may have been quicker: -EAGAIN. */
		if (FCGX_Accept_r(&st.io) != 0)
			continue;
		atomic_store(&w->me->busy, 1);
		serve(&st);
		atomic_store(&w->me->busy, 0);
		if (++answered == w->conf->api_worker_requests) {
			atomic_store(&w->me->state, WORKER_WORN);
			tell_parent();
		}
	}
	close(ep);
	FCGX_Free(&st.io, 1);
	session_free(session_here);
	db_close(st.db);
	buf_done(&st.head);
	arena_free(st.arena);
	return 0;
}
