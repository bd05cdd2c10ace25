/*
 * The job queue as daemons see it: claims, outcomes, and the waking of
 * others.  The moves themselves are SQL (sql/rules/jobs.sql).
 */
#ifndef QUEUE_H
#define QUEUE_H

#include <stddef.h>

struct arena;
struct db;
struct err;

/* A claim: the right to work on a job until the token moves on. */
struct queue_claim {
	long long id, token;
	int attempt;
	const char *kind;
	const char *payload; /* JSON text */
	const char *run_id;  /* NULL: belongs to no run */
};

enum queue_outcome {
	QUEUE_RETRY,     /* again after a back-off */
	QUEUE_DEAD,      /* attempts used up; its run is crashed */
	QUEUE_CANCELLED, /* someone had asked for that */
	QUEUE_GONE       /* the claim was no longer ours */
};

/* What a daemon has to do besides its jobs; told by queue_tend(). */
struct queue_tended {
	int reaped;    /* jobs taken from dead workers, now ready */
	int others;    /* other workers that live */
	int promoted;  /* due jobs, now ready */
	double next_s; /* until the next one is due; < 0: none waits */
};

/* Claim up to n jobs of a queue.  Returns how many, or -1; the claims and
 * their texts belong to the arena. */
int queue_claim(struct db *, struct arena *, int worker, const char *queue,
    int n, struct queue_claim **, struct err *)
    __attribute__((warn_unused_result));

/* An attempt failed, for a reason in words; error is a JSON object for the
 * run that may be crashed by it, or NULL. */
int queue_fail(struct db *, long long id, long long token, const char *reason,
    const char *error, enum queue_outcome *, struct err *)
    __attribute__((warn_unused_result));

/* The outcome as a word for the log. */
const char *queue_outcome_name(enum queue_outcome);

/* Give a claim back without using up an attempt, to be taken again after some
 * seconds.  A claim that is lost already is no error. */
int queue_release(struct db *, long long id, long long token, double delay_s,
    struct err *) __attribute__((warn_unused_result));

/* Finish n jobs that belong to no run; returns how many were still ours. */
int queue_done_many(struct db *, const struct queue_claim *, int n,
    struct err *) __attribute__((warn_unused_result));

/* Take over from dead workers (silent for hung_s seconds, or their lock can
 * be had), and make due jobs ready. */
int queue_tend(struct db *, int worker, double hung_s, struct queue_tended *,
    struct err *) __attribute__((warn_unused_result));

/*
 * Waking the listeners of a run.  A NOTIFY inside the job's transaction would
 * serialise all commits of the server, so it is a statement of its own after
 * the commit, and at most one in QUEUE_WAKE_MS for each run; readers find the
 * rest by reading on, and the last one by queue_wake_now().
 */
#define QUEUE_WAKE_MS 50

struct queue_wake {
	struct db *db;
	const char *run_id; /* lives as long as this */
	long long last_ms;
	int owed; /* events since the last notification */
};

/* After a commit that wrote events. */
int queue_wake(struct queue_wake *, struct err *)
    __attribute__((warn_unused_result));
/* Before a long silence, and at the end: tell what is still owed. */
int queue_wake_now(struct queue_wake *, struct err *)
    __attribute__((warn_unused_result));

#endif
