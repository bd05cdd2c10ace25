#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "fcgi/groups.h"
#include "fcgi/metrics.h"
#include "fcgi/page.h"
#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/conf.h"
#include "sql/sql.h"

#define TEXT_MAX     (4 << 20)
#define STREAM_STALE 30 /* seconds; the stream server writes every 5 */

static void
head(struct buf *b, const char *name, const char *type, const char *help)
{
	buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void
one(struct buf *b, const char *name, const char *type, const char *help,
    unsigned long long n)
{
	head(b, name, type, help);
	buf_printf(b, "%s %llu\n", name, n);
}

static const char *
label(int op)
{
	const struct route *r = route_at(op);

	return r != NULL ? r->op : "none";
}

static void
requests(struct buf *b, const struct page *p)
{
	unsigned long long n;

	head(b, "modelwright_requests_total", "counter",
	    "Requests by operation and class of status.");
	for (int op = 0; op < PAGE_OPS; op++)
		for (int s = 0; s < 6; s++)
			if ((n = p->op[op].status[s]) > 0)
				buf_printf(b,
				    "modelwright_requests_total{"
				    "operation=\"%s\",status=\"%dxx\"} %llu\n",
				    label(op), s, n);
}

static void
latencies(struct buf *b, const struct page *p)
{
	head(b, "modelwright_request_seconds", "histogram",
	    "Time from the request's parameters to its answer's end.");
	for (int op = 0; op < PAGE_OPS; op++) {
		const struct page_op *o = &p->op[op];
		unsigned long long sum = 0, all = 0;

		for (int i = 0; i <= PAGE_BUCKETS; i++)
			all += o->bucket[i];
		if (all == 0)
			continue;
		for (int i = 0; i < PAGE_BUCKETS; i++)
			buf_printf(b,
			    "modelwright_request_seconds_bucket{operation="
			    "\"%s\",le=\"%g\"} %llu\n",
			    label(op), page_edges[i], sum += o->bucket[i]);
		buf_printf(b,
		    "modelwright_request_seconds_bucket{operation=\"%s\","
		    "le=\"+Inf\"} %llu\n"
		    "modelwright_request_seconds_sum{operation=\"%s\"} %.6f\n"
		    "modelwright_request_seconds_count{operation=\"%s\"} "
		    "%llu\n",
		    label(op), all, label(op), (double)o->micros / 1e6,
		    label(op), all);
	}
}

static void
workers(struct buf *b, const struct page *p)
{
	unsigned long long busy = 0;

	for (int i = 0; i < PAGE_WORKERS; i++)
		busy += (unsigned)p->worker[i].busy;
	one(b, "modelwright_in_flight", "gauge", "Requests being answered.",
	    busy);
	one(b, "modelwright_api_workers", "gauge", "API workers of this host.",
	    (unsigned)page_workers(p, POOL_API) +
		(unsigned)page_workers(p, POOL_UPLOAD));
	one(b, "modelwright_api_workers_started_total", "counter",
	    "API workers started.", p->worker_starts);
	one(b, "modelwright_api_workers_died_total", "counter",
	    "API workers that ended by a failure.", p->worker_deaths);
	one(b, "modelwright_predictions_total", "counter",
	    "Predictions answered.", p->predictions);
	one(b, "modelwright_logins_failed_total", "counter",
	    "Sign-ins with a wrong name or password.", p->logins_failed);
	one(b, "modelwright_start_time_seconds", "gauge",
	    "When the API's master started, in seconds since 1970.",
	    (unsigned long long)p->started);
	head(b, "modelwright_build_info", "gauge", "Which version this is.");
	buf_printf(
	    b, "modelwright_build_info{version=\"%s\"} 1\n", PACKAGE_VERSION);
}

/* Gauges that the database counts: rows of metric, help, label, value. */
static void
counted(struct buf *b, struct req *req)
{
	struct err e;
	PGresult *r =
	    req->db == NULL ? NULL : run_ops_metrics(req->db, req->arena, &e);
	const char *last = "";

	one(b, "modelwright_database_up", "gauge",
	    "Whether PostgreSQL answered.", r != NULL);
	for (int i = 0; i < PQntuples(r); i++) {
		if (strcmp(PQgetvalue(r, i, 0), last) != 0)
			head(b, PQgetvalue(r, i, 0), "gauge",
			    PQgetvalue(r, i, 1));
		last = PQgetvalue(r, i, 0);
		buf_printf(b, "%s%s %s\n", last, PQgetvalue(r, i, 2),
		    PQgetvalue(r, i, 3));
	}
}

/* What the stream server of this host wrote down, if it lives. */
static void
streams(struct buf *b, struct req *req)
{
	char part[4096];
	struct stat st;
	size_t n;
	auto_file FILE *f = fopen(
	    arena_printf(req->arena, "%s/stream.metrics", req->conf->run_dir),
	    "re");

	if (f == NULL || fstat(fileno(f), &st) == -1 ||
	    st.st_mtime + STREAM_STALE < time(NULL))
		return;
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(b, part, n);
}

const char *
metrics_text(struct req *req, size_t *len)
{
	struct buf b;

	buf_init(&b, TEXT_MAX);
	requests(&b, req->page);
	latencies(&b, req->page);
	workers(&b, req->page);
	counted(&b, req);
	streams(&b, req);
	arena_defer(req->arena, free, b.data);
	*len = b.len;
	return b.data;
}
