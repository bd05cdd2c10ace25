#include "config.h"

#include <time.h>

#include "fcgi/page.h"
#include "fcgi/request.h"
#include "fcgi/route.h"
#include "fcgi/wait.h"
#include "fcgi/worker.h"

#define STEP_MS 100

/* Half of the workers may wait, but one always answers. */
static int
may_wait(const struct page *p)
{
	int n = page_workers(p, POOL_API);

	return page_waiting(p, POOL_API) < (n + 1) / 2 && n > 1;
}

static void
nap(void)
{
	struct timespec t = { 0, STEP_MS * 1000000L };

	nanosleep(&t, NULL);
}

/* Each question gets an arena of its own: a wait may ask hundreds of times. */
static int
outcome(struct req *req, struct arena *a, const char *id, PGresult **r)
{
	struct err e;
	const char *const v[] = { id };

	*r = db_run(req->db, a, req->route->wait, v, &e);
	return *r == NULL ? -1 : PQntuples(*r) > 0;
}

static int
until(struct req *req, const char *id, long seconds)
{
	struct arena *a = arena_new();
	PGresult *r;
	int found = 0;

	for (long ms = seconds * 1000;
	     ms > 0 && found == 0 && !worker_leaving(); ms -= STEP_MS) {
		nap();
		found = outcome(req, a, id, &r);
		arena_reset(a);
	}
	arena_free(a);
	return found == 1;
}

void
wait_done(struct req *req, struct res *res)
{
	long seconds = request_wait(req->prefer);
	struct res done = { .status = 200 };
	const char *id = res->wait_id;
	PGresult *r;
	int found;

	if (seconds == 0 || res->status != 202 || req->route->wait == NULL ||
	    id == NULL || req->db == NULL || !may_wait(req->page))
		return;
	atomic_store(&req->me->waiting, 1);
	found = until(req, id, seconds);
	atomic_store(&req->me->waiting, 0);
	if (found && outcome(req, req->arena, id, &r) == 1 &&
	    res_row(req, &done, r) == 0)
		*res = done;
	res_header(res, "Preference-Applied",
	    arena_printf(req->arena, "wait=%ld", seconds));
}
