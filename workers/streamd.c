/*
 * modelwright-streamd: the events of runs over WebSocket, behind nginx.
 */
#include "config.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <libwebsockets.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "fcgi/socket.h"
#include "fcgi/token.h"
#include "lib/auto.h"
#include "lib/conf.h"
#include "lib/err.h"
#include "lib/log.h"
#include "workers/audience.h"
#include "workers/door.h"
#include "workers/feed.h"

#include "lib/banned.h"

#define SPARE_FDS     64 /* beside the clients' */
#define BURST         16 /* events for one client before the next has its turn */
#define FRAME_MAX     256  /* bytes that a client may send at once, and */
#define FRAMES_MAX    8    /* how often: it has nothing to tell us */
#define LEAVE_SECONDS 5    /* for the clients to take their leave */
#define CLOSE_RESTART 1012 /* RFC 6455 registry: service restart */

#define MS(n) ((lws_usec_t)(n)*LWS_US_PER_MS)

struct client {
	struct listener listener; /* first: a listener is its client */
	struct lws *wsi;
	struct visit visit;
	int frames;
	size_t frame; /* bytes of the message that is coming in */
	int close;    /* a status to close with; 0: not yet */
	const char *reason;
	int parted; /* the close frame is on its way */
};

static struct {
	struct lws_context *ctx;
	struct lws_vhost *vhost;
	struct audience audience;
	struct feed *feed;
	struct door door;
	struct socket_here socket;
	struct lws *feed_wsi; /* the database's socket, watched */
	lws_sorted_usec_list_t look, again, beat, leave;
	long long backoff_ms;
	int clients, max_clients;
	int away;  /* there is no connection to the database */
	int pause; /* there is one, but a query failed */
	int leaving, left;
} d;

static volatile sig_atomic_t told_to_stop, told_to_reload;

static void
on_signal(int sig)
{
	int saved = errno;

	if (sig == SIGHUP)
		told_to_reload = 1;
	else
		told_to_stop = 1;
	if (d.ctx != NULL)
		lws_cancel_service(d.ctx);
	errno = saved;
}

/* ---- the database's side ---- */

static void connect_again(lws_sorted_usec_list_t *);

/* The connection is gone, or fails: try again by and by, longer each time;
 * the clients stay. */
static void
feed_gone(const struct err *e)
{
	if (feed_fd(d.feed) != -1) {
		log_warn("the journal cannot be read: %s, retrying", e->text);
		d.pause = 1;
		lws_sul_schedule(d.ctx, 0, &d.again, connect_again, MS(1000));
		return;
	}
	if (!d.away)
		log_warn("the database is away, %d clients wait, retrying",
		    d.clients);
	d.away = 1;
	if (d.feed_wsi != NULL)
		lws_set_timeout(d.feed_wsi, PENDING_TIMEOUT_USER_REASON_BASE,
		    LWS_TO_KILL_ASYNC);
	d.feed_wsi = NULL;
	d.backoff_ms = d.backoff_ms == 0 ? 50 : d.backoff_ms * 2;
	if (d.backoff_ms > 2000)
		d.backoff_ms = 2000;
	lws_sul_schedule(d.ctx, 0, &d.again, connect_again, MS(d.backoff_ms));
}

/* lws watches a copy: it closes what it has adopted, and so does libpq. */
static void
watch_feed(void)
{
	lws_sock_file_fd_type fd = { .filefd = fcntl(
					 feed_fd(d.feed), F_DUPFD_CLOEXEC, 0) };

	if (fd.filefd == -1)
		err(1, "dup");
	d.feed_wsi = lws_adopt_descriptor_vhost(
	    d.vhost, LWS_ADOPT_RAW_FILE_DESC, fd, "feed", NULL);
	if (d.feed_wsi == NULL)
		errx(1, "cannot watch the database's socket");
}

