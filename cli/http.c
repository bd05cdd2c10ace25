#include "config.h"

#include <curl/curl.h>
#include <err.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/ctl.h"
#include "cli/http.h"
#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/json.h"

#include "lib/banned.h"

#define ANSWER_MAX  (64 * 1024 * 1024)
#define CALL_S      60                /* longest time of a call */
#define STALL_S     60                /* and of silence within a transfer */
#define BAR_BYTES   (4 * 1024 * 1024) /* a transfer worth showing */
#define BAR_COLUMNS 30

struct call {
	struct ctl *ctl;
	const char *method, *path, *key, *media_type;
	const char *body; /* text, or */
	FILE *upload;     /* a file of */
	curl_off_t bytes;
	FILE *download; /* where a good answer goes; NULL: memory */
	struct buf answer;
	CURL *curl;
	long status;
	int shown;
};

static const char *
escape(struct ctl *c, const char *s)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~";
	char *out = arena_alloc(c->arena, 3 * strlen(s) + 1), *o = out;

	for (; *s != '\0'; s++) {
		static const char hex[] = "0123456789ABCDEF";

		if (strchr(plain, *s) != NULL)
			*o++ = *s;
		else {
			*o++ = '%';
			*o++ = hex[(unsigned char)*s >> 4];
			*o++ = hex[*s & 15];
		}
	}
	return out;
}

const char *
http_path(struct ctl *c, const char *fmt, ...)
{
	const char *out = "", *next;
	va_list ap;

	va_start(ap, fmt);
	while ((next = strstr(fmt, "%s")) != NULL) {
		out = arena_printf(c->arena, "%s%.*s%s", out, (int)(next - fmt),
		    fmt, escape(c, va_arg(ap, const char *)));
		fmt = next + 2;
	}
	va_end(ap);
	return arena_printf(c->arena, "%s%s", out, fmt);
}

const char *
http_with(struct ctl *c, const char *path, const char *name, const char *value)
{
	if (value == NULL)
		return path;
	return arena_printf(c->arena, "%s%s%s=%s", path,
	    strchr(path, '?') != NULL ? "&" : "?", name, escape(c, value));
}

static size_t
take(char *data, size_t one, size_t n, void *arg)
{
	struct call *k = arg;

	(void)one;
	if (k->download != NULL) {
		curl_easy_getinfo(k->curl, CURLINFO_RESPONSE_CODE, &k->status);
		if (k->status == 200)
			return fwrite(data, 1, n, k->download);
	}
	buf_add(&k->answer, data, n);
	return k->answer.over ? 0 : n;
}

static size_t
give(char *data, size_t one, size_t n, void *arg)
{
	return fread(data, one, n, ((struct call *)arg)->upload);
}

/* A bar on a terminal, for what takes a while. */
static int
show(void *arg, curl_off_t dltotal, curl_off_t dlnow, curl_off_t ultotal,
    curl_off_t ulnow)
{
	struct call *k = arg;
	double all = (double)(k->upload != NULL ? ultotal : dltotal);
	double now = (double)(k->upload != NULL ? ulnow : dlnow);
	int full;

	if (all < BAR_BYTES || !isatty(STDERR_FILENO))
		return 0;
	full = (int)(now / all * BAR_COLUMNS);
	fprintf(stderr, "\r[%.*s%.*s] %3.0f%% of %.1f MB", full,
	    "##############################", BAR_COLUMNS - full,
	    "..............................", now / all * 100, all / 1e6);
	k->shown = 1;
	return 0;
}

static struct curl_slist *
headers(struct call *k)
{
	struct curl_slist *h = NULL;

	h = curl_slist_append(
	    h, "Accept: application/json, application/problem+json");
	h = curl_slist_append(h, "Expect:");
	if (k->media_type != NULL)
		h = curl_slist_append(
		    h, arena_printf(
			   k->ctl->arena, "Content-Type: %s", k->media_type));
	if (k->ctl->token != NULL)
		h = curl_slist_append(
		    h, arena_printf(k->ctl->arena, "Authorization: Bearer %s",
			   k->ctl->token));
	if (k->key != NULL)
		h = curl_slist_append(h,
		    arena_printf(k->ctl->arena, "Idempotency-Key: %s", k->key));
	return h;
}

static int
unreachable(struct call *k, CURLcode rc, const char *why, struct err *e)
{
	const char *words = why[0] != '\0' ? why : curl_easy_strerror(rc);

	if (rc == CURLE_PEER_FAILED_VERIFICATION)
		return err_set(e, ERR_DENIED,
		    "the certificate of %s is not to be trusted: %s; "
		    "--ca FILE names its authority",
		    k->ctl->url, words);
	if (rc == CURLE_WRITE_ERROR && k->answer.over)
		return err_set(e, ERR_TOO_LARGE, "the answer is too long");
	if (rc == CURLE_WRITE_ERROR)
		return err_set(
		    e, ERR_INVALID, "cannot write: %s", strerror(errno));
	if (rc == CURLE_SSL_CACERT_BADFILE)
		return err_set(e, ERR_INVALID,
		    "cannot read the certificates in '%s'", k->ctl->ca);
	if (rc == CURLE_URL_MALFORMAT || rc == CURLE_UNSUPPORTED_PROTOCOL)
		return err_set(
		    e, ERR_INVALID, "'%s' is no https address", k->ctl->url);
	return err_set(e, ERR_BUSY, "cannot reach %s: %s", k->ctl->url, words);
}

