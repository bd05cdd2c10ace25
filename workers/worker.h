/*
 * What every daemon that works on jobs does besides them: its identity and
 * the lock that proves it alive, the heartbeat, taking over from the dead,
 * hearing of new work.
 */
#ifndef WORKER_H
#define WORKER_H

#include <poll.h>

struct db;
struct err;
struct worker;

/* The daemon's session: a direct connection, a fresh worker id, and LISTEN
 * on the channels "jobs", "run_control" and "control".  slots: how many jobs
 * it takes at a time. */
struct worker *worker_open(const char *conninfo, const char *program, int slots,
    struct err *) __attribute__((warn_unused_result));

/* Go in good order: the id is given up.  The claims were given back before.
 * NULL is allowed. */
void worker_close(struct worker *);
/* Drop a session that was lost, or is not to be trusted. */
void worker_drop(struct worker *);

int worker_id(const struct worker *);
/* For queries of the daemon's own.  It is the session that holds the lock. */
struct db *worker_db(struct worker *);

/* Whether the session is the one that took the lock and still has it, as far
 * as we know.  When not: all claims may be another's. */
int worker_holds(struct worker *);

/* Beat, reap, promote and make partitions, each when it is due.  *ready says
 * whether jobs have become ready.  Fails with ERR_LOST when others took this
 * worker for dead. */
int worker_tend(struct worker *, int *ready, struct err *)
    __attribute__((warn_unused_result));
/* Milliseconds until worker_tend() has something to do. */
int worker_due(const struct worker *);

/* Told a notification: the channel and its payload. */
typedef void (*worker_heard_fn)(
    void *ctx, const char *channel, const char *payload);

/* Read what the session has and tell all notifications.  To be called before
 * every poll(): what came with the answer to a query lies in libpq, where
 * poll() does not see it.  Returns how many; -1 when the session is lost. */
int worker_hear(struct worker *, worker_heard_fn, void *ctx);
/* What to poll() for. */
struct pollfd worker_pollfd(const struct worker *);

#endif
