#include "config.h"

#include <err.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "workers/audience.h"

#include "lib/banned.h"

struct page *
page_new(int events)
{
	struct page *p = calloc(1, sizeof(*p));

	if (p == NULL ||
	    (p->event = calloc((size_t)events + 1, sizeof(*p->event))) == NULL)
		err(1, "page");
	p->refs = 1;
	return p;
}

void
page_add(struct page *p, long long seq, const char *text, size_t head)
{
	size_t len = strlen(text), need = p->used + head + len;

	if (need > p->size) {
		p->size = need > 2 * p->size ? need : 2 * p->size;
		if ((p->bytes = realloc(p->bytes, p->size)) == NULL)
			err(1, "page");
	}
	p->event[p->count++] = (struct page_event){ seq, p->used + head, len };
	memcpy(p->bytes + p->used + head, text, len);
	p->used = need;
}

void
page_drop(struct page *p)
{
	if (p == NULL || --p->refs > 0)
		return;
	free(p->bytes);
	free(p->event);
	free(p);
}

static int
by_run(const void *a, const void *b)
{
	return strcmp(((const struct topic *)a)->run_id,
	    ((const struct topic *)b)->run_id);
}

static struct topic *
find(struct audience *a, const char *run_id)
{
	struct topic key, **found;

	snprintf(key.run_id, sizeof(key.run_id), "%s", run_id);
	found = tfind(&key, &a->topics, by_run);
	return found != NULL ? *found : NULL;
}

void
audience_init(struct audience *a)
{
	*a = (struct audience){ 0 };
	TAILQ_INIT(&a->hungry);
}

static void
hunger(struct audience *a, struct listener *l)
{
	if (l->hungry)
		return;
	l->hungry = 1;
	TAILQ_INSERT_TAIL(&a->hungry, l, queue);
}

static void
sate(struct audience *a, struct listener *l)
{
	if (!l->hungry)
		return;
	l->hungry = 0;
	TAILQ_REMOVE(&a->hungry, l, queue);
}

void
audience_join(struct audience *a, struct listener *l, const char *run_id)
{
	struct topic *t = find(a, run_id);

	if (t == NULL) {
		if ((t = calloc(1, sizeof(*t))) == NULL)
			err(1, "topic");
		snprintf(t->run_id, sizeof(t->run_id), "%s", run_id);
		TAILQ_INIT(&t->listeners);
		if (tsearch(t, &a->topics, by_run) == NULL)
			err(1, "topic");
		a->ntopics++;
	}
	l->topic = t;
	TAILQ_INSERT_TAIL(&t->listeners, l, others);
	a->listeners++;
	hunger(a, l);
}

void
audience_leave(struct audience *a, struct listener *l)
{
	struct topic *t = l->topic;

	if (t == NULL)
		return;
	sate(a, l);
	page_drop(l->page);
	l->page = NULL;
	l->topic = NULL;
	a->listeners--;
	TAILQ_REMOVE(&t->listeners, l, others);
	if (TAILQ_EMPTY(&t->listeners)) {
		tdelete(t, &a->topics, by_run);
		a->ntopics--;
		free(t);
	}
}

static void
wake_topic(struct topic *t, void *arg)
{
	struct audience *a = arg;
	struct listener *l;

	TAILQ_FOREACH (l, &t->listeners, others) {
		l->stale = 1;
		if (l->page == NULL)
			hunger(a, l);
	}
}

struct walk {
	void (*fn)(struct topic *, void *);
	void *arg;
};

static void
visit(const void *node, VISIT which, void *arg)
{
	struct walk *w = arg;

	if (which == postorder || which == leaf)
		w->fn(*(struct topic *const *)node, w->arg);
}

void
audience_each(struct audience *a, void (*fn)(struct topic *, void *), void *arg)
{
	struct walk w = { fn, arg };

	twalk_r(a->topics, visit, &w);
}

void
audience_wake(struct audience *a, const char *run_id)
{
	if (run_id == NULL) {
		audience_each(a, wake_topic, a);
		return;
	}
	struct topic *t = find(a, run_id);
	if (t != NULL)
		wake_topic(t, a);
}

void
audience_feed(struct audience *a, struct listener *l, struct page *p)
{
	sate(a, l);
	page_drop(l->page);
	l->page = NULL;
	l->next = 0;
	l->stale = p->more;
	if (p->count == 0 && p->end[0] == '\0')
		return;
	p->refs++;
	l->page = p;
}

void
audience_sent(struct audience *a, struct listener *l)
{
	struct page *p = l->page;

	l->after = p->event[l->next++].seq;
	if (l->next < p->count || p->end[0] != '\0')
		return;
	page_drop(p);
	l->page = NULL;
	l->next = 0;
	if (l->stale)
		hunger(a, l);
}

const char *
audience_over(const struct listener *l)
{
	const struct page *p = l->page;

	return p != NULL && l->next == p->count && p->end[0] != '\0' ? p->end
	                                                             : NULL;
}

static void
lag_of(struct topic *t, void *arg)
{
	long long *worst = arg;
	struct listener *l;

	TAILQ_FOREACH (l, &t->listeners, others)
		if (t->last - l->after > *worst)
			*worst = t->last - l->after;
}

long long
audience_lag(struct audience *a)
{
	long long worst = 0;

	audience_each(a, lag_of, &worst);
	return worst;
}
