#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fcgi/token.h"
#include "lib/auto.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/log.h"
#include "workers/door.h"
#include "workers/feed.h"

#include "lib/banned.h"

#define SCHEME     "Bearer "
#define BEFORE_RUN "/api/v1/pipelines/"
#define AFTER_RUN  "/stream"

/* Our request id, as nginx made it; one that could forge a log line is none. */
static void
read_request_id(struct lws *wsi, char *out, size_t n)
{
	static const char name[] = "x-request-id:";

	if (lws_hdr_custom_copy(wsi, out, (int)n, name, (int)sizeof(name) - 1) <
	    1)
		out[0] = '\0';
	for (const char *s = out; *s != '\0'; s++)
		if (!isalnum((unsigned char)*s) && strchr("._-", *s) == NULL)
			out[0] = '\0';
}

static int
header(struct lws *wsi, const char *name, const char *value, unsigned char **at,
    unsigned char *end)
{
	return lws_add_http_header_by_name(wsi, (const unsigned char *)name,
	    (const unsigned char *)value, (int)strlen(value), at, end);
}

static json_t *
document(const struct err *e, int status, const char *title, const char *code,
    const char *request_id)
{
	json_t *doc = json_pack("{s:s+, s:s, s:i, s:s, s:s}", "type",
	    "urn:modelwright:problem:", code, "title", title, "status", status,
	    "detail", e->text, "code", code);

	if (doc != NULL && request_id[0] != '\0')
		json_object_set_new(doc, "request_id", json_string(request_id));
	if (doc != NULL && e->pointer[0] != '\0')
		json_object_set_new(doc, "errors",
		    json_pack("[{s:s, s:s, s:s}]", "pointer", e->pointer, "in",
			"query", "message", e->text));
	return doc;
}

static void
send_away(struct lws *wsi, const struct err *e, int upgrade)
{
	const struct err_kind *k = &err_kinds[e->code];
	int status = upgrade ? 426 : k->http;
	unsigned char head[LWS_PRE + 2048], *at = head + LWS_PRE,
					    *end = head + sizeof(head);
	char request_id[72];

	read_request_id(wsi, request_id, sizeof(request_id));
	auto_json json_t *doc =
	    document(e, status, upgrade ? "Upgrade Required" : k->title,
		upgrade ? "upgrade_required" : k->name, request_id);
	auto_str char *text =
	    doc != NULL ? json_dumps(doc, JSON_COMPACT) : NULL;
	auto_str unsigned char *body = NULL;
	size_t n = text != NULL ? strlen(text) : 0;

	if (text == NULL || (body = malloc(LWS_PRE + n)) == NULL)
		return;
	memcpy(body + LWS_PRE, text, n);
	if (lws_add_http_header_status(wsi, (unsigned)status, &at, end) ||
	    header(
		wsi, "content-type:", "application/problem+json", &at, end) ||
	    header(wsi, "cache-control:", "no-store", &at, end) ||
	    (request_id[0] != '\0' &&
		header(wsi, "x-request-id:", request_id, &at, end)) ||
	    (status == 401 &&
		header(wsi, "www-authenticate:", "Bearer", &at, end)) ||
	    (status == 426 && header(wsi, "upgrade:", "websocket", &at, end)) ||
	    (status == 503 && header(wsi, "retry-after:", "1", &at, end)) ||
	    lws_add_http_header_content_length(wsi, n, &at, end) ||
	    lws_finalize_write_http_header(wsi, head + LWS_PRE, &at, end) ||
	    lws_write(wsi, body + LWS_PRE, n, LWS_WRITE_HTTP_FINAL) < 0)
		log_debug("a problem document was not sent, ignoring");
	log_info("op=streamPipeline status=%d code=%s request=%s", status,
	    upgrade ? "upgrade_required" : k->name, request_id);
}

