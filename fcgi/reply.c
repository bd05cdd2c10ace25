#include "config.h"

#include <string.h>

#include "fcgi/reply.h"
#include "fcgi/route.h"
#include "lib/buf.h"
#include "lib/json.h"
#include "lib/log.h"

/* clang-format off */
static const struct {
	int		 status;
	const char	*reason;
} reasons[] = {
	{ 200, "OK" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 204, "No Content" },
	{ 304, "Not Modified" },
};

static const struct {
	enum method	 method;
	const char	*name;
} methods[] = {
	{ GET,	  "GET, HEAD" },
	{ POST,	  "POST" },
	{ PUT,	  "PUT" },
	{ PATCH,  "PATCH" },
	{ DELETE, "DELETE" },
};
/* clang-format on */

const char *
reply_reason(int status)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	for (int i = 0; i < ERR__MAX; i++)
		if (err_kinds[i].http == status)
			return err_kinds[i].title;
	return "Status";
}

const char *
reply_allow(const struct req *req, unsigned set)
{
	const char *out = "";

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (set & methods[i].method)
			out = arena_printf(req->arena, "%s%s%s", out,
			    *out != '\0' ? ", " : "", methods[i].name);
	return out;
}

/* What a client may know of a failure: all of what it can change, nothing of
 * our inside, which is logged instead. */
static const char *
detail(const struct err *e)
{
	switch (e->code) {
	case ERR_INTERNAL:
		log_err("internal error: %s", e->text);
		return "something went wrong here; the log has it under the "
		       "request id";
	case ERR_BUSY:
		log_warn("busy: %s", e->text);
		return "the server cannot do that right now; try again in a "
		       "moment";
	default:
		return e->text;
	}
}

/* Where the value stands that a pointer of the database's rules names. */
static const char *
place_of(const struct req *req, const char *pointer)
{
	const struct field *f = req->route != NULL ? req->route->form : NULL;

	for (; f != NULL && f->name != NULL; f++)
		if (strcmp(f->name, pointer + 1) == 0)
			return f->in == IN_QUERY ? "query" : "body";
	return "body";
}

void
reply_problem(struct req *req, struct res *res, unsigned allow)
{
	const struct err *e = &req->err;
	const struct err_kind *kind = &err_kinds[e->code];
	json_t *doc;

	*res = (struct res){ .status = kind->http };
	doc = json_pack("{s:o, s:s, s:i, s:s, s:s, s:s}", "type",
	    json_sprintf("urn:modelwright:problem:%s", kind->name), "title",
	    kind->title, "status", kind->http, "detail", detail(e), "code",
	    kind->name, "request_id", req->id);
	if (json_array_size(req->errors) > 0)
		json_object_set(doc, "errors", req->errors);
	else if (e->pointer[0] != '\0')
		json_object_set_new(doc, "errors",
		    json_pack("[{s:s, s:s, s:s}]", "pointer", e->pointer, "in",
			place_of(req, e->pointer), "message", e->text));
	if (e->line > 0) {
		json_object_set_new(doc, "line", json_integer(e->line));
		json_object_set_new(doc, "column", json_integer(e->column));
	}
	switch (e->code) {
	case ERR_UNAUTHENTIC:
		res_header(res, "WWW-Authenticate",
		    req->authorization == NULL
			? "Bearer realm=\"modelwright\""
			: "Bearer realm=\"modelwright\", "
			  "error=\"invalid_token\"");
		break;
	case ERR_DENIED:
		if (req->route != NULL && req->who.role < req->route->role)
			json_object_set_new(doc, "required_role",
			    json_string(role_names[req->route->role]));
		break;
	case ERR_METHOD:
		res_header(res, "Allow", reply_allow(req, allow));
		break;
	case ERR_FULL:
		res_header(res, "Retry-After", "60");
		break;
	case ERR_BUSY:
	case ERR_TOO_MANY:
		res_header(res, "Retry-After", "1");
		break;
	default:
		break;
	}
	res_json(req, res, doc);
	res->type = "application/problem+json";
}

static void
line(struct buf *b, const char *name, const char *value)
{
	buf_puts(b, name);
	buf_puts(b, ": ");
	buf_puts(b, value);
	buf_puts(b, "\r\n");
}

void
reply_head(const struct req *req, const struct res *res, struct buf *b)
{
	buf_printf(
	    b, "Status: %d %s\r\n", res->status, reply_reason(res->status));
	if (res->status != 204 && res->status != 304)
		buf_printf(b, "Content-Length: %zu\r\n", res->len);
	if (res->type != NULL)
		line(b, "Content-Type", res->type);
	line(b, "X-Request-Id", req->id);
	for (int i = 0; i < res->nheaders; i++)
		line(b, res->header[i].name, res->header[i].value);
	buf_puts(b, "\r\n");
}
