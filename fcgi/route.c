/*
 * Finds the row of a request, checks it against the row, and answers.
 */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/groups.h"
#include "fcgi/request.h"
#include "fcgi/route.h"
#include "lib/conf.h"
#include "lib/json.h"

const char *const role_names[ROLE__MAX] = { "anyone", "viewer", "operator",
	"admin" };

const struct field no_form[] = { { 0 } };

const char *
method_name(enum method m)
{
	return m == GET     ? "GET"
	       : m == POST  ? "POST"
	       : m == PUT   ? "PUT"
	       : m == PATCH ? "PATCH"
	                    : "DELETE";
}

/* Walk a template and a path together.  Returns 0, or a number that is the
 * larger the more of the first segments are literal.  Letter by letter, for
 * nearly every row differs from nearly every path early. */
static unsigned
match(const char *t, const char *p)
{
	unsigned score = 1;

	while (*t != '\0' && *t == *p) {
		p++;
		if (*t++ != '/')
			continue;
		score = score << 1 | (*t != '{');
		if (*t != '{')
			continue;
		if (*p == '/' || *p == '\0')
			return 0; /* a parameter is never empty */
		while (*t++ != '}')
			continue;
		if (t[-2] == '.')
			return score; /* {name...} takes the rest */
		while (*p != '/' && *p != '\0')
			p++;
	}
	return *t == '\0' && *p == '\0' ? score : 0;
}

const struct route *
route_find(enum method m, const char *path, unsigned *allow, struct err *e)
{
	const struct route *found = NULL;
	unsigned best = 0;

	*allow = 0;
	for (size_t g = 0; route_groups[g] != NULL; g++)
		for (const struct route *r = route_groups[g]; r->path != NULL;
		     r++) {
			unsigned score = match(r->path, path);

			if (score == 0 || score < best)
				continue;
			if (score > best) {
				best = score;
				found = NULL;
				*allow = 0;
			}
			*allow |= r->method;
			if (r->method == m)
				found = r;
		}
	if (best == 0)
		err_set(e, ERR_NO_ROUTE, "there is nothing at this path");
	else if (found == NULL)
		err_set(e, ERR_METHOD, "that method does not apply here");
	return found;
}

const char *
route_arg(
    const struct route *r, const char *p, const char *name, struct arena *a)
{
	const char *t = r->path;
	size_t n = strlen(name);

	while (*t == '/') {
		size_t nt = strcspn(++t, "/"), np = strcspn(++p, "/");
		int rest = nt > 2 && t[nt - 2] == '.';

		if (*t == '{' && nt == n + (rest ? 5 : 2) &&
		    strncmp(t + 1, name, n) == 0)
			return rest ? p : arena_printf(a, "%.*s", (int)np, p);
		t += nt;
		p += np;
	}
	return NULL;
}

/* What comes from us, or from what we know of the caller. */
static const char *
caller(const struct req *req, const char *name)
{
	if (strcmp(name, "user") == 0)
		return req->who.user;
	if (strcmp(name, "role") == 0)
		return role_names[req->who.role];
	if (strcmp(name, "sid") == 0)
		return req->who.sid;
	if (strcmp(name, "request_id") == 0)
		return req->id;
	if (strcmp(name, "addr") == 0)
		return req->addr;
	if (strcmp(name, "attempts") == 0)
		return arena_printf(
		    req->arena, "%lld", req->conf->job_attempts);
	abort(); /* a slip in a form */
}

static const char *
raw(void *arg, enum field_in in, const char *name)
{
	struct req *req = arg;

	switch (in) {
	case IN_PATH:
		return route_arg(req->route, req->path, name, req->arena);
	case IN_CALLER:
		return caller(req, name);
	case IN_HEADER:
		if (strcmp(name, "If-Match") == 0)
			return req->if_match;
		if (strcmp(name, "If-None-Match") == 0)
			return req->if_none_match;
		if (strcmp(name, "Prefer") == 0)
			return req->prefer;
		if (strcmp(name, "Idempotency-Key") == 0)
			return req->key;
		abort();
	default:
		return NULL;
	}
}

const char *
req_get(const struct req *req, const char *name)
{
	return form_value(req->route->form, req->value, name);
}

