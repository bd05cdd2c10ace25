#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cli/ctl.h"
#include "cli/follow.h"
#include "cli/http.h"
#include "cli/live.h"
#include "cli/say.h"
#include "cli/table.h"
#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/json.h"

#include "lib/banned.h"

#define LOOK_MS     1000 /* how often the run's row is asked for */
#define BAR_COLUMNS 20
#define LINE_MAX    1024
#define STOPPED     2 /* by Ctrl-C */

struct live {
	struct ctl *ctl;
	const char *run_id;
	int all, shown; /* the moving line stands on the terminal */
	long long seq, look_at;
	json_t *run; /* its row, as it was last seen */
	int trials;
	char state[24], phase[64], agent[64];
	char code[64], detail[400]; /* why it failed */
};

static volatile sig_atomic_t interrupted;

static void
on_interrupt(int sig)
{
	(void)sig;
	interrupted = 1;
}

static long long
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void
wipe(struct live *v)
{
	if (v->shown) {
		fputs("\r\033[K", stdout);
		fflush(stdout); /* before what stderr says next */
	}
	v->shown = 0;
}

/* As much of the line as the terminal is wide; what is cut is cut between
 * characters. */
static void
print_cut(const char *s)
{
	struct winsize w;
	int room = 80;
	size_t n = strlen(s);
	char out[LINE_MAX];

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0)
		room = w.ws_col;
	snprintf(out, sizeof(out), "%s", s);
	n = strlen(out);
	while (n > 0 && table_width(out) >= room) {
		do
			n--;
		while (n > 0 && (out[n] & 0xc0) == 0x80);
		out[n] = '\0';
	}
	fputs(out, stdout);
	fflush(stdout);
}

static void
add_bar(struct buf *b, double fraction)
{
	int full = (int)(fraction * BAR_COLUMNS + 0.5);

	for (int i = 0; i < BAR_COLUMNS; i++)
		buf_puts(b, i < full ? "█" : "░");
	buf_printf(b, " %3.0f%%", fraction * 100);
}

static void
draw(struct live *v)
{
	const json_t *progress = json_object_get(v->run, "progress");
	const json_t *best = json_object_get(v->run, "best");
	double fraction = json_num(progress, "fraction", 0);
	double eta = json_num(progress, "eta_s", -1);
	struct buf b;

	if (!v->ctl->tty)
		return;
	buf_init(&b, LINE_MAX);
	add_bar(&b, fraction < 0 ? 0 : fraction > 1 ? 1 : fraction);
	buf_printf(&b, "  %s", v->phase[0] ? v->phase : v->state);
	if (v->agent[0] != '\0')
		buf_printf(&b, " · %s", v->agent);
	if (v->trials > 0)
		buf_printf(
		    &b, " · %d trial%s", v->trials, v->trials == 1 ? "" : "s");
	if (json_is_object(best))
		buf_printf(&b, " · best %s", say_best(v->ctl, best));
	if (eta >= 0)
		buf_printf(&b, " · %s left", say_seconds(v->ctl, eta));
	wipe(v);
	print_cut(table_clean(v->ctl, b.data));
	buf_done(&b);
	v->shown = 1;
}

static void
keep(char *out, size_t n, const char *s)
{
	if (s != NULL)
		snprintf(out, n, "%s", s);
}

/* What an event changes in the picture. */
static void
note(struct live *v, const json_t *event)
{
	const char *type = json_str(event, "type", "");
	const json_t *p = json_object_get(event, "payload");

	v->seq = json_int(event, "seq", v->seq);
	if (strcmp(type, "phase_started") == 0)
		keep(v->phase, sizeof(v->phase),
		    json_str(p, "phase", json_str(event, "phase", NULL)));
	else if (strcmp(type, "agent_started") == 0)
		keep(
		    v->agent, sizeof(v->agent), json_str(event, "agent", NULL));
	else if (strcmp(type, "agent_finished") == 0)
		v->agent[0] = '\0';
	else if (strcmp(type, "trial_finished") == 0)
		v->trials++;
	else if (strcmp(type, "run_finished") == 0) {
		const json_t *why = json_object_get(p, "error");

		keep(v->state, sizeof(v->state), json_str(p, "state", NULL));
		keep(v->code, sizeof(v->code), json_str(why, "code", NULL));
		keep(v->detail, sizeof(v->detail),
		    json_str(why, "detail", NULL));
	} else if (strcmp(type, "run_resumed") == 0)
		v->state[0] = v->code[0] = v->detail[0] = '\0';
}

