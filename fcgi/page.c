#include "config.h"

#include <err.h>
#include <sys/mman.h>
#include <time.h>

#include "fcgi/page.h"

const double page_edges[PAGE_BUCKETS] = { .0005, .001, .0025, .005, .01, .025,
	.05, .1, .25, .5, 1, 2.5, 10, 30 };

struct page *
page_new(void)
{
	struct page *p = mmap(NULL, sizeof(*p), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		err(1, "shared page");
	p->started = (long long)time(NULL);
	return p;
}

void
page_count(struct page *p, int op, int status, double seconds)
{
	struct page_op *o = &p->op[op];
	int b = 0;

	while (b < PAGE_BUCKETS && seconds > page_edges[b])
		b++;
	atomic_fetch_add(&o->bucket[b], 1);
	atomic_fetch_add(&o->micros, (unsigned long long)(seconds * 1e6));
	atomic_fetch_add(&o->status[status / 100 < 6 ? status / 100 : 5], 1);
}

int
page_workers(const struct page *p, enum page_pool pool)
{
	int n = 0;

	for (int i = 0; i < PAGE_WORKERS; i++)
		n += p->worker[i].state != WORKER_NONE &&
		     p->worker[i].pool == pool;
	return n;
}

int
page_waiting(const struct page *p, enum page_pool pool)
{
	int n = 0;

	for (int i = 0; i < PAGE_WORKERS; i++)
		n += p->worker[i].pool == pool && p->worker[i].waiting;
	return n;
}

int
page_hashing(const struct page *p)
{
	int n = 0;

	for (int i = 0; i < PAGE_WORKERS; i++)
		n += p->worker[i].hashing;
	return n;
}

int
page_ready(const struct page *p)
{
	int n = 0;

	for (int i = 0; i < PAGE_WORKERS; i++)
		n += p->worker[i].state == WORKER_READY;
	return n;
}
