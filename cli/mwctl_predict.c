/*
 * mwctl predict: one prediction from a deployed model.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ctl.h"
#include "cli/http.h"
#include "cli/say.h"
#include "cli/table.h"
#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/json.h"

#include "lib/banned.h"

#define ROW_MAX (1024 * 1024)

static json_t *
read_row(FILE *f, const char *name, struct err *e)
{
	char part[8192];
	struct buf b;
	json_t *v = NULL;
	size_t n;

	buf_init(&b, ROW_MAX);
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(&b, part, n);
	if (ferror(f))
		err_set(e, ERR_INVALID, "cannot read '%s': %s", name,
		    strerror(errno));
	else if (b.over)
		err_set(e, ERR_TOO_LARGE, "'%s' has more than %d bytes", name,
		    ROW_MAX);
	else if ((v = json_parse(b.data != NULL ? b.data : "", b.len, e)) ==
		 NULL)
		err_set(e, ERR_MALFORMED, "%s, line %ld, column %ld: %s", name,
		    e->line, e->column, e->text);
	buf_done(&b);
	return v;
}

static json_t *
read_file(const char *path, struct err *e)
{
	auto_file FILE *f = fopen(path, "re");

	if (f == NULL) {
		err_set(e, ERR_NOT_FOUND, "cannot open '%s': %s", path,
		    strerror(errno));
		return NULL;
	}
	return read_row(f, path, e);
}

/* name=value words: a number, true, false or null where it reads as one. */
static json_t *
read_pairs(struct ctl *c, const struct cmd_line *l, struct err *e)
{
	json_t *row = json_object();
	struct err ignored;

	for (int i = 1; i < l->nwords; i++) {
		const char *s = l->word[i], *eq = strchr(s, '=');
		json_t *v;

		if (eq == NULL || eq == s) {
			json_decref(row);
			err_set(e, ERR_INVALID,
			    "a feature is written NAME=VALUE, not '%s'", s);
			return NULL;
		}
		v = json_parse(eq + 1, strlen(eq + 1), &ignored);
		if (v == NULL || json_is_object(v) || json_is_array(v)) {
			json_decref(v);
			v = json_string(eq + 1);
		}
		if (v == NULL ||
		    json_object_set_new(row,
			arena_printf(c->arena, "%.*s", (int)(eq - s), s),
			v) == -1) {
			json_decref(row);
			err_set(e, ERR_INVALID, "'%s' is not UTF-8", s);
			return NULL;
		}
	}
	return row;
}

/* From the words, a file or stdin; the caller's. */
static json_t *
read_features(struct ctl *c, const struct cmd_line *l, struct err *e)
{
	const char *first = l->nwords > 1 ? l->word[1] : "-";
	json_t *row;

	if (strcmp(first, "-") == 0)
		row = read_row(stdin, "standard input", e);
	else if (first[0] == '{') {
		if ((row = json_parse(first, strlen(first), e)) == NULL)
			err_set(e, ERR_MALFORMED, "the row, column %ld: %s",
			    e->column, e->text);
	} else if (l->nwords == 2 && strchr(first, '=') == NULL)
		row = read_file(first, e);
	else
		row = read_pairs(c, l, e);
	if (row != NULL && !json_is_object(row)) {
		json_decref(row);
		err_set(e, ERR_INVALID, "the row is no JSON object");
		return NULL;
	}
	return row;
}

static void
print_reasons(struct ctl *c, const json_t *reasons)
{
	static const char *const heads[] = { "REASON", "VALUE", ">WEIGHT",
		NULL };
	struct table *t;
	const json_t *r;
	size_t i;

	if (json_array_size(reasons) == 0)
		return;
	putchar('\n');
	t = table_new(c, heads);
	json_array_foreach (reasons, i, r) {
		table_cell(
		    t, json_str(r, "text",
			   json_str(r, "feature", json_str(r, "field", "?"))));
		table_cell(t, say_value(c, json_object_get(r, "value")));
		table_cell(t,
		    say_value(c, json_object_get(r,
				     json_object_get(r, "contribution") != NULL
					 ? "contribution"
					 : "shap")));
	}
	table_end(t);
}

static void
print_answer(struct ctl *c, const json_t *a)
{
	const json_t *all = json_object_get(a, "probabilities"), *warning;
	const char *label;
	json_t *p;
	size_t i;

	printf("%s%s%s", table_paint_on(c, PAINT_BOLD),
	    table_clean(c,
		say_value(c,
		    json_object_get(a, json_object_get(a, "prediction") != NULL
					   ? "prediction"
					   : "value"))),
	    table_paint_off(c));
	if ((p = json_object_get(a, "probability")) != NULL)
		printf("  probability %s, threshold %s", say_value(c, p),
		    say_value(c, json_object_get(a, "threshold")));
	putchar('\n');
	json_object_foreach ((json_t *)all, label, p)
		printf("  %s %s\n", table_clean(c, label), say_value(c, p));
	print_reasons(c, json_object_get(a, "reasons"));
	json_array_foreach (json_object_get(a, "warnings"), i, warning)
		printf("%swarning: %s%s%s\n", i == 0 ? "\n" : "",
		    table_clean(c, json_str(warning, "field", "")),
		    json_str(warning, "field", NULL) != NULL ? ": " : "",
		    table_clean(
			c, json_str(warning, "text", say_value(c, warning))));
	printf("\n%smodel %s version %s, %.12s%s\n",
	    table_paint_on(c, PAINT_DIM),
	    table_clean(c, json_str(a, "model", "?")),
	    say_value(c, json_object_get(a, "version")),
	    table_clean(c, json_str(a, "digest", "")), table_paint_off(c));
}

static int
predict(const struct cmd_line *l, void *arg, struct err *e)
{
	struct ctl *c = arg;
	auto_json json_t *row = read_features(c, l, e), *answer = NULL;
	const char *path = http_path(c, "/api/v1/inference/%s", l->word[0]);

	if (row == NULL)
		return -1;
	/* A body of the API is taken as it is. */
	int whole = json_object_size(row) == 1 &&
	            json_is_object(json_object_get(row, "features"));
	auto_json json_t *body =
	    whole ? json_incref(row) : json_pack("{s:O}", "features", row);
	if (cmd_option(l, "explain") != NULL)
		path = http_with(c, path, "explain", "true");
	if (http_call(c, "POST", path, body, NULL, &answer, e) == -1)
		return -1;
	if (c->json)
		ctl_print_json(answer);
	else
		print_answer(c, answer);
	return 0;
}

/* clang-format off */
static const struct cmd_option predict_options[] = {
	{ 'x', "explain", NULL, 0, "with the reasons" },
	{ 0 }
};

const struct cmd ctl_predict = {
	"predict", "MODEL [ROW]", 1, -1, predict_options,
	"Ask a model about one row: JSON, a file of it, - or NAME=VALUE words",
	predict
};
/* clang-format on */