static void
connect_again(lws_sorted_usec_list_t *sul)
{
	struct err e = { 0 };

	(void)sul;
	d.pause = 0;
	if (feed_fd(d.feed) != -1) {
		lws_cancel_service(d.ctx); /* the hungry are still there */
		return;
	}
	if (feed_connect(d.feed, &e) == -1) {
		feed_gone(&e);
		return;
	}
	watch_feed();
	if (d.away)
		log_info("the database is back");
	d.away = 0;
	d.backoff_ms = 0;
	lws_cancel_service(d.ctx);
}

static void
look(lws_sorted_usec_list_t *sul)
{
	struct err e = { 0 };

	(void)sul;
	lws_sul_schedule(d.ctx, 0, &d.look, look, MS(1000));
	if (!d.away && feed_look(d.feed, &e) == -1)
		feed_gone(&e);
}

static int
on_feed(struct lws *wsi, enum lws_callback_reasons why, void *user, void *in,
    size_t n)
{
	struct err e = { 0 };

	(void)user;
	(void)in;
	(void)n;
	if (wsi != d.feed_wsi)
		return why == LWS_CALLBACK_RAW_RX_FILE ? -1 : 0;
	if (why == LWS_CALLBACK_RAW_CLOSE_FILE)
		d.feed_wsi = NULL;
	if (why == LWS_CALLBACK_RAW_RX_FILE &&
	    feed_notified(d.feed, &e) == -1) {
		d.feed_wsi = NULL;
		feed_gone(&e);
		return -1;
	}
	return 0;
}

static void
ready(void *arg)
{
	lws_callback_on_writable(((struct client *)arg)->wsi);
}

/* One query for all who are hungry; if they do not fit into it, or it made
 * more, the loop comes by again. */
static void
serve(void)
{
	struct err e = { 0 };

	if (d.away || d.pause || TAILQ_EMPTY(&d.audience.hungry))
		return;
	if (feed_serve(d.feed, ready, &e) == -1) {
		feed_gone(&e);
		return;
	}
	if (!TAILQ_EMPTY(&d.audience.hungry))
		lws_cancel_service(d.ctx);
}

/* ---- the clients' side ---- */

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

	d.door.full = d.leaving || d.clients >= d.max_clients;
	if (door_enter(&d.door, wsi, &v) == -1)
		return 1; /* it was answered */
	if ((c = calloc(1, sizeof(*c))) == NULL)
		err(1, "client");
	c->wsi = wsi;
	c->visit = v;
	c->listener.after = v.after;
	c->listener.arg = c;
	lws_set_opaque_user_data(wsi, c);
	d.clients++;
	return 0;
}

static void
joined(struct client *c)
{
	audience_join(&d.audience, &c->listener, c->visit.run_id);
	if (d.leaving) {
		c->close = CLOSE_RESTART;
		c->reason = "the server restarts";
		lws_callback_on_writable(c->wsi);
	}
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
	audience_leave(&d.audience, &c->listener);
}

/* lws calls back once more before the client's own close frame is there. */
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

	for (int i = 0; i < BURST && !c->parted; i++) {
		if (c->close != 0)
			return part(c);
		if ((state = audience_over(l)) != NULL) {
			static char reason[48];

			snprintf(reason, sizeof(reason), "run %s", state);
			c->close = LWS_CLOSE_STATUS_NORMAL;
			c->reason = reason;
			return part(c);
		}
		if (l->page == NULL)
			return 0;
		const struct page_event *ev = &l->page->event[l->next];
		if (lws_write(c->wsi, l->page->bytes + ev->at, ev->len,
			LWS_WRITE_TEXT) < (int)ev->len)
			return -1;
		audience_sent(&d.audience, l);
		if (lws_send_pipe_choked(c->wsi))
			break;
	}
	if (!c->parted && (l->page != NULL || c->close != 0))
		lws_callback_on_writable(c->wsi);
	return 0;
}

static int
received(struct client *c, size_t n)
{
	c->frame += n + lws_remaining_packet_payload(c->wsi);
	if (c->frame > FRAME_MAX) {
		c->close = LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE;
		c->reason = "a client has nothing to send";
		return part(c);
	}
	c->frame -= lws_remaining_packet_payload(c->wsi);
	if (!lws_is_final_fragment(c->wsi))
		return 0;
	c->frame = 0;
	if (++c->frames > FRAMES_MAX) {
		c->close = LWS_CLOSE_STATUS_POLICY_VIOLATION;
		c->reason = "a client has nothing to send";
		return part(c);
	}
	return 0;
}

