/*
 * A run in progress: what happened is journaled step by step, each step once,
 * under the claim of the job that runs it.
 *
 * A step has a key.  Its output, the events and the artifacts' names that
 * gathered since the last commit, and the changes to the run's row go into
 * the database in one statement.  A resumed run finds the outputs of its
 * finished steps by key, applies them, and goes on; so whatever a step draws
 * on must come from the run's row, the data set, or earlier steps' outputs.
 *
 * The same interface works without a database (run_open_memory): for
 * training a finished run again to compare digests, and for tests.
 */
#ifndef RUN_H
#define RUN_H

#include <jansson.h>
#include <signal.h>

struct arena;
struct db;
struct err;
struct run;
struct stored;

/* Why a run should stop now, from what its users and its daemon asked. */
enum run_stop {
	RUN_GO,
	RUN_CANCEL, /* somebody cancelled it */
	RUN_PAUSE,  /* somebody paused it: stop at the next step boundary */
	RUN_LEAVE   /* SIGTERM: the daemon wants the process to end */
};

/* Take up the run of a claimed job (SQL run_begin) and read its finished
 * steps.  ERR_LOST when the claim is gone, ERR_CONFLICT when the run's state
 * forbids it.  The arena outlives the run. */
struct run *run_open(struct db *, const char *job_id, const char *token,
    struct arena *, struct err *) __attribute__((warn_unused_result));

/* A run that is journaled in memory only; row is shaped as run_begin's. */
struct run *run_open_memory(const json_t *row, struct arena *);
void run_close(struct run *);

/* The run's row as run_begin gave it, and its id. */
const json_t *run_row(const struct run *);
const char *run_id(const struct run *);

/* A flag that a signal handler sets; then run_stop says RUN_LEAVE. */
void run_watch(struct run *, const volatile sig_atomic_t *);

/* The output of a finished step, or NULL.  Still the run's. */
json_t *run_step(const struct run *, const char *key);

/* Gather for the next commit.  run_event takes over payload (NULL: {}).  The
 * event's phase is the current one; agent may be NULL. */
void run_event(
    struct run *, const char *type, const char *agent, json_t *payload);
void run_artifact(struct run *, const char *name, const char *kind,
    const char *media_type, const struct stored *);
/* A member of the run's row: phase, active_agent, progress, best.  Takes over
 * the value.  phase is also the phase of the events that follow. */
void run_patch(struct run *, const char *member, json_t *value);
/* Add to the run's cost what an agent's provider used. */
void run_spend(struct run *, long long tokens, double usd);

/* Drop what was gathered: the step failed or was stopped. */
void run_forget(struct run *);

/* Commit a step with what was gathered; takes over output.  Key "" commits
 * events and patch only.  kind: "phase", "turn", "tool", "trial", "platform".
 * Committing a key that is there already writes nothing and is no error.
 * Afterwards waiting readers are notified, at most 20 times a second. */
int run_commit(struct run *, const char *key, const char *kind, json_t *output,
    struct err *) __attribute__((warn_unused_result));

/* What the last commit or poll learned. */
enum run_stop run_stop(const struct run *);

/* For inside long work (each boosting round): asks the database at most every
 * 250 ms.  Nonzero: stop now (cancelled, or SIGTERM; a pause waits for the
 * step's end).  Shaped as lib/ml's poll callback; arg is the struct run. */
int run_poll(void *arg);

/* A signal handler (SIGUSR1): somebody asked for something, so the next poll
 * asks the database at once. */
void run_look(int sig);

/* Fail with ERR_CANCELLED when the run should stop.  At step boundaries. */
int run_check(struct run *, struct err *) __attribute__((warn_unused_result));

/* The end, and the job's: "succeeded", "failed", "cancelled", "paused".  e
 * says why it failed, or is NULL. */
int run_finish(struct run *, const char *state, const struct err *why,
    struct err *) __attribute__((warn_unused_result));

/* All events so far of a run in memory: an array of {"type","phase","agent",
 * "payload"}.  Still the run's; NULL for a run in the database. */
const json_t *run_memory_events(const struct run *);
/* And its artifacts: an array of {"name","kind","media_type","sha256"}. */
const json_t *run_memory_artifacts(const struct run *);

#endif
