/*
 * Who listens to which run, and how far each has got.
 *
 * A listener holds a cursor into the journal and at most one page of it, which
 * it shares with all others at the same place: a slow one holds nothing but
 * its page, and lags.  When its page is sent and there may be more, it is
 * hungry; feed.c serves all the hungry with one query.
 */
#ifndef AUDIENCE_H
#define AUDIENCE_H

#include <stddef.h>
#include <sys/queue.h>

#include "lib/ident.h"

/* Events in order, each ready for the wire: `head` free bytes, then its text.
 */
struct page {
	int refs;        /* listeners that read it, and one for who made it */
	int count, more; /* more: the journal went on after the last of these */
	char end[24]; /* the state that the run ended in with the last; or "" */
	struct page_event {
		long long seq;
		size_t at, len; /* of the text, in bytes */
	} * event;
	unsigned char *bytes;
	size_t used, size;
};

struct page *page_new(int events);
void page_add(struct page *, long long seq, const char *text, size_t head);
void page_drop(struct page *);

struct topic;

struct listener {
	TAILQ_ENTRY(listener) others; /* of the same topic */
	TAILQ_ENTRY(listener) queue;  /* of the hungry */
	struct topic *topic;
	struct page *page; /* NULL: everything so far is sent */
	int next;          /* the event of the page that is sent next */
	int stale;         /* the journal may have gone on */
	int hungry;
	long long after; /* the last event that was sent */
	void *arg;       /* the connection */
};

TAILQ_HEAD(listeners, listener);

struct topic {
	char run_id[IDENT_MAX];
	long long last; /* event that the database was seen to hold */
	struct listeners listeners;
};

struct audience {
	void *topics; /* tree of struct topic, by run_id */
	struct listeners hungry;
	int listeners, ntopics;
};

void audience_init(struct audience *);

/* A new listener is hungry.  It is the caller's, zeroed but for `after` and
 * `arg`. */
void audience_join(struct audience *, struct listener *, const char *run_id);
void audience_leave(struct audience *, struct listener *);

/* Something happened in a run, or (NULL) perhaps in every run. */
void audience_wake(struct audience *, const char *run_id);
void audience_each(struct audience *, void (*)(struct topic *, void *), void *);

/* Give a listener its page (a reference of its own is taken). */
void audience_feed(struct audience *, struct listener *, struct page *);
/* The listener's next event was sent. */
void audience_sent(struct audience *, struct listener *);
/* The state its run ended in, once everything of it is sent; else NULL. */
const char *audience_over(const struct listener *);

/* How many events the last listener lags behind the journal. */
long long audience_lag(struct audience *);

#endif
