#include "config.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/db.h"
#include "lib/err.h"
#include "sql/sql.h"
#include "workers/audience.h"
#include "workers/feed.h"

#include "lib/banned.h"

#define PLACES_MAX 256 /* places in the journal, of one query */
#define EVENTS_MAX 64  /* events that it gives for each; see the query */
#define PAGE_BYTES                                                             \
	(64 * 1024) /* what a slow listener may hold, or one event             \
	             */
#define PARAM_MAX (8 * 1024 * 1024)

struct feed {
	const char *conninfo;
	struct audience *audience;
	size_t head;
	struct db *db;
	struct arena *arena;
};

struct feed *
feed_new(const char *conninfo, struct audience *a, size_t head)
{
	struct feed *f = calloc(1, sizeof(*f));

	if (f == NULL)
		err(1, "feed");
	f->conninfo = conninfo;
	f->audience = a;
	f->head = head;
	f->arena = arena_new();
	return f;
}

void
feed_free(struct feed *f)
{
	if (f == NULL)
		return;
	db_close(f->db);
	arena_free(f->arena);
	free(f);
}

static int
lost(struct feed *f, struct err *e)
{
	db_close(f->db);
	f->db = NULL;
	return err_set(e, ERR_BUSY, "the database is away");
}

/* db_run would open a lost connection again, and the LISTEN would be gone:
 * so look first. */
static int
alive(struct feed *f, struct err *e)
{
	if (f->db == NULL || PQstatus(db_conn(f->db)) != CONNECTION_OK)
		return lost(f, e);
	arena_reset(f->arena);
	return 0;
}

/* What an error of a query means: that the connection is gone, or that this
 * one failed and the next may do. */
static int
failed(struct feed *f, struct err *e)
{
	if (PQstatus(db_conn(f->db)) != CONNECTION_OK)
		return lost(f, e);
	return -1;
}

int
feed_connect(struct feed *f, struct err *e)
{
	db_close(f->db);
	if ((f->db = db_open(f->conninfo, DB_DIRECT, e)) == NULL)
		return -1;
	if (db_exec(f->db, "LISTEN run_events", e) == -1)
		return failed(f, e);
	audience_wake(f->audience, NULL);
	return 0;
}

int
feed_fd(const struct feed *f)
{
	return f->db != NULL ? PQsocket(db_conn(f->db)) : -1;
}

/* What libpq has taken in already, also beside the answer to a query. */
static void
drain(struct feed *f)
{
	PGnotify *n;

	while ((n = PQnotifies(db_conn(f->db))) != NULL) {
		audience_wake(f->audience, n->extra);
		PQfreemem(n);
	}
}

int
feed_notified(struct feed *f, struct err *e)
{
	if (alive(f, e) == -1)
		return -1;
	if (PQconsumeInput(db_conn(f->db)) == 0)
		return lost(f, e);
	drain(f);
	return 0;
}

/* Two arrays in PostgreSQL's notation; a run's id needs no quotes. */
struct arrays {
	struct buf run, seq;
};

static void
arrays_add(struct arrays *a, const char *run_id, long long seq)
{
	const char *comma = a->run.len > 1 ? "," : "";

	buf_printf(&a->run, "%s%s", comma, run_id);
	buf_printf(&a->seq, "%s%lld", comma, seq);
}

static void
arrays_init(struct arrays *a)
{
	buf_init(&a->run, PARAM_MAX);
	buf_init(&a->seq, PARAM_MAX);
	buf_puts(&a->run, "{");
	buf_puts(&a->seq, "{");
}

static void
arrays_end(struct arrays *a)
{
	buf_puts(&a->run, "}");
	buf_puts(&a->seq, "}");
}

static void
arrays_done(struct arrays *a)
{
	buf_done(&a->run);
	buf_done(&a->seq);
}

static void
add_topic(struct topic *t, void *arg)
{
	arrays_add(arg, t->run_id, t->last);
}

int
feed_look(struct feed *f, struct err *e)
{
	struct arrays known;
	PGresult *r;

	if (alive(f, e) == -1)
		return -1;
	if (f->audience->ntopics == 0)
		return feed_notified(f, e);
	arrays_init(&known);
	audience_each(f->audience, add_topic, &known);
	arrays_end(&known);
	r = run_stream_look(f->db, f->arena,
	    (struct stream_look){
		.runs = known.run.data, .lasts = known.seq.data },
	    e);
	arrays_done(&known);
	if (r == NULL)
		return failed(f, e);
	for (int i = 0; i < PQntuples(r); i++)
		audience_wake(f->audience, PQgetvalue(r, i, 0));
	drain(f);
	return 0;
}

