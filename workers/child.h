/*
 * A child process for one job: a fresh program under limits of time, memory
 * and system calls, that does not outlive its parent.
 */
#ifndef CHILD_H
#define CHILD_H

#include <sys/types.h>

struct err;

struct child_limits {
	long long memory_mb;   /* address space */
	long long cpu_seconds; /* over all threads */
	long long files;       /* open at a time */
};

/* Start argv[0] (a path) in a process group of its own, with our stderr and
 * nothing else open, no new privileges, and default signals; SIGUSR1 is
 * ignored until the program wants it.  Returns its pid, or -1.  The caller
 * has no threads. */
pid_t child_start(const char *const argv[], const struct child_limits *,
    struct err *) __attribute__((warn_unused_result));

/* Kill the child with everything that it started. */
void child_kill(pid_t);

/* What waitpid() said, in words for a journal: no path, no number that means
 * nothing outside. */
void child_reason(int status, char *text, size_t size);

#endif
