/*
 * Cursors and pages: who is hungry, who lags, and when a stream is over.
 */
#include "config.h"

#include <string.h>

#include "tests/tap.h"
#include "workers/audience.c"

static struct page *
page_of(long long from, int n, const char *end)
{
	struct page *p = page_new(n);

	for (int i = 0; i < n; i++)
		page_add(p, from + i, "event", 16);
	snprintf(p->end, sizeof(p->end), "%s", end);
	return p;
}

static void
test_page(void)
{
	struct page *p = page_of(5, 3, "");

	ok(p->count == 3 && p->event[2].seq == 7, "events keep their order");
	ok(p->event[0].at == 16 && p->event[1].at == 16 + 5 + 16,
	    "each has room before it");
	ok(memcmp(p->bytes + p->event[2].at, "event", 5) == 0,
	    "texts are where they are said to be");
	page_drop(p);
}

static void
test_hunger(void)
{
	struct audience a;
	struct listener one = { .after = 0 }, two = { .after = 0 };
	struct page *p;

	audience_init(&a);
	audience_join(&a, &one, "run_a");
	audience_join(&a, &two, "run_a");
	ok(a.ntopics == 1 && a.listeners == 2, "two listen to one run");
	ok(one.hungry && two.hungry, "who joins is hungry");
	p = page_of(1, 2, "");
	audience_feed(&a, &one, p);
	audience_feed(&a, &two, p);
	page_drop(p);
	ok(p->refs == 2 && one.page == two.page, "they share a page");
	ok(!one.hungry && TAILQ_EMPTY(&a.hungry), "who has a page is not");
	audience_wake(&a, "run_a");
	ok(!one.hungry && one.stale, "news wait until the page is sent");
	audience_sent(&a, &one);
	ok(one.after == 1 && one.page != NULL, "the cursor moves by one");
	audience_sent(&a, &one);
	ok(one.after == 2 && one.page == NULL && one.hungry,
	    "then they make it hungry");
	ok(two.after == 0 && two.page != NULL, "the other one lags");
	audience_leave(&a, &one);
	audience_leave(&a, &two);
	ok(a.ntopics == 0 && a.listeners == 0 && TAILQ_EMPTY(&a.hungry),
	    "nothing is left behind");
}

static void
test_wake(void)
{
	struct audience a;
	struct listener one = { .after = 3 }, two = { .after = 9 };
	struct page *none;

	audience_init(&a);
	audience_join(&a, &one, "run_a");
	audience_join(&a, &two, "run_b");
	none = page_of(0, 0, "");
	audience_feed(&a, &one, none);
	audience_feed(&a, &two, none);
	page_drop(none);
	ok(!one.hungry && one.page == NULL, "an empty page sates");
	audience_wake(&a, "run_a");
	ok(one.hungry && !two.hungry, "a run wakes its own listeners");
	audience_wake(&a, "run_c");
	audience_wake(&a, NULL);
	ok(two.hungry, "or everybody is woken");
	one.topic->last = 10;
	two.topic->last = 10;
	ok(audience_lag(&a) == 7, "the lag is that of the last");
	audience_leave(&a, &one);
	audience_leave(&a, &two);
}

static void
test_over(void)
{
	struct audience a;
	struct listener one = { .after = 0 };
	struct page *p = page_of(1, 1, "succeeded");

	audience_init(&a);
	audience_join(&a, &one, "run_a");
	audience_feed(&a, &one, p);
	page_drop(p);
	ok(audience_over(&one) == NULL, "not over before the last was sent");
	audience_sent(&a, &one);
	ok(audience_over(&one) != NULL &&
		strcmp(audience_over(&one), "succeeded") == 0,
	    "over after it, with the state");
	ok(!one.hungry, "and never hungry again");
	audience_leave(&a, &one);
	one = (struct listener){ .after = 7 };
	audience_join(&a, &one, "run_a");
	p = page_of(0, 0, "failed");
	audience_feed(&a, &one, p);
	page_drop(p);
	ok(audience_over(&one) != NULL, "over at once for who knew it all");
	audience_leave(&a, &one);
}

int
main(void)
{
	test_page();
	test_hunger();
	test_wake();
	test_over();
	return done();
}
