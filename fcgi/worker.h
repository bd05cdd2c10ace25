/*
 * One process that answers requests, one at a time.
 */
#ifndef WORKER_H
#define WORKER_H

struct conf;
struct page;
struct page_worker;

struct worker {
	const struct conf *conf;
	struct page *page;
	struct page_worker *me; /* our record in the page */
	int fd;                 /* the listening socket, non-blocking */
	int ours; /* the socket ends with the master: what waits in its backlog
	           * when that ends is answered first */
};

/* Answers until SIGTERM, then what it has accepted, and returns the exit
 * status.  Wakes its parent with SIGUSR1 when it is ready and when it has
 * answered so many requests that it should make room. */
int worker_run(const struct worker *);

/* Whether the worker was told to go: a handler that waits looks at it. */
int worker_leaving(void);

#endif