long long
req_int(const struct req *req, const char *name)
{
	const char *s = req_get(req, name);

	return s == NULL ? 0 : strtoll(s, NULL, 10);
}

PGresult *
req_query(struct req *req, const struct query *q)
{
	const char *v[QUERY_MAX];

	if (req->db == NULL) {
		err_set(&req->err, ERR_BUSY, "the database is away");
		return NULL;
	}
	for (int i = 0; i < q->nparams; i++)
		v[i] = req_get(req, q->params[i]);
	return db_run(req->db, req->arena, q, v, &req->err);
}

void
res_header(struct res *res, const char *name, const char *value)
{
	if (res->nheaders == RES_HEADERS)
		abort();
	if (value[strcspn(value, "\r\n")] != '\0')
		return;
	res->header[res->nheaders].name = name;
	res->header[res->nheaders++].value = value;
}

void
res_etag(struct req *req, struct res *res, const char *tag)
{
	res_header(res, "ETag", arena_printf(req->arena, "\"%s\"", tag));
}

int
res_row(struct req *req, struct res *res, const PGresult *r)
{
	int n;

	if (PQntuples(r) == 0 || PQgetisnull(r, 0, 0))
		return err_set(
		    &req->err, ERR_NOT_FOUND, "there is no such thing");
	res->type = "application/json";
	res->body = PQgetvalue(r, 0, 0);
	res->len = (size_t)PQgetlength(r, 0, 0);
	if ((n = PQfnumber(r, "status")) > 0 && !PQgetisnull(r, 0, n))
		res->status = (int)strtol(PQgetvalue(r, 0, n), NULL, 10);
	if ((n = PQfnumber(r, "location")) > 0 && !PQgetisnull(r, 0, n))
		res_header(res, "Location", PQgetvalue(r, 0, n));
	if ((n = PQfnumber(r, "etag")) > 0 && !PQgetisnull(r, 0, n))
		res_etag(req, res, PQgetvalue(r, 0, n));
	if ((n = PQfnumber(r, "wait_id")) > 0 && !PQgetisnull(r, 0, n))
		res->wait_id = PQgetvalue(r, 0, n);
	return 0;
}

int
res_json(struct req *req, struct res *res, json_t *v)
{
	char *text;

	res->type = "application/json";
	/* 15 figures: what people read is not to show the binary. */
	if ((text = json_dumps(v, JSON_COMPACT | JSON_REAL_PRECISION(15))) ==
	    NULL)
		abort();
	arena_defer(req->arena, free, text);
	res->body = text;
	res->len = strlen(text);
	json_decref(v);
	return 0;
}

static int
check_role(struct req *req)
{
	const struct route *r = req->route;

	if (req->who.role >= r->role)
		return 0;
	if (req->who.role == ANYONE)
		return err_set(&req->err, ERR_UNAUTHENTIC,
		    "%s needs an access token", r->op);
	return err_set(&req->err, ERR_DENIED,
	    "%s needs the role %s; yours is %s", r->op, role_names[r->role],
	    role_names[req->who.role]);
}

void
req_wrong(struct req *req, const char *pointer, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	json_array_append_new(
	    req->errors, json_pack("{s:s, s:s, s:s}", "pointer", pointer, "in",
			     "body", "message", text));
	if (req->err.code == ERR_NONE)
		err_ptr(&req->err, ERR_INVALID, pointer, "%s", text);
}

int
route_answer(struct req *req, struct res *res)
{
	const struct form_src src = { raw, req, req->pairs, NULL, req->errors };
	const struct route *r = req->route;
	struct form_src full = src;
	PGresult *answer;

	if (check_role(req) == -1)
		return -1;
	res->status = r->ok ? r->ok : 200;
	if (r->form != NULL) {
		if (request_body(req) == -1)
			return -1;
		full.body = req->body;
		if (form_bind(r->form, &full, req->arena, req->value,
			&req->err) == -1)
			return -1;
	}
	if (r->fn != NULL)
		return r->fn(req, res);
	if ((answer = req_query(req, r->query)) == NULL)
		return -1;
	return res_row(req, res, answer);
}
