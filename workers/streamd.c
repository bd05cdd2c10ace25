/*
 * modelwright-streamd: the events of runs over WebSocket, behind nginx.
 */
#include "config.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <libwebsockets.h>
#include <poll.h>
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
#include "workers/client.h"
#include "workers/door.h"
#include "workers/feed.h"
#include "workers/pump.h"
#include "workers/streamd.h"

#include "lib/banned.h"

#define SPARE_FDS     64   /* beside the clients' */
#define LEAVE_SECONDS 5    /* for the clients to take their leave */
#define BEAT_MS       5000 /* how often the watchdog and the figures hear */

struct streamd streamd;

static struct {
	struct socket_here socket;
	lws_sorted_usec_list_t beat, leave;
	char figures[4096]; /* file that /metrics shows */
	int left;           /* the time for taking leave is over */
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
	if (streamd.ctx != NULL)
		lws_cancel_service(streamd.ctx);
	errno = saved;
}

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
		/* What a slow client has to come stands in the journal. */
		static const int sndbuf = 64 * 1024;
		int fd = accept4(
		    d.socket.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd == -1 && (errno == EMFILE || errno == ENFILE))
			poll(NULL, 0, 10); /* or the loop would spin */
		if (fd == -1)
			break;
		if (setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &sndbuf,
			sizeof(sndbuf)) == -1)
			log_debug("SO_SNDBUF: %s, ignoring", strerror(errno));
		if (lws_adopt_socket_vhost(streamd.vhost, fd) == NULL)
			log_warn("a connection has no room, ignoring");
	}
	return 0;
}

static void
time_is_up(lws_sorted_usec_list_t *sul)
{
	(void)sul;
	d.left = 1;
	lws_cancel_service(streamd.ctx);
}

static void
leave(void)
{
	streamd.leaving = 1;
	socket_unname(&d.socket);
	sd_notify(0, "STOPPING=1");
	log_info(
	    "stopping, %d clients are told to come again", streamd.clients);
	client_dismiss_all();
	lws_sul_schedule(
	    streamd.ctx, 0, &d.leave, time_is_up, MS(LEAVE_SECONDS * 1000));
}

/* For the API's /metrics, which reads the file. */
static void
write_figures(void)
{
	struct gauge {
		const char *name, *type, *help;
		unsigned long long value;
	} all[] = {
		{ "clients", "gauge", "Clients that listen to runs.",
		    (unsigned)streamd.clients },
		{ "runs", "gauge", "Runs that they listen to.",
		    (unsigned)streamd.audience.ntopics },
		{ "lag_events", "gauge",
		    "Events that the slowest client is behind.",
		    (unsigned long long)audience_lag(&streamd.audience) },
		{ "database_up", "gauge",
		    "Whether the stream server reads the journal.",
		    (unsigned)pump_up() },
		{ "events_sent_total", "counter", "Events sent to clients.",
		    streamd.sent },
		{ "refused_total", "counter",
		    "Upgrades to WebSocket that were refused.",
		    streamd.refused },
	};
	char part[sizeof(d.figures) + 8];

	snprintf(part, sizeof(part), "%s.new", d.figures);
	auto_file FILE *f = fopen(part, "we");
	if (f == NULL)
		return;
	for (size_t i = 0; i < nitems(all); i++)
		fprintf(f,
		    "# HELP modelwright_stream_%s %s\n"
		    "# TYPE modelwright_stream_%s %s\n"
		    "modelwright_stream_%s %llu\n",
		    all[i].name, all[i].help, all[i].name, all[i].type,
		    all[i].name, all[i].value);
	if (fflush(f) == EOF || rename(part, d.figures) == -1)
		log_debug("no figures were written, ignoring");
}

static void
beat(lws_sorted_usec_list_t *sul)
{
	(void)sul;
	sd_notifyf(0, "WATCHDOG=1\nSTATUS=%d clients", streamd.clients);
	write_figures();
	lws_sul_schedule(streamd.ctx, 0, &d.beat, beat, MS(BEAT_MS));
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
	{ .name = "events",
	    .callback = client_callback,
	    .rx_buffer_size = 1024 },
	{ .name = "feed", .callback = pump_callback },
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

	streamd.max_clients = (int)c->stream_clients;
	rl.rlim_cur = rl.rlim_max =
	    (rlim_t)(streamd.max_clients + 2 * SPARE_FDS);
	if (setrlimit(RLIMIT_NOFILE, &rl) == -1 &&
	    getrlimit(RLIMIT_NOFILE, &rl) == 0) {
		if (rl.rlim_cur < rl.rlim_max) {
			rl.rlim_cur = rl.rlim_max;
			setrlimit(RLIMIT_NOFILE, &rl);
		}
		if ((rlim_t)streamd.max_clients + 2 * SPARE_FDS > rl.rlim_cur)
			streamd.max_clients = (int)rl.rlim_cur - 2 * SPARE_FDS;
		log_warn("only %d clients fit under the limit of open files",
		    streamd.max_clients);
	}
	info.fd_limit_per_thread = (unsigned)(streamd.max_clients + SPARE_FDS);
	lws_set_log_level(LLL_ERR | LLL_WARN, on_lws_log);
	if ((streamd.ctx = lws_create_context(&info)) == NULL ||
	    (streamd.vhost = lws_create_vhost(streamd.ctx, &info)) == NULL)
		return err_set(e, ERR_INTERNAL, "libwebsockets cannot start");
	/* A new server takes the name over; the old one serves whom it has. */
	if (sd_listen_fds(1) > 0
		? socket_adopt(&d.socket, SD_LISTEN_FDS_START, e) == -1
		: socket_make(&d.socket, c->run_dir, "stream.sock", e) == -1)
		return -1;
	snprintf(d.figures, sizeof(d.figures), "%s/stream.metrics", c->run_dir);
	fd.filefd = d.socket.fd;
	if (lws_adopt_descriptor_vhost(streamd.vhost, LWS_ADOPT_RAW_FILE_DESC,
		fd, "accept", NULL) == NULL)
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
	token_keys_free(streamd.door.keys);
	streamd.door.keys = fresh;
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
	audience_init(&streamd.audience);
	streamd.feed = feed_new(c.database, &streamd.audience, LWS_PRE);
	streamd.door.feed = streamd.feed;
	streamd.door.conf = &c;
	if ((streamd.door.keys = token_keys_load(c.keys_dir, &e)) == NULL ||
	    start(&c, &e) == -1) {
		log_err("%s", e.text);
		return err_kinds[e.code].sysexit;
	}
	pump_start();
	beat(&d.beat);
	sd_notify(0, "READY=1");
	log_info("serving streams at %s/stream.sock", c.run_dir);
	while (!d.left && (!streamd.leaving || streamd.clients > 0)) {
		if (told_to_stop && !streamd.leaving)
			leave();
		if (told_to_reload)
			reload(&c);
		pump_turn();
		if (lws_service(streamd.ctx, 0) < 0)
			break;
	}
	lws_context_destroy(streamd.ctx);
	feed_free(streamd.feed);
	token_keys_free(streamd.door.keys);
	return 0;
}