static int
by_place(const void *a, const void *b)
{
	const struct listener *x = *(struct listener *const *)a;
	const struct listener *y = *(struct listener *const *)b;

	if (x->topic != y->topic)
		return x->topic < y->topic ? -1 : 1;
	return (x->after > y->after) - (x->after < y->after);
}

static int
same_place(const struct listener *a, const struct listener *b)
{
	return a->topic == b->topic && a->after == b->after;
}

/* The rows from *row on that belong to place n, as a page. */
static struct page *
read_page(struct feed *f, const PGresult *r, int n, int *row, struct topic *t)
{
	struct page *p = page_new(EVENTS_MAX);
	const char *ended = "";
	int i = *row;

	for (; i < PQntuples(r); i++) {
		if (strtol(PQgetvalue(r, i, 0), NULL, 10) != n)
			break;
		ended = PQgetvalue(r, i, 1);
		t->last = strtoll(PQgetvalue(r, i, 2), NULL, 10);
		if (PQgetisnull(r, i, 3) || p->more)
			continue;
		const char *text = PQgetvalue(r, i, 4);
		if (p->count == EVENTS_MAX ||
		    (p->count > 0 && p->used + strlen(text) > PAGE_BYTES))
			p->more = 1;
		else
			page_add(p, strtoll(PQgetvalue(r, i, 3), NULL, 10),
			    text, f->head);
	}
	*row = i;
	if (p->count > 0 && p->event[p->count - 1].seq < t->last)
		p->more = 1;
	if (!p->more)
		snprintf(p->end, sizeof(p->end), "%s", ended);
	return p;
}

/* The hungry, sorted by place, in an array of the arena. */
static struct listener **
hungry(struct feed *f, int *n)
{
	struct listener *l, **all;

	*n = 0;
	TAILQ_FOREACH (l, &f->audience->hungry, queue)
		++*n;
	all = arena_alloc(f->arena, ((size_t)*n + 1) * sizeof(*all));
	*n = 0;
	TAILQ_FOREACH (l, &f->audience->hungry, queue)
		all[(*n)++] = l;
	qsort(all, (size_t)*n, sizeof(*all), by_place);
	return all;
}

int
feed_serve(struct feed *f, void (*ready)(void *), struct err *e)
{
	struct arrays ask;
	struct listener **all;
	int n, places = 0, taken, row = 0;
	PGresult *r;

	if (TAILQ_EMPTY(&f->audience->hungry))
		return 0;
	if (alive(f, e) == -1)
		return -1;
	all = hungry(f, &n);
	arrays_init(&ask);
	for (taken = 0; taken < n; taken++) {
		if (taken > 0 && same_place(all[taken - 1], all[taken]))
			continue;
		if (places++ == PLACES_MAX)
			break;
		arrays_add(&ask, all[taken]->topic->run_id, all[taken]->after);
	}
	arrays_end(&ask);
	r = run_stream_read(f->db, f->arena,
	    (struct stream_read){
		.runs = ask.run.data, .afters = ask.seq.data },
	    e);
	arrays_done(&ask);
	if (r == NULL)
		return failed(f, e);
	places = 0;
	for (int i = 0, end; i < taken; i = end) {
		struct page *p = read_page(f, r, ++places, &row, all[i]->topic);

		for (end = i + 1; end < taken && same_place(all[i], all[end]);)
			end++;
		/* audience_feed leaves `after` as it is. */
		for (int k = i; k < end; k++) {
			audience_feed(f->audience, all[k], p);
			if (all[k]->page != NULL)
				ready(all[k]->arg);
		}
		page_drop(p);
	}
	drain(f);
	return 0;
}

int
feed_admit(struct feed *f, const char *sid, const char *run_id, struct err *e)
{
	PGresult *r;

	if (alive(f, e) == -1)
		return -1;
	r = run_stream_enter(f->db, f->arena,
	    (struct stream_enter){ .sid = sid, .run_id = run_id }, e);
	if (r == NULL)
		return failed(f, e);
	drain(f);
	if (*PQgetvalue(r, 0, 0) != 't')
		return err_set(
		    e, ERR_UNAUTHENTIC, "the session has ended; sign in again");
	if (*PQgetvalue(r, 0, 1) != 't')
		return err_set(e, ERR_NOT_FOUND, "there is no such run");
	return 0;
}
