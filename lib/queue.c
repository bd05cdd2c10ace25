#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/db.h"
#include "lib/err.h"
#include "lib/queue.h"
#include "sql/sql.h"

/* Claims are answered in one batch; more than this at once would hold row
 * locks for too long. */
#define CLAIM_MAX 1000

/* A number as text, for a parameter. */
struct number {
	char text[24];
};

static struct number
number(long long n)
{
	struct number t;

	snprintf(t.text, sizeof(t.text), "%lld", n);
	return t;
}

int
queue_claim(struct db *db, struct arena *a, int worker, const char *queue,
    int n, struct queue_claim **claims, struct err *e)
{
	PGresult *r;
	struct queue_claim *c;

	if (n > CLAIM_MAX)
		n = CLAIM_MAX;
	r = run_jobs_claim(db, a,
	    (struct jobs_claim){ .worker = number(worker).text,
		.queue = queue,
		.n = number(n).text },
	    e);
	if (r == NULL)
		return -1;
	c = arena_alloc(a, ((size_t)PQntuples(r) + 1) * sizeof(*c));
	for (int i = 0; i < PQntuples(r); i++)
		c[i] = (struct queue_claim){
			.id = atoll(PQgetvalue(r, i, 0)),
			.token = atoll(PQgetvalue(r, i, 1)),
			.attempt = (int)strtol(PQgetvalue(r, i, 2), NULL, 10),
			.kind = PQgetvalue(r, i, 3),
			.payload = PQgetvalue(r, i, 4),
			.run_id =
			    PQgetisnull(r, i, 5) ? NULL : PQgetvalue(r, i, 5),
		};
	*claims = c;
	return PQntuples(r);
}

static const char *const outcomes[] = {
	[QUEUE_RETRY] = "retry",
	[QUEUE_DEAD] = "dead",
	[QUEUE_CANCELLED] = "cancelled",
	[QUEUE_GONE] = "gone",
};

const char *
queue_outcome_name(enum queue_outcome o)
{
	return outcomes[o];
}

int
queue_fail(struct db *db, long long id, long long token, const char *reason,
    const char *error, enum queue_outcome *out, struct err *e)
{
	struct arena *a = arena_new();
	const char *said;
	PGresult *r;
	int rc = -1;

	r = run_jobs_fail(db, a,
	    (struct jobs_fail){ .job = number(id).text,
		.token = number(token).text,
		.reason = reason,
		.error = error },
	    e);
	if (r != NULL) {
		said = PQgetvalue(r, 0, 0);
		for (size_t i = 0; i < nitems(outcomes); i++)
			if (strcmp(said, outcomes[i]) == 0)
				*out = (enum queue_outcome)i;
		rc = 0;
	}
	arena_free(a);
	return rc;
}

int
queue_release(
    struct db *db, long long id, long long token, double delay_s, struct err *e)
{
	struct arena *a = arena_new();
	char delay[32];
	PGresult *r;

	snprintf(delay, sizeof(delay), "%.3f", delay_s);
	r = run_jobs_release(db, a,
	    (struct jobs_release){ .job = number(id).text,
		.token = number(token).text,
		.delay_s = delay },
	    e);
	arena_free(a);
	return r == NULL ? -1 : 0;
}

int
queue_done_many(
    struct db *db, const struct queue_claim *c, int n, struct err *e)
{
	struct arena *a = arena_new();
	struct buf ids, tokens;
	PGresult *r;
	int rc = -1;

	buf_init(&ids, (size_t)n * 24 + 8);
	buf_init(&tokens, (size_t)n * 24 + 8);
	for (int i = 0; i < n; i++) {
		buf_printf(&ids, "%c%lld", i == 0 ? '{' : ',', c[i].id);
		buf_printf(&tokens, "%c%lld", i == 0 ? '{' : ',', c[i].token);
	}
	buf_puts(&ids, n == 0 ? "{}" : "}");
	buf_puts(&tokens, n == 0 ? "{}" : "}");
	r = run_jobs_done_many(db, a,
	    (struct jobs_done_many){ .jobs = ids.data, .tokens = tokens.data },
	    e);
	if (r != NULL)
		rc = (int)strtol(PQgetvalue(r, 0, 0), NULL, 10);
	buf_done(&ids);
	buf_done(&tokens);
	arena_free(a);
	return rc;
}

int
queue_tend(struct db *db, int worker, double hung_s, struct queue_tended *t,
    struct err *e)
{
	struct arena *a = arena_new();
	PGresult *reap, *due;
	char hung[32];
	int rc = -1;

	snprintf(hung, sizeof(hung), "%.3f", hung_s);
	reap = run_jobs_reap(db, a,
	    (struct jobs_reap){ .worker = number(worker).text, .hung_s = hung },
	    e);
	due = reap == NULL ? NULL : run_jobs_promote(db, a, e);
	if (due != NULL) {
		*t = (struct queue_tended){
			.reaped = (int)strtol(PQgetvalue(reap, 0, 0), NULL, 10),
			.others = (int)strtol(PQgetvalue(reap, 0, 1), NULL, 10),
			.promoted =
			    (int)strtol(PQgetvalue(due, 0, 0), NULL, 10),
			.next_s = PQgetisnull(due, 0, 1)
			              ? -1
			              : strtod(PQgetvalue(due, 0, 1), NULL),
		};
		rc = 0;
	}
	arena_free(a);
	return rc;
}

static long long
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int
queue_wake(struct queue_wake *w, struct err *e)
{
	w->owed = 1;
	if (w->last_ms != 0 && now_ms() - w->last_ms < QUEUE_WAKE_MS)
		return 0;
	return queue_wake_now(w, e);
}

int
queue_wake_now(struct queue_wake *w, struct err *e)
{
	struct arena *a;
	PGresult *r;

	if (!w->owed)
		return 0;
	a = arena_new();
	r = run_runs_notify(
	    w->db, a, (struct runs_notify){ .run_id = w->run_id }, e);
	arena_free(a);
	if (r == NULL)
		return -1;
	w->owed = 0;
	w->last_ms = now_ms();
	return 0;
}
