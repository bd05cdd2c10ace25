/*
 * Data sets: taken in, listed, and looked at.
 */
#include "config.h"

#include <string.h>

#include "fcgi/groups.h"
#include "fcgi/once.h"
#include "fcgi/upload.h"
#include "lib/conf.h"
#include "lib/digest.h"
#include "lib/store.h"
#include "sql/sql.h"

/* clang-format off */
static const struct field list_form[] = {
	{ "format", IN_QUERY, T_ENUM, .oneof = "csv arff jsonl" },
	{ "limit",  IN_QUERY, T_INT, .min = 1, .max = 500, .absent = "50" },
	{ "cursor", IN_QUERY, T_TEXT, .min = 1, .max = 200, .help = "next_cursor of the page before" },
	{ 0 }
};

static const struct field name_form[] = {
	{ "name", IN_PATH, T_NAME, .required = 1 },
	{ 0 }
};

static const struct field upload_form[] = {
	{ "user",	IN_CALLER },
	{ "request_id", IN_CALLER },
	{ "name",	IN_QUERY, T_NAME, .required = 1, .help = "What it will be called" },
	{ "on_error",	IN_QUERY, T_ENUM, .oneof = "fail skip null", .absent = "fail", .help = "What happens to a row that breaks the rules of its format" },
	{ 0 }
};
/* clang-format on */

static const char *
number(struct req *req, long long n)
{
	return arena_printf(req->arena, "%lld", n);
}

/* In a transaction: the name first, then the file under its digest.  If the
 * commit is lost an object is left that nothing names, which is harmless. */
static int
keep(struct req *req, struct res *res)
{
	struct upload *u = req->work;
	struct stored stored;
	PGresult *r = run_datasets_create(req->db, req->arena,
	    (struct datasets_create){ .name = req_get(req, "name"),
		.digest = u->sha256,
		.format = u->format,
		.bytes = number(req, u->bytes),
		.rows = number(req, u->rows),
		.columns = number(req, u->columns),
		.on_error = req_get(req, "on_error"),
		.user = req->who.user,
		.profile = u->profile,
		.request_id = req->id },
	    &req->err);

	if (r == NULL)
		return -1;
	if (PQntuples(r) == 0)
		return err_set(&req->err, ERR_CONFLICT,
		    "there is another data set '%s' already",
		    req_get(req, "name"));
	if (store_take(req->conf->data_dir, u->path, &stored, &req->err) == -1)
		return -1;
	return res_row(req, res, r);
}

static int
upload(struct req *req, struct res *res)
{
	struct upload *u;
	struct digest *d;
	char digest[DIGEST_HEX];

	if ((req->work = u = upload_take(req)) == NULL)
		return -1;
	d = digest_new();
	digest_add(d, u->sha256, sizeof(u->sha256));
	digest_add(d, req->query, strlen(req->query));
	digest_end(d, digest);
	return once_do(req, res, digest, keep);
}

/* clang-format off */
const struct route datasets_routes[] = {
	{ GET,	"/api/v1/datasets", "listDatasets", VIEWER, list_form, &sql_datasets_list, .schema = "DatasetPage",
	  .help = "Data sets on hand" },
	{ POST, "/api/v1/datasets", "createDataset", OPERATOR, upload_form, NULL, upload, .ok = 201, .also = 200, .once = 1,
	  .takes = "text/csv application/x-arff application/x-ndjson", .schema = "Dataset",
	  .help = "Take in a table; the body is the file as it is" },
	{ GET,	"/api/v1/datasets/{name}/profile", "getProfile", VIEWER, name_form, &sql_datasets_profile, .also = 202, .wait = &sql_datasets_wait, .schema = "Profile",
	  .help = "Automatic profile: types, cardinality, distributions" },
	{ 0 }
};
/* clang-format on */