static int
on_client(struct lws *wsi, enum lws_callback_reasons why, void *user, void *in,
    size_t n)
{
	struct client *c;

	(void)user;
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
			d.clients--;
		}
		return 0;
	default:
		return lws_callback_http_dummy(wsi, why, user, in, n);
	}
}

/* ---- the door ---- */

static int
on_accept(struct lws *wsi, enum lws_callback_reasons why, void *user, void *in,
    size_t n)
{
	(void)wsi;
	(void)user;
	(void)in;
	(void)n;
	if (why != LWS_CALLBACK_RAW_RX_FILE)
		return 0;
	for (int i = 0; i < 64; i++) {
		/* A slow client's backlog stands in the journal, not in here.
		 */
		static const int sndbuf = 64 * 1024;
		int fd = accept4(
		    d.socket.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd == -1)
			break;
		if (setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &sndbuf,
			sizeof(sndbuf)) == -1)
			log_debug("SO_SNDBUF: %s, ignoring", strerror(errno));
		if (lws_adopt_socket_vhost(d.vhost, fd) == NULL)
			log_warn("a connection has no room, ignoring");
	}
	return 0;
}

/* ---- the program ---- */

static void
time_is_up(lws_sorted_usec_list_t *sul)
{
	(void)sul;
	d.left = 1;
	lws_cancel_service(d.ctx);
}

static void
say_goodbye(struct topic *t, void *arg)
{
	struct listener *l;

	(void)arg;
	TAILQ_FOREACH (l, &t->listeners, others) {
		struct client *c = l->arg;

		c->close = CLOSE_RESTART;
		c->reason = "the server restarts";
		lws_callback_on_writable(c->wsi);
	}
}

static void
leave(void)
{
	d.leaving = 1;
	socket_unname(&d.socket);
	sd_notify(0, "STOPPING=1");
	log_info("stopping, %d clients are told to come again", d.clients);
	audience_each(&d.audience, say_goodbye, NULL);
	lws_sul_schedule(
	    d.ctx, 0, &d.leave, time_is_up, MS(LEAVE_SECONDS * 1000));
}

static void
beat(lws_sorted_usec_list_t *sul)
{
	(void)sul;
	sd_notifyf(0,
	    "WATCHDOG=1\nSTATUS=%d clients, the slowest %lld events "
	    "behind",
	    d.clients, audience_lag(&d.audience));
	lws_sul_schedule(d.ctx, 0, &d.beat, beat, MS(5000));
}

static void
on_lws_log(int level, const char *line)
{
	if (level & LLL_ERR)
		log_warn("libwebsockets: %s", line);
	else
		log_debug("libwebsockets: %s", line);
}

/* A ping when nothing was heard for 20 seconds; who is silent for long after
 * it is gone. */
static const lws_retry_bo_t idle = {
	.secs_since_valid_ping = 20,
	.secs_since_valid_hangup = 120,
};

static const struct lws_protocols protocols[] = {
	{ .name = "events", .callback = on_client, .rx_buffer_size = 1024 },
	{ .name = "feed", .callback = on_feed },
	{ .name = "accept", .callback = on_accept },
	{ 0 },
};

