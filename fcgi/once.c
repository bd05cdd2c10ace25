#include "config.h"

#include <string.h>

#include "fcgi/once.h"
#include "fcgi/request.h"
#include "fcgi/route.h"
#include "lib/digest.h"
#include "lib/json.h"
#include "sql/sql.h"

/* What makes two requests the same: their path, their parameters, and their
 * body, however it is spelled. */
static void
digest_request(struct req *req, char hex[DIGEST_HEX])
{
	struct digest *d = digest_new();
	const char *body =
	    req->body != NULL ? json_text(req->body, req->arena) : "";

	digest_add(d, req->path, strlen(req->path) + 1);
	digest_add(d, req->query, strlen(req->query) + 1);
	digest_add(d, body, strlen(body));
	digest_end(d, hex);
}

/* Give the first answer again, or say why not. */
static int
again(struct req *req, struct res *res, const char *digest)
{
	PGresult *r = run_once_read(req->db, req->arena,
	    (struct once_read){
		.user = req->who.user, .op = req->route->op, .key = req->key },
	    &req->err);

	if (r == NULL)
		return -1;
	if (PQntuples(r) == 0) /* the first one failed, and took it along */
		return err_set(&req->err, ERR_BUSY, "the first try failed");
	if (strcmp(PQgetvalue(r, 0, 1), digest) != 0)
		return err_set(&req->err, ERR_INVALID,
		    "that Idempotency-Key was used for another request");
	if (res_row(req, res, r) == -1)
		return -1;
	res_header(res, "Idempotent-Replayed", "true");
	return 0;
}

static const char *
location(const struct res *res)
{
	for (int i = 0; i < res->nheaders; i++)
		if (strcmp(res->header[i].name, "Location") == 0)
			return res->header[i].value;
	return NULL;
}

static int
under_key(struct req *req, struct res *res, const char *digest, handler_fn *fn)
{
	PGresult *r;

	if ((r = run_once_claim(req->db, req->arena,
		 (struct once_claim){ .user = req->who.user,
		     .op = req->route->op,
		     .key = req->key,
		     .digest = digest },
		 &req->err)) == NULL)
		return -1;
	if (PQntuples(r) == 0)
		return again(req, res, digest);
	if (fn(req, res) == -1)
		return -1;
	r = run_once_keep(req->db, req->arena,
	    (struct once_keep){ .user = req->who.user,
		.op = req->route->op,
		.key = req->key,
		.status = arena_printf(req->arena, "%d", res->status),
		.location = location(res),
		.answer = res->body },
	    &req->err);
	return r == NULL ? -1 : 0;
}

int
once_do(struct req *req, struct res *res, const char *digest, handler_fn *fn)
{
	struct err ignored;
	int rc;

	if (req->db == NULL)
		return err_set(&req->err, ERR_BUSY, "the database is away");
	if (db_exec(req->db, "BEGIN", &req->err) == -1)
		return -1;
	rc = req->key == NULL ? fn(req, res) : under_key(req, res, digest, fn);
	if (rc == 0)
		return db_exec(req->db, "COMMIT", &req->err);
	/* If this fails the connection is gone, and the transaction with it. */
	return db_exec(req->db, "ROLLBACK", &ignored) == -1 ? -1 : rc;
}

int
once_answer(struct req *req, struct res *res)
{
	char digest[DIGEST_HEX];

	/* The cheap refusals come before any transaction. */
	if (req->who.role < req->route->role)
		return route_answer(req, res);
	if (request_body(req) == -1)
		return -1;
	digest_request(req, digest);
	return once_do(req, res, digest, route_answer);
}
