#include "config.h"

#include <ctype.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <fcgiapp.h>

#include "fcgi/request.h"
#include "fcgi/route.h"
#include "lib/conf.h"
#include "lib/ident.h"
#include "lib/json.h"
#include "lib/pairs.h"

#include "lib/banned.h"

#define WAIT_MAX                                                               \
	25 /* seconds; below every time-out between us and a client            \
	    */

/* clang-format off */
static const struct {
	const char	*name;
	size_t		 offset;
} wanted[] = {
	{ "DOCUMENT_URI",	 offsetof(struct req, path) },
	{ "QUERY_STRING",	 offsetof(struct req, query) },
	{ "REQUEST_ID",		 offsetof(struct req, id) },
	{ "REMOTE_ADDR",	 offsetof(struct req, addr) },
	{ "CONTENT_TYPE",	 offsetof(struct req, content_type) },
	{ "HTTP_AUTHORIZATION",	 offsetof(struct req, authorization) },
	{ "HTTP_IF_NONE_MATCH",	 offsetof(struct req, if_none_match) },
	{ "HTTP_IF_MATCH",	 offsetof(struct req, if_match) },
	{ "HTTP_PREFER",	 offsetof(struct req, prefer) },
	{ "HTTP_IDEMPOTENCY_KEY", offsetof(struct req, key) },
};

static const struct {
	const char	*name;
	enum method	 method;
} methods[] = {
	{ "GET",    GET },
	{ "HEAD",   GET },
	{ "POST",   POST },
	{ "PUT",    PUT },
	{ "PATCH",  PATCH },
	{ "DELETE", DELETE },
};
/* clang-format on */

/* What stands in logs and events must be short and plain. */
static int
is_plain(const char *s)
{
	size_t n = strspn(s,
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	    "._-");

	return n > 0 && n <= 64 && s[n] == '\0';
}

static void
take(struct req *req, const char *name, size_t n, const char *value, int *head)
{
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (strncmp(wanted[i].name, name, n) == 0 &&
		    wanted[i].name[n] == '\0') {
			const char **at =
			    (const char **)(void *)((char *)req +
						    wanted[i].offset);
			if (*value != '\0')
				*at = value;
			return;
		}
	if (n == 14 && strncmp(name, "REQUEST_METHOD", n) == 0) {
		for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]);
		     i++)
			if (strcmp(methods[i].name, value) == 0)
				req->method = methods[i].method;
		*head = strcmp(value, "HEAD") == 0;
	} else if (n == 14 && strncmp(name, "CONTENT_LENGTH", n) == 0 &&
		   isdigit((unsigned char)*value))
		req->content_length = strtoll(value, NULL, 10);
}

int
request_take(struct req *req, char **params, int *head)
{
	const char *eq;

	req->content_length = -1;
	req->query = "";
	req->addr = "unknown";
	*head = 0;
	for (; *params != NULL; params++)
		if ((eq = strchr(*params, '=')) != NULL)
			take(
			    req, *params, (size_t)(eq - *params), eq + 1, head);
	if (req->id == NULL || !is_plain(req->id)) {
		char id[IDENT_MAX];
		ident_new(id, "req");
		req->id = arena_strdup(req->arena, id);
	}
	if (req->path == NULL || *req->path != '/')
		return err_set(&req->err, ERR_MALFORMED, "there is no path");
	if ((req->pairs = pairs_parse(req->query, req->arena, &req->err)) ==
	    NULL)
		return -1;
	if (req->key != NULL && strlen(req->key) > 200)
		return err_set(&req->err, ERR_INVALID,
		    "an Idempotency-Key has at most 200 bytes");
	return 0;
}

/* "application/json; charset=utf-8" is application/json. */
static int
is_media(const char *type, const char *want)
{
	size_t n = strlen(want);

	return type != NULL && strncasecmp(type, want, n) == 0 &&
	       (type[n] == '\0' || type[n] == ';' || type[n] == ' ');
}

static void
drop(void *v)
{
	json_decref(v);
}

int
request_body(struct req *req)
{
	size_t max = (size_t)req->conf->body_max_kb * 1024, n = 0, size;
	char *text;
	long k;

	if (req->route->takes != NULL || req->method == GET ||
	    req->content_length == 0 || req->text != NULL)
		return 0;
	if (req->content_length > (long long)max)
		return err_set(&req->err, ERR_TOO_LARGE,
		    "the body has more than %zu bytes", max);
	size = req->content_length < 0 ? max + 1 : (size_t)req->content_length;
	text = arena_alloc(req->arena, size + 1);
	while (n < size && (k = req_read(req, text + n, size - n)) != 0) {
		if (k == -1)
			return err_set(
			    &req->err, ERR_MALFORMED, "the body broke off");
		n += (size_t)k;
	}
	if (n > max)
		return err_set(&req->err, ERR_TOO_LARGE,
		    "the body has more than %zu bytes", max);
	if (req->content_length > (long long)n)
		return err_set(&req->err, ERR_MALFORMED, "the body broke off");
	req->text = text;
	req->text_len = n;
	if (n == 0)
		return 0;
	if (!is_media(req->content_type, "application/json"))
		return err_set(&req->err, ERR_UNSUPPORTED,
		    "the body must be application/json");
	if ((req->body = json_parse(text, n, &req->err)) == NULL)
		return -1;
	arena_defer(req->arena, drop, req->body);
	return 0;
}

long
request_wait(const char *prefer)
{
	const char *p = prefer;
	long n;

	while (p != NULL && *p != '\0') {
		p += strspn(p, " ,;");
		if (strncasecmp(p, "wait=", 5) == 0) {
			n = strtol(p + 5, NULL, 10);
			return n < 0 ? 0 : n > WAIT_MAX ? WAIT_MAX : n;
		}
		p += strcspn(p, ",;");
	}
	return 0;
}

int
request_etag(const char *header, const char *etag)
{
	size_t n = strlen(etag);

	for (const char *p = header; p != NULL && *p != '\0';) {
		p += strspn(p, " ,");
		if (*p == '*')
			return 1;
		if (strncmp(p, "W/", 2) == 0)
			p += 2;
		if (*p == '"' && strncmp(p + 1, etag, n) == 0 &&
		    p[n + 1] == '"')
			return 1;
		p += strcspn(p, ",");
	}
	return 0;
}