static int
start(const struct conf *c, struct err *e)
{
	struct rlimit rl;
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN_SERVER,
		.protocols = protocols,
		.vhost_name = "stream",
		.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
		.gid = (gid_t)-1,
		.uid = (uid_t)-1,
		.max_http_header_data = 8192,
		.max_http_header_pool = 256,
		.retry_and_idle_policy = &idle,
		.timeout_secs = 10,
	};
	lws_sock_file_fd_type fd;

	d.max_clients = (int)c->stream_clients;
	rl.rlim_cur = rl.rlim_max = (rlim_t)(d.max_clients + 2 * SPARE_FDS);
	if (setrlimit(RLIMIT_NOFILE, &rl) == -1 &&
	    getrlimit(RLIMIT_NOFILE, &rl) == 0) {
		if (rl.rlim_cur < rl.rlim_max) {
			rl.rlim_cur = rl.rlim_max;
			setrlimit(RLIMIT_NOFILE, &rl);
		}
		if ((rlim_t)d.max_clients + 2 * SPARE_FDS > rl.rlim_cur)
			d.max_clients = (int)rl.rlim_cur - 2 * SPARE_FDS;
		log_warn("only %d clients fit under the limit of open files",
		    d.max_clients);
	}
	info.fd_limit_per_thread = (unsigned)(d.max_clients + SPARE_FDS);
	lws_set_log_level(LLL_ERR | LLL_WARN, on_lws_log);
	if ((d.ctx = lws_create_context(&info)) == NULL ||
	    (d.vhost = lws_create_vhost(d.ctx, &info)) == NULL)
		return err_set(e, ERR_INTERNAL, "libwebsockets cannot start");
	/* A new server takes the name over; the old one serves whom it has. */
	if (sd_listen_fds(1) > 0
		? socket_adopt(&d.socket, SD_LISTEN_FDS_START, e) == -1
		: socket_make(&d.socket, c->run_dir, "stream.sock", e) == -1)
		return -1;
	fd.filefd = d.socket.fd;
	if (lws_adopt_descriptor_vhost(
		d.vhost, LWS_ADOPT_RAW_FILE_DESC, fd, "accept", NULL) == NULL)
		return err_set(e, ERR_INTERNAL, "cannot watch the socket");
	return 0;
}

static void
reload(const struct conf *c)
{
	struct err e = { 0 };
	struct token_keys *fresh = token_keys_load(c->keys_dir, &e);

	told_to_reload = 0;
	if (fresh == NULL) {
		log_err("the keys stay as they are: %s", e.text);
		return;
	}
	token_keys_free(d.door.keys);
	d.door.keys = fresh;
	log_info("read the keys again");
}

static const char usage[] = "usage: modelwright-streamd [-c FILE]\n"
			    "\n"
			    "  -c FILE  read the settings from FILE\n";

/* clang-format off */
static const struct option options[] = {
	{ "help",    no_argument, 0, 'h' },
	{ "version", no_argument, 0, 'v' },
	{ 0 }
};
/* clang-format on */

int
main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct conf c;
	struct err e = { 0 };
	int opt;
	const char *path = NULL;

	while ((opt = getopt_long(argc, argv, "c:h", options, NULL)) != -1)
		switch (opt) {
		case 'c':
			path = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		case 'v':
			puts("modelwright-streamd " PACKAGE_VERSION);
			return 0;
		default:
			fputs(usage, stderr);
			return EX_USAGE;
		}
	if (optind != argc) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	if (conf_load(&c, path, &e) == -1) {
		log_err("%s", e.text);
		return EX_CONFIG;
	}
	log_level((int)c.log_level);
	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	setenv("PGAPPNAME", "modelwright-streamd", 0);
	audience_init(&d.audience);
	d.feed = feed_new(c.database, &d.audience, LWS_PRE);
	d.door.feed = d.feed;
	d.door.conf = &c;
	if ((d.door.keys = token_keys_load(c.keys_dir, &e)) == NULL ||
	    start(&c, &e) == -1) {
		log_err("%s", e.text);
		return err_kinds[e.code].sysexit;
	}
	connect_again(&d.again);
	look(&d.look);
	beat(&d.beat);
	sd_notify(0, "READY=1");
	log_info("serving streams at %s/stream.sock", c.run_dir);
	while (!d.left && (!d.leaving || d.clients > 0)) {
		if (told_to_stop && !d.leaving)
			leave();
		if (told_to_reload)
			reload(&c);
		serve();
		if (lws_service(d.ctx, 0) < 0)
			break;
	}
	lws_context_destroy(d.ctx);
	feed_free(d.feed);
	token_keys_free(d.door.keys);
	return 0;
}
