#include "config.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "fcgi/master.h"
#include "fcgi/page.h"
#include "fcgi/socket.h"
#include "fcgi/worker.h"
#include "lib/conf.h"
#include "lib/err.h"
#include "lib/log.h"

#define TICK_MS     1000
#define EARLY_DEATH 2 /* seconds; a worker that lives shorter is not well */

/* clang-format off */
static const char *const socket_names[POOL__MAX] = { "api.sock", "upload.sock" };
/* clang-format on */

struct master {
	struct conf *conf;
	const char *conf_path;
	struct page *page;
	struct socket_here socket[POOL__MAX];
	int signals; /* signalfd */
	sigset_t before;
	unsigned epoch; /* raised by each SIGHUP */
	int ending;
	int sick;             /* workers that died early, one after the other */
	long long not_before; /* no new worker before this second */
};

static long long
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static int
take_sockets(struct master *m, struct err *e)
{
	int n = sd_listen_fds(1);

	if (n < 0)
		return err_set(
		    e, ERR_INTERNAL, "sd_listen_fds: %s", strerror(-n));
	if (n != 0 && n != POOL__MAX)
		return err_set(e, ERR_INVALID,
		    "systemd passed %d sockets, not %d: api, upload", n,
		    POOL__MAX);
	for (int i = 0; i < POOL__MAX; i++)
		if ((n > 0 ? socket_adopt(
				 &m->socket[i], SD_LISTEN_FDS_START + i, e)
			   : socket_make(&m->socket[i], m->conf->run_dir,
				 socket_names[i], e)) == -1)
			return -1;
	return 0;
}

static int
catch_signals(struct master *m, struct err *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, &m->before);
	if ((m->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) == -1)
		return err_set(
		    e, ERR_INTERNAL, "signalfd: %s", strerror(errno));
	return 0;
}

/* In the child.  Its signals stay blocked but for the moments in which it
 * waits for work. */
static void
become_worker(struct master *m, struct page_worker *me, pid_t parent)
{
	const struct worker w = { .conf = m->conf,
		.page = m->page,
		.me = me,
		.fd = m->socket[me->pool].fd,
		.ours = m->socket[me->pool].ours };

	/* Without a master nobody would end us. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	close(m->signals);
	_exit(getppid() == parent ? worker_run(&w) : 0);
}

static void
start(struct master *m, enum page_pool pool)
{
	struct page_worker *w = NULL;
	pid_t parent = getpid(), pid;

	for (int i = 0; i < PAGE_WORKERS && w == NULL; i++)
		if (m->page->worker[i].state == WORKER_NONE)
			w = &m->page->worker[i];
	if (w == NULL)
		return;
	*w = (struct page_worker){
		.pool = pool, .epoch = m->epoch, .started = now()
	};
	atomic_store(&w->state, WORKER_STARTING);
	atomic_fetch_add(&m->page->worker_starts, 1);
	if ((pid = fork()) == 0)
		become_worker(m, w, parent);
	if (pid == -1) {
		log_err("cannot fork: %s, retrying", strerror(errno));
		atomic_store(&w->state, WORKER_NONE);
		m->not_before = now() + 1;
		return;
	}
	w->pid = pid;
}

static struct page_worker *
find(struct master *m, pid_t pid)
{
	for (int i = 0; i < PAGE_WORKERS; i++)
		if (m->page->worker[i].state != WORKER_NONE &&
		    m->page->worker[i].pid == pid)
			return &m->page->worker[i];
	return NULL;
}

static void
mourn(struct master *m, struct page_worker *w, int status)
{
	int early = now() - w->started < EARLY_DEATH;

	if (WIFSIGNALED(status))
		log_warn("worker %d died of signal %d, replacing it",
		    (int)w->pid, WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0)
		log_warn("worker %d ended with status %d, replacing it",
		    (int)w->pid, WEXITSTATUS(status));
	if (status != 0) {
		atomic_fetch_add(&m->page->worker_deaths, 1);
		/* Back off, so that what cannot start does not start all the
		 * time. */
		m->sick = early ? m->sick + 1 : 0;
		if (m->sick > 3)
			m->not_before =
			    now() + (m->sick < 13 ? m->sick - 3 : 10);
	}
	*w = (struct page_worker){ 0 };
}

