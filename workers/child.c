#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/err.h"
#include "workers/child.h"
#include "workers/sandbox.h"

#include "lib/banned.h"

static int
limit(int what, long long value)
{
	struct rlimit l = { (rlim_t)value, (rlim_t)value };

	return setrlimit(what, &l);
}

/* In the child: everything that the limits promise, or nothing runs. */
static int
confine(const struct child_limits *l, pid_t parent)
{
	/* The parent may have died before the kernel knew of our wish. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent)
		return -1;
	if (setpgid(0, 0) == -1 || limit(RLIMIT_CORE, 0) == -1 ||
	    limit(RLIMIT_NOFILE, l->files) == -1 ||
	    limit(RLIMIT_CPU, l->cpu_seconds) == -1)
		return -1;
#ifndef __SANITIZE_ADDRESS__ /* its shadow takes 16 TB of addresses */
	if (limit(RLIMIT_AS, l->memory_mb << 20) == -1)
		return -1;
#endif
	return sandbox_enter();
}

static void
plain_signals(void)
{
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	signal(SIGUSR1, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

pid_t
child_start(
    const char *const argv[], const struct child_limits *l, struct err *e)
{
	pid_t parent = getpid(), pid;
	int null, told;

	/* A pipe that closes at exec tells success; an errno in it, failure. */
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) == -1) {
		err_set(e, ERR_BUSY, "cannot make a pipe: %s", strerror(errno));
		return -1;
	}
	if ((pid = fork()) == 0) {
		plain_signals();
		/* Threads that spin while they wait made a training eight
		 * times slower on a machine that had more to do. */
		setenv("OMP_WAIT_POLICY", "passive", 0);
		null = open("/dev/null", O_RDWR);
		if (null != -1 && dup2(null, 0) != -1 && dup2(null, 1) != -1 &&
		    dup2(ends[1], 3) != -1 &&
		    fcntl(3, F_SETFD, FD_CLOEXEC) == 0 &&
		    close_range(4, ~0U, 0) == 0 && confine(l, parent) == 0)
			execv(argv[0], (char *const *)argv);
		told = errno;
		if (write(3, &told, sizeof(told)) == -1)
			_exit(126);
		_exit(127);
	}
	close(ends[1]);
	if (pid == -1) {
		close(ends[0]);
		err_set(e, ERR_BUSY, "cannot fork: %s", strerror(errno));
		return -1;
	}
	if (read(ends[0], &told, sizeof(told)) == sizeof(told)) {
		waitpid(pid, NULL, 0);
		err_set(e, ERR_INTERNAL, "cannot start '%s': %s", argv[0],
		    strerror(told));
		pid = -1;
	}
	close(ends[0]);
	return pid;
}

void
child_kill(pid_t pid)
{
	/* Its group exists once confine() has run, and exec told us so. */
	if (kill(-pid, SIGKILL) == -1)
		kill(pid, SIGKILL);
}

void
child_reason(int status, char *text, size_t size)
{
	if (WIFEXITED(status))
		snprintf(text, size, "the job's process failed (exit %d)",
		    WEXITSTATUS(status));
	else if (WTERMSIG(status) == SIGXCPU)
		snprintf(text, size, "the job used up its processor time");
	else if (WTERMSIG(status) == SIGABRT)
		snprintf(text, size,
		    "the job's process aborted: out of memory, or a defect");
	else if (WTERMSIG(status) == SIGKILL)
		snprintf(text, size, "the job's process was killed");
	else
		snprintf(text, size, "the job's process crashed (SIG%s)",
		    sigabbrev_np(WTERMSIG(status)));
}