/* The run of a stream's path; another path is ERR_NO_ROUTE. */
static int
read_path(struct lws *wsi, char run_id[IDENT_MAX], struct err *e)
{
	char path[1024];
	size_t before = strlen(BEFORE_RUN), after = strlen(AFTER_RUN), n;

	if (lws_hdr_copy(wsi, path, sizeof(path), WSI_TOKEN_GET_URI) < 1)
		return err_set(e, ERR_NO_ROUTE, "there is no such stream");
	n = strlen(path);
	if (n <= before + after || strncmp(path, BEFORE_RUN, before) != 0 ||
	    strcmp(path + n - after, AFTER_RUN) != 0)
		return err_set(e, ERR_NO_ROUTE, "there is no such stream");
	n -= before + after;
	if (memchr(path + before, '/', n) != NULL)
		return err_set(e, ERR_NO_ROUTE, "there is no such stream");
	if (n >= IDENT_MAX)
		return err_set(e, ERR_NOT_FOUND, "there is no such run");
	memcpy(run_id, path + before, n);
	run_id[n] = '\0';
	return 0;
}

static int
read_after(struct lws *wsi, long long *after, struct err *e)
{
	char arg[64], *end;
	const char *s = lws_get_urlarg_by_name(wsi, "after=", arg, sizeof(arg));

	*after = 0;
	if (s == NULL)
		return 0;
	errno = 0;
	*after = strtoll(s, &end, 10);
	if (errno != 0 || !isdigit((unsigned char)*s) || *end != '\0')
		return err_ptr(e, ERR_INVALID, "/after",
		    "after must be the seq of an event, or 0");
	return 0;
}

/* The claims of the caller's token, which are the caller's to free. */
static json_t *
authenticate(const struct door *d, struct lws *wsi, struct err *e)
{
	char value[sizeof(SCHEME) + TOKEN_MAX];
	int n = lws_hdr_copy(
	    wsi, value, sizeof(value), WSI_TOKEN_HTTP_AUTHORIZATION);

	if (n == 0)
		err_set(e, ERR_UNAUTHENTIC, "an access token is needed");
	else if (n < 0)
		err_set(e, ERR_UNAUTHENTIC, "the access token is too long");
	else if (strncasecmp(value, SCHEME, strlen(SCHEME)) != 0)
		err_set(e, ERR_UNAUTHENTIC,
		    "the Authorization header must say Bearer");
	else
		return token_verify(d->keys, d->conf, value + strlen(SCHEME),
		    (long long)time(NULL), e);
	return NULL;
}

static int
look(const struct door *d, struct lws *wsi, struct visit *v, struct err *e)
{
	auto_json json_t *claims = NULL;

	if (read_path(wsi, v->run_id, e) == -1 ||
	    (claims = authenticate(d, wsi, e)) == NULL)
		return -1;
	snprintf(v->user, sizeof(v->user), "%s", json_str(claims, "sub", ""));
	if (d->full)
		return err_set(e, ERR_BUSY, "there is no room for a stream");
	if (read_after(wsi, &v->after, e) == -1)
		return -1;
	/* Every role may look at a run, and a session has one. */
	return feed_admit(d->feed, json_str(claims, "sid", ""),
	    ident_ok(v->run_id, "run") ? v->run_id : "", e);
}

int
door_enter(const struct door *d, struct lws *wsi, struct visit *v)
{
	struct err e = { 0 };

	*v = (struct visit){ 0 };
	read_request_id(wsi, v->request_id, sizeof(v->request_id));
	if (look(d, wsi, v, &e) == 0)
		return 0;
	send_away(wsi, &e, 0);
	return -1;
}

void
door_plain(struct lws *wsi)
{
	char run_id[IDENT_MAX];
	struct err e = { 0 };

	if (read_path(wsi, run_id, &e) == 0 || e.code == ERR_NOT_FOUND) {
		err_set(&e, ERR_INVALID,
		    "a stream is read over WebSocket: ask for an upgrade");
		send_away(wsi, &e, 1);
	} else
		send_away(wsi, &e, 0);
}