static void
reap(struct master *m)
{
	struct page_worker *w;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if ((w = find(m, pid)) != NULL)
			mourn(m, w, status);
}

static int
is_good(const struct master *m, const struct page_worker *w)
{
	return w->epoch == m->epoch && !w->told &&
	       (w->state == WORKER_STARTING || w->state == WORKER_READY);
}

static long long
wanted(const struct master *m, enum page_pool pool)
{
	return m->ending             ? 0
	       : pool == POOL_UPLOAD ? m->conf->api_upload_workers
	                             : m->conf->api_workers;
}

/* Tell a worker to finish; kill one that was told long ago. */
static void
dismiss(struct master *m, struct page_worker *w)
{
	if (!w->told) {
		w->told = 1;
		w->told_at = now();
		kill(w->pid, SIGTERM);
		if (!m->ending)
			atomic_fetch_add(&m->page->worker_replaced, 1);
	} else if (now() - w->told_at > m->conf->api_idle_seconds) {
		log_warn("worker %d does not end, killing it", (int)w->pid);
		kill(w->pid, SIGKILL);
	}
}

/* Bring a pool to what is wanted: start what is missing; once as many are
 * ready, let go those that are worn, old, or too many. */
static void
tend(struct master *m, enum page_pool pool)
{
	long long want = wanted(m, pool), good = 0, ready = 0;

	for (int i = 0; i < PAGE_WORKERS; i++) {
		const struct page_worker *w = &m->page->worker[i];
		if (w->state == WORKER_NONE || w->pool != pool)
			continue;
		good += is_good(m, w);
		ready += is_good(m, w) && w->state == WORKER_READY;
	}
	for (; good < want && now() >= m->not_before; good++)
		start(m, pool);
	for (int i = 0; i < PAGE_WORKERS; i++) {
		struct page_worker *w = &m->page->worker[i];
		if (w->state == WORKER_NONE || w->pool != pool)
			continue;
		if (w->told || (!is_good(m, w) && ready >= want) || m->ending)
			dismiss(m, w);
	}
}

static void
reload(struct master *m)
{
	struct conf fresh;
	struct err e;

	if (conf_load(&fresh, m->conf_path, &e) == -1) {
		log_err("reload: %s, keeping the old settings", e.text);
		return;
	}
	*m->conf = fresh;
	log_level((int)fresh.log_level);
	m->epoch++;
	atomic_fetch_add(&m->page->moved[CACHE_KEYS], 1);
	log_info("reloading: replacing every worker");
}

static void
handle_signals(struct master *m)
{
	struct signalfd_siginfo si;

	while (read(m->signals, &si, sizeof(si)) == sizeof(si))
		switch (si.ssi_signo) {
		case SIGTERM:
		case SIGINT:
			if (!m->ending)
				log_info("ending: workers finish what they "
					 "have");
			sd_notify(0, "STOPPING=1");
			for (int i = 0; i < POOL__MAX; i++)
				socket_unname(&m->socket[i]);
			m->ending = 1;
			atomic_store(&m->page->ending, 1);
			break;
		case SIGHUP:
			reload(m);
			break;
		default: /* a child is ready, worn or dead: we look anyway */
			break;
		}
}

int
master_run(struct conf *conf, const char *conf_path, struct err *e)
{
	struct master m = { .conf = conf, .conf_path = conf_path };
	int told = 0;

	if (take_sockets(&m, e) == -1 || catch_signals(&m, e) == -1)
		return -1;
	m.page = page_new();
	for (;;) {
		struct pollfd p = { .fd = m.signals, .events = POLLIN };
		int left = 0;

		for (int pool = 0; pool < POOL__MAX; pool++) {
			tend(&m, pool);
			left += page_workers(m.page, pool);
		}
		if (m.ending && left == 0)
			return 0;
		poll(&p, 1, TICK_MS);
		handle_signals(&m);
		reap(&m);
		if (!told && page_ready(m.page) > 0) {
			sd_notify(0, "READY=1");
			log_info("ready: %lld workers", conf->api_workers);
			told = 1;
		}
		sd_notify(0, "WATCHDOG=1");
	}
}
