#include "config.h"

#include <curl/curl.h>
#include <err.h>
#include <libwebsockets.h>
#include <string.h>

#include "cli/ctl.h"
#include "cli/follow.h"
#include "cli/http.h"
#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/json.h"

#include "lib/banned.h"

#define EVENT_MAX (4 * 1024 * 1024)
#define TICK_MS   200
#define ASK_MS    1000 /* how often the journal is asked without a stream */

struct follow {
	struct ctl *ctl;
	const char *run_id;
	const struct follow_how *how;
	struct err *err;
	struct lws_context *ctx;
	struct lws *wsi;
	lws_sorted_usec_list_t tick;
	long long after; /* the last event that was told */
	struct buf text; /* the message that is coming in */
	int ended;       /* the server said that this was all */
	int rc;          /* what ends it; 0: go on */
	long long now_ms, try_at, ask_at, backoff;
};

static long long
now_ms(void)
{
	return (long long)(lws_now_usecs() / 1000);
}

/* Tell an event; one that was told before is passed over. */
static void
tell(struct follow *f, const json_t *event)
{
	long long seq = json_int(event, "seq", 0);

	if (f->rc != 0 || seq <= f->after)
		return;
	f->after = seq;
	f->rc = f->how->event(f->how->arg, event);
}

static void
take(struct follow *f, const void *in, size_t n, int last)
{
	struct err e;

	buf_add(&f->text, in, n);
	if (!last)
		return;
	auto_json json_t *event =
	    f->text.over ? NULL : json_parse(f->text.data, f->text.len, &e);
	buf_done(&f->text);
	buf_init(&f->text, EVENT_MAX);
	if (event != NULL)
		tell(f, event);
}

/* The connection is gone, or was not made: ask meanwhile, and try again. */
static void
parted(struct follow *f)
{
	f->wsi = NULL;
	buf_done(&f->text);
	buf_init(&f->text, EVENT_MAX);
	f->backoff = f->backoff == 0 ? 200 : f->backoff * 2;
	if (f->backoff > 5000)
		f->backoff = 5000;
	f->try_at = now_ms() + f->backoff;
}

static int
on_stream(struct lws *wsi, enum lws_callback_reasons why, void *user, void *in,
    size_t n)
{
	struct follow *f = lws_context_user(lws_get_context(wsi));

	switch (why) {
	case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER: {
		unsigned char **at = in, *end = *at + n;
		const char *bearer =
		    arena_printf(f->ctl->arena, "Bearer %s", f->ctl->token);

		return lws_add_http_header_by_token(wsi,
		    WSI_TOKEN_HTTP_AUTHORIZATION, (unsigned char *)bearer,
		    (int)strlen(bearer), at, end);
	}
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		f->backoff = 0;
		return 0;
	case LWS_CALLBACK_CLIENT_RECEIVE:
		take(f, in, n,
		    lws_is_final_fragment(wsi) &&
			lws_remaining_packet_payload(wsi) == 0);
		return f->rc != 0 ? -1 : 0;
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE: {
		const unsigned char *code = in;

		if (n >= 2 &&
		    (code[0] << 8 | code[1]) == LWS_CLOSE_STATUS_NORMAL)
			f->ended = 1;
		return 0;
	}
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
	case LWS_CALLBACK_CLIENT_CLOSED:
		if (wsi == f->wsi || f->wsi == NULL)
			parted(f);
		return 0;
	default:
		return lws_callback_http_dummy(wsi, why, user, in, n);
	}
}

static const struct lws_protocols protocols[] = {
	{ .name = "events", .callback = on_stream, .rx_buffer_size = 65536 },
	{ 0 },
};

static void
connect_stream(struct follow *f)
{
	struct lws_client_connect_info info = {
		.context = f->ctx,
		.ssl_connection = LCCSCF_USE_SSL,
		.alpn = "http/1.1",
		.ietf_version_or_minus_one = -1,
		.local_protocol_name = "events",
		.pwsi = &f->wsi,
	};
	CURLU *u = curl_url();
	char *host = NULL, *port = NULL;

	if (u == NULL)
		errx(1, "out of memory");
	if (curl_url_set(u, CURLUPART_URL, f->ctl->url, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) ==
		CURLUE_OK) {
		info.address = info.host = info.origin = host;
		info.port = (int)strtol(port, NULL, 10);
		info.path = arena_printf(f->ctl->arena, "%s?after=%lld",
		    http_path(f->ctl, "/api/v1/pipelines/%s/stream", f->run_id),
		    f->after);
		f->try_at = now_ms() + 15000; /* unless told otherwise */
		if (lws_client_connect_via_info(&info) == NULL &&
		    f->wsi != NULL)
			parted(f);
	}
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(u);
}

static int
is_over(const char *state)
{
	return strcmp(state, "succeeded") == 0 ||
	       strcmp(state, "failed") == 0 ||
	       strcmp(state, "cancelled") == 0 || strcmp(state, "crashed") == 0;
}

/* Without a stream: one page of the journal, and whether there will be more.
 * The server being away is what we wait through; its refusals end it. */
static void
ask(struct follow *f)
{
	auto_json json_t *run = NULL, *page = NULL;
	const json_t *event;
	struct err e = { 0 };
	size_t i;
	const char *path = http_path(f->ctl, "/api/v1/pipelines/%s", f->run_id);

	if (http_call(f->ctl, "GET", path, NULL, NULL, &run, &e) == -1 ||
	    http_call(f->ctl, "GET",
		arena_printf(f->ctl->arena, "%s/events?limit=500&after=%lld",
		    path, f->after),
		NULL, NULL, &page, &e) == -1) {
		if (e.code != ERR_BUSY && e.code != ERR_INTERNAL) {
			*f->err = e;
			f->rc = -1;
		}
		return;
	}
	json_array_foreach (json_object_get(page, "items"), i, event)
		tell(f, event);
	if (json_array_size(json_object_get(page, "items")) == 0 &&
	    is_over(json_str(run, "state", "")))
		f->ended = 1;
}

static void
tick(lws_sorted_usec_list_t *sul)
{
	struct follow *f = lws_container_of(sul, struct follow, tick);
	long long now = now_ms();

	lws_sul_schedule(
	    f->ctx, 0, &f->tick, tick, (lws_usec_t)TICK_MS * LWS_US_PER_MS);
	if (f->rc == 0)
		f->rc = f->how->tick(f->how->arg);
	if (f->rc != 0 || f->ended || f->wsi != NULL)
		return;
	if (now >= f->ask_at && f->backoff > 0) {
		f->ask_at = now + ASK_MS;
		ask(f);
	}
	if (now >= f->try_at && f->rc == 0 && !f->ended)
		connect_stream(f);
}

int
follow_run(struct ctl *c, const char *run_id, long long after,
    const struct follow_how *how, struct err *e)
{
	struct follow f = {
		.ctl = c,
		.run_id = run_id,
		.how = how,
		.err = e,
		.after = after,
	};
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.protocols = protocols,
		.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
		.client_ssl_ca_filepath = c->ca,
		.user = &f,
		.gid = (gid_t)-1,
		.uid = (uid_t)-1,
		.timeout_secs = 10,
	};

	lws_set_log_level(0, NULL);
	if ((f.ctx = lws_create_context(&info)) == NULL)
		return err_set(e, ERR_INTERNAL, "libwebsockets cannot start");
	buf_init(&f.text, EVENT_MAX);
	tick(&f.tick);
	while (f.rc == 0 && !f.ended && lws_service(f.ctx, 0) >= 0)
		;
	lws_context_destroy(f.ctx);
	buf_done(&f.text);
	return f.rc;
}