static int
transfer(struct call *k, struct err *e)
{
	char why[CURL_ERROR_SIZE] = "";
	struct curl_slist *h = headers(k);
	CURL *c = k->curl = curl_easy_init();
	CURLcode rc;

	if (c == NULL || h == NULL)
		errx(1, "out of memory");
	curl_easy_setopt(c, CURLOPT_URL,
	    arena_printf(k->ctl->arena, "%s%s", k->ctl->url, k->path));
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, h);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "mwctl/" PACKAGE_VERSION);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, why);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, 10L);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, k);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	if (k->ctl->ca != NULL)
		curl_easy_setopt(c, CURLOPT_CAINFO, k->ctl->ca);
	if (k->upload == NULL && k->download == NULL)
		curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)CALL_S);
	else {
		curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
		curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)STALL_S);
		curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
		curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, show);
		curl_easy_setopt(c, CURLOPT_XFERINFODATA, k);
	}
	if (strcmp(k->method, "POST") == 0)
		curl_easy_setopt(c, CURLOPT_POST, 1L);
	if (k->upload != NULL) {
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, k->bytes);
		curl_easy_setopt(c, CURLOPT_READFUNCTION, give);
		curl_easy_setopt(c, CURLOPT_READDATA, k);
	} else if (strcmp(k->method, "POST") == 0)
		curl_easy_setopt(
		    c, CURLOPT_POSTFIELDS, k->body != NULL ? k->body : "");
	rc = curl_easy_perform(c);
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &k->status);
	curl_easy_cleanup(c);
	curl_slist_free_all(h);
	if (k->shown)
		fputs("\r\033[K", stderr);
	return rc == CURLE_OK ? 0 : unreachable(k, rc, why, e);
}

/* A problem document's code, or failing that its status, as one of ours. */
static enum err_code
kind_of(const char *code, long status)
{
	for (int i = 1; i < ERR__MAX; i++)
		if (strcmp(err_kinds[i].name, code) == 0)
			return i;
	for (int i = 1; i < ERR__MAX; i++)
		if (err_kinds[i].http == status)
			return i;
	return status >= 502 ? ERR_BUSY : ERR_INTERNAL;
}

static int
refused(struct call *k, json_t *doc, struct err *e)
{
	json_decref(k->ctl->problem);
	k->ctl->problem = doc;
	if (k->status == 401 && k->ctl->token == NULL)
		return err_set(e, ERR_UNAUTHENTIC,
		    "not logged in to %s; 'mwctl login' does that",
		    k->ctl->url);
	if (k->status == 401)
		return err_set(e, ERR_UNAUTHENTIC,
		    "%s; 'mwctl login' starts anew",
		    json_str(doc, "detail", "the session has ended"));
	const char *detail = json_str(doc, "detail",
	    arena_printf(
		k->ctl->arena, "%s answers %ld", k->ctl->url, k->status));
	long long line = json_int(doc, "line", 0);

	if (line > 0)
		detail =
		    arena_printf(k->ctl->arena, "line %lld, column %lld: %s",
			line, json_int(doc, "column", 0), detail);
	return err_set(
	    e, kind_of(json_str(doc, "code", ""), k->status), "%s", detail);
}

static int
answered(struct call *k, json_t **answer, struct err *e)
{
	json_t *doc = NULL;
	struct err ignored;

	if (k->answer.len > 0)
		doc = json_parse(k->answer.data, k->answer.len,
		    k->status < 300 ? e : &ignored);
	if (k->status < 200 || k->status >= 300)
		return refused(k, doc, e);
	if (k->answer.len > 0 && doc == NULL)
		return err_set(e, ERR_INTERNAL,
		    "%s answers something that is no JSON", k->ctl->url);
	if (answer != NULL)
		*answer = doc;
	else
		json_decref(doc);
	return 0;
}

static int
once(struct call *k, json_t **answer, struct err *e)
{
	int rc;

	k->status = 0;
	buf_init(&k->answer, ANSWER_MAX);
	if ((rc = transfer(k, e)) == 0)
		rc = answered(k, answer, e);
	buf_done(&k->answer);
	return rc;
}

int
http_call(struct ctl *c, const char *method, const char *path,
    const json_t *body, const char *key, json_t **answer, struct err *e)
{
	static const long pause_ms[] = { 200, 1000 };
	struct call k = {
		.ctl = c,
		.method = method,
		.path = path,
		.key = key,
		.media_type = body != NULL ? "application/json" : NULL,
		.body = body != NULL ? json_text(body, c->arena) : NULL,
	};
	int again = strcmp(method, "GET") == 0 || key != NULL, rc;

	for (size_t i = 0;; i++) {
		rc = once(&k, answer, e);
		if (rc == 0 || !again || e->code != ERR_BUSY ||
		    i == nitems(pause_ms))
			return rc;
		nanosleep(&(struct timespec){ pause_ms[i] / 1000,
			      pause_ms[i] % 1000 * 1000000 },
		    NULL);
	}
}

int
http_upload(struct ctl *c, const char *path, const char *file,
    const char *media_type, json_t **answer, struct err *e)
{
	auto_file FILE *f = fopen(file, "re");
	struct stat st;

	if (f == NULL || fstat(fileno(f), &st) == -1)
		return err_set(e, ERR_NOT_FOUND, "cannot open '%s': %s", file,
		    strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_INVALID, "'%s' is no file", file);
	struct call k = {
		.ctl = c,
		.method = "POST",
		.path = path,
		.media_type = media_type,
		.upload = f,
		.bytes = st.st_size,
	};
	return once(&k, answer, e);
}

int
http_download(struct ctl *c, const char *path, FILE *f, struct err *e)
{
	struct call k = {
		.ctl = c,
		.method = "GET",
		.path = path,
		.download = f,
	};
	int rc;

	buf_init(&k.answer, ANSWER_MAX);
	if ((rc = transfer(&k, e)) == 0 && k.status != 200)
		rc = answered(&k, NULL, e);
	buf_done(&k.answer);
	return rc;
}
