/*
 * The page of memory that the API's master shares with its workers: who works
 * on what, what was counted, and which cached things have moved.
 *
 * Counters only grow and are written with atomic additions; a worker's record
 * is written by that worker alone, and cleared by the master when it is gone.
 */
#ifndef PAGE_H
#define PAGE_H

#include <stdatomic.h>
#include <sys/types.h>

#define PAGE_OPS     160
#define PAGE_WORKERS 1024
#define PAGE_BUCKETS 14

enum page_pool { POOL_API, POOL_UPLOAD, POOL__MAX };

enum page_state { WORKER_NONE, WORKER_STARTING, WORKER_READY, WORKER_WORN };

/* What workers keep for a while, and must ask for again when it has moved. */
enum page_cache { CACHE_SESSIONS, CACHE_MODELS, CACHE_KEYS, CACHE__MAX };

struct page_worker {
	atomic_int state;
	atomic_int busy;    /* 1 while it answers */
	atomic_int waiting; /* 1 while it holds an answer for "Prefer: wait" */
	atomic_int hashing; /* 1 while it works on a password */
	atomic_int told;    /* by the master: to go */
	pid_t pid;          /* these are the master's */
	enum page_pool pool;
	unsigned epoch; /* of the configuration that it was started with */
	long long started, told_at; /* seconds, CLOCK_MONOTONIC */
};

struct page_op {
	atomic_ullong status[6];                /* by its first digit */
	atomic_ullong bucket[PAGE_BUCKETS + 1]; /* not added up */
	atomic_ullong micros;
};

struct page {
	struct page_worker worker[PAGE_WORKERS];
	struct page_op op[PAGE_OPS];
	atomic_uint moved[CACHE__MAX];
	atomic_ullong predictions, logins_failed;
	atomic_ullong worker_starts, worker_deaths, worker_replaced;
	atomic_int ending; /* the master was told to end */
	long long started; /* seconds since 1970 */
};

/* Upper ends of the latency histogram's buckets, in seconds. */
extern const double page_edges[PAGE_BUCKETS];

/* Shared with every process forked later; ends the process if it fails. */
struct page *page_new(void);

/* An operation was answered; the index is that of its row (route_index). */
void page_count(struct page *, int op, int status, double seconds);

/* How many workers of a pool are there, are ready (in all pools), hold an
 * answer, are at work on a password (in all pools). */
int page_workers(const struct page *, enum page_pool);
int page_ready(const struct page *);
int page_waiting(const struct page *, enum page_pool);
int page_hashing(const struct page *);

#endif
