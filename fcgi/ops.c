/*
 * What operators and monitoring ask for.
 */
#include "config.h"

#include <string.h>
#include <sys/statvfs.h>
#include <time.h>

#include "fcgi/groups.h"
#include "fcgi/metrics.h"
#include "lib/conf.h"
#include "lib/json.h"
#include "sql/sql.h"

static int
healthz(struct req *req, struct res *res)
{
	return res_json(req, res, json_pack("{s:s}", "status", "ok"));
}

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static json_t *
check(int good, int needed, double ms, json_t *more)
{
	json_t *v = json_pack("{s:b, s:b, s:f}", "ok", good, "needed", needed,
	    "ms", (double)(long long)(ms * 1000) / 1000);

	if (more != NULL) {
		json_object_update(v, more);
		json_decref(more);
	}
	return v;
}

/* PostgreSQL through PgBouncer, and what it knows of the rest. */
static int
check_database(struct req *req, json_t *checks)
{
	double t = now_ms();
	struct err e;
	PGresult *r =
	    req->db == NULL ? NULL : run_ops_health(req->db, req->arena, &e);
	double ms = now_ms() - t;
	json_t *known = NULL, *v;
	const char *name;

	if (r != NULL && PQntuples(r) == 1)
		known = json_loads(PQgetvalue(r, 0, 0), 0, NULL);
	json_object_set_new(
	    checks, "database", check(known != NULL, 1, ms, NULL));
	json_object_foreach (known, name, v)
		json_object_set(checks, name, v);
	json_decref(known);
	return r != NULL;
}

static int
check_disk(struct req *req, json_t *checks)
{
	struct statvfs st;
	double t = now_ms();
	long long free_mb = 0;
	int good = statvfs(req->conf->data_dir, &st) == 0;

	if (good)
		free_mb = (long long)(st.f_bavail * st.f_frsize >> 20);
	good = good && free_mb >= 256;
	json_object_set_new(checks, "disk",
	    check(good, 1, now_ms() - t,
		json_pack("{s:I}", "free_mb", (json_int_t)free_mb)));
	return good;
}

static int
livez(struct req *req, struct res *res)
{
	json_t *checks = json_object();
	int good = check_database(req, checks);

	good = check_disk(req, checks) && good;
	res->status = good ? 200 : 503;
	if (!good)
		res_header(res, "Retry-After", "1");
	return res_json(req, res,
	    json_pack("{s:s, s:s, s:o}", "status", good ? "ok" : "failing",
		"version", PACKAGE_VERSION, "checks", checks));
}

static int
metrics(struct req *req, struct res *res)
{
	res->type = "text/plain; version=0.0.4; charset=utf-8";
	res->body = metrics_text(req, &res->len);
	return 0;
}

static int
document(struct req *req, struct res *res)
{
	char *path =
	    arena_printf(req->arena, "%s/openapi.json", req->conf->share_dir);
	json_t *v = json_parse_file(path, 16 << 20, &req->err);

	return v == NULL ? -1 : res_json(req, res, v);
}

/* clang-format off */
const struct route ops_routes[] = {
	{ GET, "/healthz",	"getHealth",  ANYONE, no_form, NULL, healthz, .schema = "Health",
	  .help = "200 while the process lives" },
	{ GET, "/livez",	"getLive",    ANYONE, no_form, NULL, livez, .schema = "Live",
	  .help = "Health in detail: database, disk, queue, workers" },
	{ GET, "/metrics",	"getMetrics", ANYONE, no_form, NULL, metrics, .gives = "text/plain",
	  .help = "Prometheus text" },
	{ GET, "/openapi.json", "getOpenapi", VIEWER, no_form, NULL, document, .schema = "Document",
	  .help = "The OpenAPI document" },
	{ 0 }
};
/* clang-format on */
