#include "config.h"

#include <err.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/log.h"
#include "workers/client.h"
#include "workers/feed.h"
#include "workers/pump.h"
#include "workers/streamd.h"

#include "lib/banned.h"

#define LOOK_MS        1000 /* a notification that never came costs this much */
#define PAUSE_MS       1000 /* after a query that failed on a good connection */
#define BACKOFF_MS     50   /* after a lost connection; doubled up to */
#define BACKOFF_MAX_MS 2000

static struct {
	struct lws *wsi; /* the database's socket, watched */
	lws_sorted_usec_list_t look, again;
	long long backoff_ms;
	int up;     /* there is a connection */
	int paused; /* but a query failed on it */
	int told;   /* the log knows that there is none */
} pump;

static void connect_again(lws_sorted_usec_list_t *);

static void
later(long long ms)
{
	lws_sul_schedule(streamd.ctx, 0, &pump.again, connect_again, MS(ms));
}

/* The connection is gone, or fails: try again by and by, longer each time;
 * the clients stay. */
static void
failed(const struct err *e)
{
	if (feed_fd(streamd.feed) != -1) {
		log_warn("the journal cannot be read: %s, retrying", e->text);
		pump.paused = 1;
		later(PAUSE_MS);
		return;
	}
	if (!pump.told)
		log_warn("the database is away, %d clients wait, retrying",
		    streamd.clients);
	pump.told = 1;
	pump.up = 0;
	if (pump.wsi != NULL)
		lws_set_timeout(pump.wsi, PENDING_TIMEOUT_USER_REASON_BASE,
		    LWS_TO_KILL_ASYNC);
	pump.wsi = NULL;
	later(pump.backoff_ms);
	pump.backoff_ms *= 2;
	if (pump.backoff_ms > BACKOFF_MAX_MS)
		pump.backoff_ms = BACKOFF_MAX_MS;
}

/* lws watches a copy: it closes what it has adopted, and so does libpq. */
static void
watch(void)
{
	lws_sock_file_fd_type fd = { .filefd = fcntl(feed_fd(streamd.feed),
					 F_DUPFD_CLOEXEC, 0) };

	if (fd.filefd == -1 ||
	    (pump.wsi = lws_adopt_descriptor_vhost(streamd.vhost,
		 LWS_ADOPT_RAW_FILE_DESC, fd, "feed", NULL)) == NULL)
		errx(1, "cannot watch the database's socket");
}

static void
connect_again(lws_sorted_usec_list_t *sul)
{
	struct err e = { 0 };

	(void)sul;
	pump.paused = 0;
	if (feed_fd(streamd.feed) == -1) {
		if (feed_connect(streamd.feed, &e) == -1) {
			failed(&e);
			return;
		}
		watch();
		if (pump.told)
			log_info("the database is back");
		pump.told = 0;
		pump.up = 1;
		pump.backoff_ms = BACKOFF_MS;
	}
	lws_cancel_service(streamd.ctx); /* the hungry are still there */
}

static void
look(lws_sorted_usec_list_t *sul)
{
	struct err e = { 0 };

	(void)sul;
	lws_sul_schedule(streamd.ctx, 0, &pump.look, look, MS(LOOK_MS));
	if (pump.up && !pump.paused && feed_look(streamd.feed, &e) == -1)
		failed(&e);
}

int
pump_callback(struct lws *wsi, enum lws_callback_reasons why, void *user,
    void *in, size_t n)
{
	struct err e = { 0 };

	(void)user;
	(void)in;
	(void)n;
	if (wsi != pump.wsi) /* of a connection that was given up */
		return why == LWS_CALLBACK_RAW_RX_FILE ? -1 : 0;
	if (why == LWS_CALLBACK_RAW_CLOSE_FILE)
		pump.wsi = NULL;
	if (why == LWS_CALLBACK_RAW_RX_FILE &&
	    feed_notified(streamd.feed, &e) == -1) {
		pump.wsi = NULL;
		failed(&e);
		return -1;
	}
	return 0;
}

void
pump_start(void)
{
	pump.backoff_ms = BACKOFF_MS;
	connect_again(&pump.again);
	look(&pump.look);
}

/* One query for all who are hungry; if they do not fit into it, or it made
 * more, the loop comes by again. */
void
pump_turn(void)
{
	struct err e = { 0 };

	if (!pump.up || pump.paused || TAILQ_EMPTY(&streamd.audience.hungry))
		return;
	if (feed_serve(streamd.feed, client_ready, &e) == -1) {
		failed(&e);
		return;
	}
	if (!TAILQ_EMPTY(&streamd.audience.hungry))
		lws_cancel_service(streamd.ctx);
}

int
pump_up(void)
{
	return pump.up;
}
