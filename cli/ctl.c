#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/ctl.h"
#include "cli/table.h"
#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/err.h"
#include "lib/json.h"

#include "lib/banned.h"

#define FOLDER     "modelwright"
#define FILE_NAME  "login.json"
#define MEMORY_MAX (64 * 1024)

/* $XDG_CONFIG_HOME, or ~/.config; NULL where there is no home either. */
static const char *
config_home(struct ctl *c)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (xdg != NULL && xdg[0] == '/')
		return xdg;
	if (home != NULL && home[0] == '/')
		return arena_printf(c->arena, "%s/.config", home);
	return NULL;
}

/* What login wrote; NULL when there is nothing, or nothing that fits. */
static json_t *
recall(struct ctl *c)
{
	const char *home = config_home(c);
	struct err ignored;
	json_t *v;

	if (home == NULL)
		return NULL;
	v = json_parse_file(
	    arena_printf(c->arena, "%s/" FOLDER "/" FILE_NAME, home),
	    MEMORY_MAX, &ignored);
	if (v != NULL)
		arena_defer(c->arena, (void (*)(void *))json_decref, v);
	return v;
}

static const char *
without_slash(struct ctl *c, const char *url)
{
	char *s;

	if (url == NULL)
		return NULL;
	s = arena_strdup(c->arena, url);
	for (size_t n = strlen(s); n > 0 && s[n - 1] == '/';)
		s[--n] = '\0';
	return s;
}

static const char *
first(const char *a, const char *b, const char *c)
{
	return a != NULL ? a : b != NULL ? b : c;
}

int
ctl_begin(const struct cmd_line *l, void *arg, struct err *e)
{
	struct ctl *c = arg;
	const json_t *known = recall(c);
	const char *known_url = json_str(known, "url", NULL);

	c->json = cmd_option(l, "json") != NULL;
	c->tty = isatty(STDOUT_FILENO) && !c->json;
	c->color = c->tty && getenv("NO_COLOR") == NULL &&
	           strcmp(first(getenv("TERM"), "dumb", NULL), "dumb") != 0;
	c->url = without_slash(c,
	    first(cmd_option(l, "url"), getenv("MODELWRIGHT_URL"), known_url));
	if (c->url == NULL)
		return err_set(e, ERR_INVALID,
		    "which server?  'mwctl login --url https://HOST' keeps it "
		    "for later");
	/* A token goes to the server that gave it, and to no other. */
	int same = known_url != NULL && strcmp(c->url, known_url) == 0;
	c->ca = first(cmd_option(l, "ca"), getenv("MODELWRIGHT_CA"),
	    same ? json_str(known, "ca_file", NULL) : NULL);
	c->token = first(getenv("MODELWRIGHT_TOKEN"),
	    same ? json_str(known, "access_token", NULL) : NULL, NULL);
	return 0;
}

void
ctl_failed(void *arg)
{
	struct ctl *c = arg;
	const json_t *one, *all = json_object_get(c->problem, "errors");
	const char *detail = json_str(c->problem, "detail", "");
	size_t i;

	json_array_foreach (all, i, one) {
		/* One error is often the whole detail. */
		if (strstr(detail, json_str(one, "message", "?")) != NULL)
			continue;
		fprintf(stderr, "  %s%s%s: %s\n", json_str(one, "in", ""),
		    json_str(one, "in", NULL) != NULL ? " " : "",
		    table_clean(c, json_str(one, "pointer", "")),
		    table_clean(c, json_str(one, "message", "")));
	}
	if (json_integer_value(json_object_get(c->problem, "status")) >= 500)
		fprintf(stderr, "  request %s\n",
		    table_clean(c, json_str(c->problem, "request_id", "-")));
}

static int
write_memory(const char *folder, const json_t *v, struct err *e)
{
	char path[PATH_MAX], tmp[PATH_MAX];
	FILE *f;
	int fd, bad;

	if (snprintf(path, sizeof(path), "%s/" FILE_NAME, folder) >=
		(int)sizeof(path) ||
	    snprintf(tmp, sizeof(tmp), "%s/." FILE_NAME ".%d", folder,
		(int)getpid()) >= (int)sizeof(tmp))
		return err_set(e, ERR_INVALID, "the path is too long");
	unlink(tmp);
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1 || (f = fdopen(fd, "w")) == NULL)
		return err_set(e, ERR_INVALID, "cannot create '%s': %s", tmp,
		    strerror(errno));
	bad = json_dumpf(v, f, JSON_INDENT(2)) == -1 || fputc('\n', f) == EOF;
	if (fclose(f) == EOF || bad || rename(tmp, path) == -1) {
		unlink(tmp);
		return err_set(e, ERR_INVALID, "cannot write '%s': %s", path,
		    strerror(errno));
	}
	return 0;
}

int
ctl_remember(struct ctl *c, const char *username, struct err *e)
{
	const char *home = config_home(c), *folder;
	char real[PATH_MAX];

	if (home == NULL)
		return err_set(e, ERR_INVALID,
		    "there is no home to keep the token in; set HOME");
	folder = arena_printf(c->arena, "%s/" FOLDER, home);
	if ((mkdir(home, 0700) == -1 && errno != EEXIST) ||
	    (mkdir(folder, 0700) == -1 && errno != EEXIST))
		return err_set(e, ERR_INVALID, "cannot make '%s': %s", folder,
		    strerror(errno));
	auto_json json_t *v = json_pack("{s:s, s:s*, s:s, s:s}", "url", c->url,
	    "ca_file", c->ca != NULL ? realpath(c->ca, real) : NULL, "username",
	    username, "access_token", c->token);
	if (v == NULL)
		return err_set(
		    e, ERR_INTERNAL, "the server's token is no text");
	return write_memory(folder, v, e);
}

int
ctl_forget(struct ctl *c, struct err *e)
{
	const char *home = config_home(c), *path;

	if (home == NULL)
		return 0;
	path = arena_printf(c->arena, "%s/" FOLDER "/" FILE_NAME, home);
	if (unlink(path) == -1 && errno != ENOENT)
		return err_set(e, ERR_INVALID, "cannot remove '%s': %s", path,
		    strerror(errno));
	return 0;
}

void
ctl_print_json(const json_t *v)
{
	json_dumpf(v, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
	putchar('\n');
}
