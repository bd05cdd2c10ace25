/*
 * Many listeners to the events of runs, in one process: how long after its
 * commit each event reaches each socket.
 *
 *	bench/stream HOST PORT CA TOKEN SOCKETS RUN...
 *
 * Socket n listens to run n modulo their number.  "ready" is printed when all
 * are connected; at the end of stdin the result is printed, as JSON.
 */
#include "config.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "lib/auto.h"

#include "lib/banned.h"

#define AT_ONCE 64 /* handshakes */

struct seen {
	double *ms;
	size_t n, size;
};

static struct {
	struct lws_context *ctx;
	struct lws_client_connect_info info;
	char *bearer, **runs;
	int nruns, wanted, asked, connected, lost, nfirst;
	int ready;
	struct seen all;
	long long *last; /* seq that each socket saw */
	long long gaps;
	lws_sorted_usec_list_t more;
} b;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Seconds since 1970 of "2026-11-24T08:15:13.000042Z". */
static double
read_at(const char *s)
{
	struct tm tm = { 0 };
	const char *rest = strptime(s, "%Y-%m-%dT%H:%M:%S", &tm);

	if (rest == NULL)
		errx(1, "no time: %s", s);
	return (double)timegm(&tm) + strtod(rest, NULL);
}

/* The text after "name" : in an event; PostgreSQL writes it in one way. */
static const char *
member(const char *event, const char *name)
{
	const char *s = strstr(event, name);

	if (s == NULL)
		errx(1, "no %s in %.100s", name, event);
	s += strlen(name);
	return s + strspn(s, "\" :");
}

static void
take(int socket, const char *in, size_t n)
{
	char event[4096];
	long long seq;
	double t = now();

	if (n >= sizeof(event))
		errx(1, "an event of %zu bytes", n);
	memcpy(event, in, n);
	event[n] = '\0';
	seq = strtoll(member(event, "\"seq\""), NULL, 10);
	if (b.last[socket] != 0 && seq != b.last[socket] + 1)
		b.gaps++;
	if (b.last[socket] == 0)
		b.nfirst++;
	b.last[socket] = seq;
	if (strstr(event, "\"message\"") == NULL)
		return;
	if (b.all.n == b.all.size) {
		b.all.size = b.all.size > 0 ? 2 * b.all.size : 65536;
		b.all.ms = realloc(b.all.ms, b.all.size * sizeof(*b.all.ms));
		if (b.all.ms == NULL)
			err(1, "realloc");
	}
	b.all.ms[b.all.n++] = (t - read_at(member(event, "\"at\""))) * 1e3;
}

static void
ask_more(lws_sorted_usec_list_t *sul)
{
	(void)sul;
	while (b.asked < b.wanted && b.asked - b.connected < AT_ONCE) {
		struct lws_client_connect_info info = b.info;
		char path[160];

		snprintf(path, sizeof(path), "/api/v1/pipelines/%s/stream",
		    b.runs[b.asked % b.nruns]);
		info.path = path;
		info.opaque_user_data = (void *)(intptr_t)(b.asked + 1);
		b.asked++;
		if (lws_client_connect_via_info(&info) == NULL)
			errx(1, "cannot connect");
	}
}

static int
on_event(struct lws *wsi, enum lws_callback_reasons why, void *user, void *in,
    size_t n)
{
	int socket = (int)(intptr_t)lws_get_opaque_user_data(wsi) - 1;

	switch (why) {
	case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER: {
		unsigned char **at = in;

		return lws_add_http_header_by_token(wsi,
		    WSI_TOKEN_HTTP_AUTHORIZATION, (unsigned char *)b.bearer,
		    (int)strlen(b.bearer), at, *at + n);
	}
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		b.connected++;
		lws_sul_schedule(b.ctx, 0, &b.more, ask_more, 1);
		return 0;
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
		errx(1, "socket %d: %s", socket,
		    in != NULL ? (const char *)in : "?");
	case LWS_CALLBACK_CLIENT_CLOSED:
		b.lost++;
		return 0;
	case LWS_CALLBACK_CLIENT_RECEIVE:
		take(socket, in, n);
		return 0;
	case LWS_CALLBACK_RAW_RX_FILE:
		return -1; /* stdin says nothing but its end */
	case LWS_CALLBACK_RAW_CLOSE_FILE:
		b.ready = 2;
		return 0;
	default:
		return lws_callback_http_dummy(wsi, why, user, in, n);
	}
}

static const struct lws_protocols protocols[] = {
	{ .name = "events", .callback = on_event, .rx_buffer_size = 4096 },
	{ 0 },
};

static int
by_value(const void *x, const void *y)
{
	double p = *(const double *)x, q = *(const double *)y;

	return (p > q) - (p < q);
}

static void
print(void)
{
	struct seen *s = &b.all;
	auto_json json_t *v = NULL;

	qsort(s->ms, s->n, sizeof(*s->ms), by_value);
	v = json_pack("{s:i, s:i, s:I, s:i, s:I}", "sockets", b.wanted, "runs",
	    b.nruns, "messages", (json_int_t)s->n, "lost", b.lost, "gaps",
	    (json_int_t)b.gaps);
	if (s->n > 0) {
		json_object_set_new(v, "p50_ms", json_real(s->ms[s->n / 2]));
		json_object_set_new(
		    v, "p99_ms", json_real(s->ms[s->n * 99 / 100]));
		json_object_set_new(v, "max_ms", json_real(s->ms[s->n - 1]));
	}
	json_dumpf(v, stdout, JSON_COMPACT | JSON_REAL_PRECISION(4));
	putchar('\n');
}

int
main(int argc, char **argv)
{
	struct rlimit rl = { 20000, 20000 };
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.protocols = protocols,
		.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
		.gid = (gid_t)-1,
		.uid = (uid_t)-1,
		.timeout_secs = 60,
	};

	if (argc < 7)
		errx(64, "usage: stream HOST PORT CA TOKEN SOCKETS RUN...");
	setrlimit(RLIMIT_NOFILE, &rl);
	lws_set_log_level(LLL_ERR, NULL);
	info.client_ssl_ca_filepath = argv[3];
	if (asprintf(&b.bearer, "Bearer %s", argv[4]) == -1)
		err(1, "asprintf");
	b.wanted = (int)strtol(argv[5], NULL, 10);
	b.runs = argv + 6;
	b.nruns = argc - 6;
	if ((b.last = calloc((size_t)b.wanted, sizeof(*b.last))) == NULL ||
	    (b.ctx = lws_create_context(&info)) == NULL)
		errx(1, "cannot start");
	b.info = (struct lws_client_connect_info){
		.context = b.ctx,
		.address = argv[1],
		.host = argv[1],
		.origin = argv[1],
		.port = (int)strtol(argv[2], NULL, 10),
		.ssl_connection = LCCSCF_USE_SSL,
		.alpn = "http/1.1",
		.ietf_version_or_minus_one = -1,
		.local_protocol_name = "events",
	};
	lws_sock_file_fd_type in = { .filefd = dup(STDIN_FILENO) };
	if (lws_adopt_descriptor_vhost(lws_get_vhost_by_name(b.ctx, "default"),
		LWS_ADOPT_RAW_FILE_DESC, in, "events", NULL) == NULL)
		errx(1, "cannot watch stdin");
	ask_more(NULL);
	while (b.ready < 2 && lws_service(b.ctx, 0) >= 0)
		/* Connected, and past what the runs held already. */
		if (b.ready == 0 && b.connected == b.wanted &&
		    b.nfirst == b.wanted) {
			b.ready = 1;
			puts("ready");
			fflush(stdout);
		}
	print();
	return 0;
}
