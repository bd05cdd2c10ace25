/*
 * mwctl runs artifacts, get, metrics.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/ctl.h"
#include "cli/http.h"
#include "cli/say.h"
#include "cli/table.h"
#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/digest.h"
#include "lib/err.h"
#include "lib/json.h"

#include "lib/banned.h"

static json_t *
fetch_list(struct ctl *c, const char *run, struct err *e)
{
	const char *next = NULL,
		   *path = http_path(c, "/api/v1/pipelines/%s/artifacts", run);
	json_t *items = json_array();

	do {
		auto_json json_t *page = NULL;

		if (http_call(c, "GET", http_with(c, path, "cursor", next),
			NULL, NULL, &page, e) == -1) {
			json_decref(items);
			return NULL;
		}
		json_array_extend(items, json_object_get(page, "items"));
		next = json_str(page, "next_cursor", NULL);
		if (next != NULL)
			next = arena_strdup(c->arena, next);
	} while (next != NULL);
	return items;
}

static int
artifacts(const struct cmd_line *l, void *arg, struct err *e)
{
	static const char *const heads[] = { "NAME", "KIND", ">SIZE", "TYPE",
		"SHA-256", NULL };
	struct ctl *c = arg;
	auto_json json_t *items = fetch_list(c, l->word[0], e);
	const json_t *one;
	size_t i;

	if (items == NULL)
		return -1;
	if (c->json) {
		ctl_print_json(items);
		return 0;
	}
	struct table *t = table_new(c, heads);
	json_array_foreach (items, i, one) {
		table_cell(t, json_str(one, "name", ""));
		table_cell(t, json_str(one, "kind", ""));
		table_cell(t, say_bytes(c, json_int(one, "bytes", 0)));
		table_cell(t, json_str(one, "media_type", ""));
		table_paint(t, PAINT_DIM,
		    arena_printf(
			c->arena, "%.16s…", json_str(one, "sha256", "")));
	}
	table_end(t);
	return 0;
}

static const json_t *
find(const json_t *items, const char *run, const char *name, struct err *e)
{
	const json_t *one;
	size_t i;

	json_array_foreach (items, i, one)
		if (strcmp(json_str(one, "name", ""), name) == 0)
			return one;
	err_set(e, ERR_NOT_FOUND,
	    "%s has no artifact '%s'; 'mwctl runs artifacts %s' lists them",
	    run, name, run);
	return NULL;
}

/* Download and check: what came is what was listed. */
static int
fetch(struct ctl *c, const json_t *one, FILE *f, struct err *e)
{
	struct digest *d;
	char hex[DIGEST_HEX], buf[65536];
	size_t n;

	if (http_download(c, json_str(one, "href", "/"), f, e) == -1)
		return -1;
	if (fflush(f) == EOF || fseek(f, 0, SEEK_SET) == -1)
		return err_set(
		    e, ERR_INVALID, "cannot write: %s", strerror(errno));
	d = digest_new();
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		digest_add(d, buf, n);
	digest_end(d, hex);
	if (ferror(f) || strcmp(hex, json_str(one, "sha256", "")) != 0)
		return err_set(e, ERR_INTERNAL,
		    "'%s' arrived damaged: its SHA-256 is another",
		    json_str(one, "name", "?"));
	return 0;
}

static int
fetch_to_stdout(struct ctl *c, const json_t *one, struct err *e)
{
	auto_file FILE *f = tmpfile();
	char buf[65536];
	size_t n;

	if (f == NULL)
		return err_set(e, ERR_INVALID,
		    "cannot make a temporary file: %s", strerror(errno));
	if (fetch(c, one, f, e) == -1)
		return -1;
	rewind(f);
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		fwrite(buf, 1, n, stdout);
	return 0;
}

/* Under another name until it is whole and checked. */
static int
fetch_to_file(struct ctl *c, const json_t *one, const char *path, struct err *e)
{
	const char *part = arena_printf(c->arena, "%s.part", path);
	auto_file FILE *f = fopen(part, "w+e");
	int rc;

	if (f == NULL)
		return err_set(e, ERR_INVALID, "cannot create '%s': %s", part,
		    strerror(errno));
	if ((rc = fetch(c, one, f, e)) == 0 && rename(part, path) == -1)
		rc = err_set(e, ERR_INVALID, "cannot write '%s': %s", path,
		    strerror(errno));
	if (rc == -1)
		unlink(part);
	else if (!c->json)
		printf(
		    "%s, %s\n", path, say_bytes(c, json_int(one, "bytes", 0)));
	return rc;
}

static int
get(const struct cmd_line *l, void *arg, struct err *e)
{
	struct ctl *c = arg;
	const char *name = l->word[1], *out = cmd_option(l, "output");
	const char *slash = strrchr(name, '/');
	auto_json json_t *items = fetch_list(c, l->word[0], e);
	const json_t *one;

	if (items == NULL || (one = find(items, l->word[0], name, e)) == NULL)
		return -1;
	if (out != NULL && strcmp(out, "-") == 0)
		return fetch_to_stdout(c, one, e);
	if (out == NULL)
		out = slash != NULL ? slash + 1 : name;
	return fetch_to_file(c, one, out, e);
}

static const char *
interval(struct ctl *c, const json_t *m)
{
	if (json_object_get(m, "low") == NULL)
		return "";
	return arena_printf(c->arena, "%s to %s",
	    say_value(c, json_object_get(m, "low")),
	    say_value(c, json_object_get(m, "high")));
}

static void
print_metrics(struct ctl *c, const json_t *doc)
{
	static const char *const heads[] = { "METRIC", ">MODEL", "INTERVAL",
		">BASELINE", NULL };
	const json_t *baseline = json_object_get(doc, "baseline");
	struct table *t = table_new(c, heads);
	const char *name;
	json_t *m;

	json_object_foreach (json_object_get(doc, "holdout"), name, m) {
		table_cell(t, name);
		table_paint(
		    t, PAINT_BOLD, say_value(c, json_object_get(m, "value")));
		table_cell(t, interval(c, m));
		table_cell(t, say_value(c, json_object_get(
					       json_object_get(baseline, name),
					       "value")));
	}
	table_end(t);
}

static int
metrics(const struct cmd_line *l, void *arg, struct err *e)
{
	struct ctl *c = arg;
	auto_json json_t *items = fetch_list(c, l->word[0], e);
	auto_json json_t *doc = NULL;
	const json_t *one;

	if (items == NULL ||
	    (one = find(items, l->word[0], "metrics.json", e)) == NULL ||
	    http_call(c, "GET", json_str(one, "href", "/"), NULL, NULL, &doc,
		e) == -1)
		return -1;
	if (c->json)
		ctl_print_json(doc);
	else
		print_metrics(c, doc);
	return 0;
}

/* clang-format off */
static const struct cmd_option get_options[] = {
	{ 'o', "output", "FILE", 0, "where to write it; - is standard output" },
	{ 0 }
};

const struct cmd ctl_runs_artifacts = {
	"runs artifacts", "RUN", 1, 1, NULL, "List what a run made", artifacts
};

const struct cmd ctl_runs_get = {
	"runs get", "RUN NAME", 2, 2, get_options,
	"Download one artifact, and check its digest", get
};

const struct cmd ctl_runs_metrics = {
	"runs metrics", "RUN", 1, 1, NULL,
	"Print a run's metrics on the rows that no search saw", metrics
};
/* clang-format on */