static void
print_event(struct live *v, const json_t *event)
{
	struct ctl *c = v->ctl;
	const char *type = json_str(event, "type", "");
	enum table_paint p =
	    strcmp(type, "phase_started") == 0 ? PAINT_BOLD : PAINT_PLAIN;

	if (strcmp(type, "run_finished") == 0)
		p = table_state(
		    json_str(json_object_get(event, "payload"), "state", ""));
	printf("%s%s%s  %s%-18s %s%s\n", table_paint_on(c, PAINT_DIM),
	    say_clock(c, json_str(event, "at", NULL)), table_paint_off(c),
	    table_paint_on(c, p), table_clean(c, type),
	    table_clean(c, say_event(c, event)), table_paint_off(c));
}

static int
on_event(void *arg, const json_t *event)
{
	struct live *v = arg;

	note(v, event);
	if (v->ctl->json) {
		json_dumpf(event, stdout, JSON_COMPACT);
		putchar('\n');
	} else if (v->all || say_matters(event)) {
		wipe(v);
		print_event(v, event);
		draw(v);
	}
	fflush(stdout);
	return ferror(stdout) ? STOPPED : 0;
}

static int
on_tick(void *arg)
{
	struct live *v = arg;
	long long now = now_ms();
	struct err ignored;
	json_t *run = NULL;

	if (interrupted)
		return STOPPED;
	if (!v->ctl->tty || now < v->look_at)
		return 0;
	v->look_at = now + LOOK_MS;
	if (http_call(v->ctl, "GET",
		http_path(v->ctl, "/api/v1/pipelines/%s", v->run_id), NULL,
		NULL, &run, &ignored) == 0) {
		json_decref(v->run);
		v->run = run;
	}
	draw(v);
	return 0;
}

/* What a run that ended is to the shell. */
static int
outcome(const struct live *v, struct err *e)
{
	enum err_code code = ERR_INTERNAL;

	if (strcmp(v->state, "succeeded") == 0 || v->state[0] == '\0')
		return 0;
	if (strcmp(v->state, "cancelled") == 0)
		return err_set(e, ERR_CANCELLED, "%s was cancelled", v->run_id);
	for (int i = 1; i < ERR__MAX; i++)
		if (strcmp(err_kinds[i].name, v->code) == 0)
			code = i;
	return err_set(e, code, "%s %s%s%s", v->run_id, v->state,
	    v->detail[0] ? ": " : "", v->detail);
}

int
live_watch(
    struct ctl *c, const char *run_id, long long after, int all, struct err *e)
{
	struct live v = {
		.ctl = c, .run_id = run_id, .all = all, .seq = after
	};
	struct follow_how how = { on_event, on_tick, &v };
	struct sigaction sa = { .sa_handler = on_interrupt }, was;
	int rc;

	/* A run that is not there is told before anything is drawn. */
	if (http_call(c, "GET", http_path(c, "/api/v1/pipelines/%s", run_id),
		NULL, NULL, &v.run, e) == -1)
		return -1;
	/* A resumed look has not seen how it ended, so take its word. */
	keep(v.state, sizeof(v.state), json_str(v.run, "state", ""));
	keep(v.phase, sizeof(v.phase), json_str(v.run, "phase", NULL));
	sigaction(SIGINT, &sa, &was);
	rc = follow_run(c, run_id, after, &how, e);
	sigaction(SIGINT, &was, NULL);
	wipe(&v);
	json_decref(v.run);
	if (rc == -1)
		return -1;
	if (rc == STOPPED) {
		fprintf(stderr,
		    "%s goes on; come back with: mwctl runs watch %s "
		    "--after %lld\n",
		    run_id, run_id, v.seq);
		exit(130); /* as the shell says of SIGINT */
	}
	return outcome(&v, e);
}
