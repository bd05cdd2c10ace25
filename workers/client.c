#include "config.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/log.h"
#include "workers/client.h"
#include "workers/streamd.h"

#include "lib/banned.h"

#define BURST         16 /* events for one client before the next has its turn */
#define FRAME_MAX     256  /* bytes that a client may send at once, and */
#define FRAMES_MAX    8    /* how often: it has nothing to tell us */
#define CLOSE_RESTART 1012 /* IANA's WebSocket registry: service restart */

struct client {
	struct listener listener;
	struct lws *wsi;
	struct visit visit;
	int frames;      /* messages that it sent */
	size_t frame;    /* bytes of the one that is coming in */
	int close;       /* a status to close with; 0: not yet */
	int parted;      /* the close frame is on its way */
	char reason[48]; /* that goes with it */
};

static struct client *
client_of(struct lws *wsi)
{
	return lws_get_opaque_user_data(wsi);
}

static int
let_in(struct lws *wsi)
{
	struct visit v;
	struct client *c;

	streamd.door.full =
	    streamd.leaving || streamd.clients >= streamd.max_clients;
	if (door_enter(&streamd.door, wsi, &v) == -1) {
		streamd.refused++;
		return 1; /* it was answered */
	}
	if ((c = calloc(1, sizeof(*c))) == NULL)
		err(1, "client");
	c->wsi = wsi;
	c->visit = v;
	c->listener.after = v.after;
	c->listener.arg = c;
	lws_set_opaque_user_data(wsi, c);
	streamd.clients++;
	return 0;
}

static void
decide_close(struct client *c, int status, const char *reason)
{
	if (c->close != 0)
		return;
	c->close = status;
	snprintf(c->reason, sizeof(c->reason), "%s", reason);
}

static void
dismiss(struct client *c)
{
	decide_close(c, CLOSE_RESTART, "the server restarts");
	lws_callback_on_writable(c->wsi);
}

static void
joined(struct client *c)
{
	audience_join(&streamd.audience, &c->listener, c->visit.run_id);
	if (streamd.leaving)
		dismiss(c);
	log_info("op=streamPipeline status=101 run=%s after=%lld user=%s "
		 "request=%s",
	    c->visit.run_id, c->visit.after, c->visit.user,
	    c->visit.request_id);
}

static void
gone(struct client *c)
{
	log_info("op=streamPipeline run=%s seq=%lld close=%d user=%s "
		 "request=%s",
	    c->visit.run_id, c->listener.after, c->close, c->visit.user,
	    c->visit.request_id);
	audience_leave(&streamd.audience, &c->listener);
}

/* lws sends the close frame when we return -1; it calls back once more before
 * the client's own is there. */
static int
part(struct client *c)
{
	if (c->parted)
		return 0;
	c->parted = 1;
	lws_close_reason(c->wsi, (enum lws_close_status)c->close,
	    (unsigned char *)c->reason, strlen(c->reason));
	return -1;
}

/* Send while the socket takes it; what it does not take stays in the
 * journal. */
static int
send_on(struct client *c)
{
	struct listener *l = &c->listener;
	const char *state;
	char reason[48];

	for (int i = 0; i < BURST; i++) {
		if ((state = audience_over(l)) != NULL) {
			snprintf(reason, sizeof(reason), "run %s", state);
			decide_close(c, LWS_CLOSE_STATUS_NORMAL, reason);
		}
		if (c->close != 0)
			return part(c);
		if (l->page == NULL)
			return 0;
		const struct page_event *ev = &l->page->event[l->next];
		if (lws_write(c->wsi, l->page->bytes + ev->at, ev->len,
			LWS_WRITE_TEXT) < (int)ev->len)
			return -1;
		audience_sent(&streamd.audience, l);
		streamd.sent++;
		if (lws_send_pipe_choked(c->wsi))
			break;
	}
	if (l->page != NULL)
		lws_callback_on_writable(c->wsi);
	return 0;
}

static int
received(struct client *c, size_t n)
{
	size_t rest = lws_remaining_packet_payload(c->wsi);

	c->frame += n;
	if (c->frame + rest > FRAME_MAX) {
		decide_close(c, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE,
		    "a client has nothing to send");
		return part(c);
	}
	if (rest > 0 || !lws_is_final_fragment(c->wsi))
		return 0;
	c->frame = 0;
	if (++c->frames <= FRAMES_MAX)
		return 0;
	decide_close(c, LWS_CLOSE_STATUS_POLICY_VIOLATION,
	    "a client has nothing to send");
	return part(c);
}

int
client_callback(struct lws *wsi, enum lws_callback_reasons why, void *user,
    void *in, size_t n)
{
	struct client *c;

	switch (why) {
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		if (in == NULL || strcasecmp(in, "websocket") != 0) {
			door_plain(wsi);
			return 1;
		}
		return let_in(wsi);
	case LWS_CALLBACK_HTTP:
		door_plain(wsi);
		return lws_http_transaction_completed(wsi) ? -1 : 0;
	case LWS_CALLBACK_ESTABLISHED:
		joined(client_of(wsi));
		return 0;
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return send_on(client_of(wsi));
	case LWS_CALLBACK_RECEIVE:
		return received(client_of(wsi), n);
	case LWS_CALLBACK_CLOSED:
		gone(client_of(wsi));
		return 0;
	case LWS_CALLBACK_WSI_DESTROY:
		if ((c = client_of(wsi)) != NULL) {
			lws_set_opaque_user_data(wsi, NULL);
			free(c);
			streamd.clients--;
		}
		return 0;
	default:
		return lws_callback_http_dummy(wsi, why, user, in, n);
	}
}

void
client_ready(void *arg)
{
	lws_callback_on_writable(((struct client *)arg)->wsi);
}

static void
dismiss_topic(struct topic *t, void *arg)
{
	struct listener *l;

	(void)arg;
	TAILQ_FOREACH (l, &t->listeners, others)
		dismiss(l->arg);
}

void
client_dismiss_all(void)
{
	audience_each(&streamd.audience, dismiss_topic, NULL);
}
