#include "config.h"

#include <string.h>

#include "fcgi/route.h"
#include "fcgi/start.h"
#include "lib/json.h"
#include "lib/ml/spec.h"
#include "lib/near.h"
#include "sql/sql.h"

#define SHOWN 4 /* names that a message offers */

static void
drop(void *v)
{
	json_decref(v);
}

static void
put(json_t *run, struct req *req, const char *name)
{
	const char *s = req_get(req, name);

	if (s != NULL)
		json_object_set_new(run, name, json_string(s));
}

/* What lib/ml reads a run from, of the form's checked values. */
static json_t *
run_of(struct req *req)
{
	static const char *const objects[] = { "protected", "budget",
		"params" };
	json_t *run = json_object();
	struct err e;

	arena_defer(req->arena, drop, run);
	put(run, req, "template");
	put(run, req, "target");
	put(run, req, "positive");
	put(run, req, "objective");
	json_object_set_new(run, "seed", json_integer(req_int(req, "seed")));
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
		const char *s = req_get(req, objects[i]);
		json_object_set_new(
		    run, objects[i], json_parse(s, strlen(s), &e));
	}
	return run;
}

/* "; did you mean 'a' or 'b'?", or the names that there are. */
static const char *
offer(struct req *req, const json_t *names, const char *wanted, const char *of)
{
	const char *near = "", *all = "";
	json_t *v;
	size_t i;

	json_array_foreach (names, i, v) {
		const char *s = json_string_value(v);
		if (near_enough(wanted, s))
			near = arena_printf(req->arena, "%s%s'%.100s'", near,
			    *near != '\0' ? " or " : "", s);
		if (i < SHOWN)
			all = arena_printf(req->arena, "%s%s'%.100s'", all,
			    i > 0 ? ", " : "", s);
	}
	if (*near != '\0')
		return arena_printf(req->arena, "; did you mean %s?", near);
	return arena_printf(req->arena, "; its %s are %s%s", of, all,
	    json_array_size(names) > SHOWN ? " …" : "");
}

static int
is_among(const json_t *names, const char *wanted)
{
	const json_t *v;
	size_t i;

	json_array_foreach (names, i, v)
		if (strcmp(json_string_value(v), wanted) == 0)
			return 1;
	return 0;
}

static void
check_column(
    struct req *req, const json_t *names, const char *pointer, const char *name)
{
	if (!is_among(names, name))
		req_wrong(req, pointer,
		    "the data set '%s' has no column '%.100s'%s",
		    req_get(req, "dataset"), name,
		    offer(req, names, name, "columns"));
}

static int
is_type(const json_t *column, const char *type)
{
	return strcmp(json_str(column, "type", ""), type) == 0;
}

/* Known only where the profile lists every value, and as text. */
static void
check_positive(struct req *req, const json_t *top, const struct spec *spec)
{
	json_t *labels = json_array();
	const json_t *v;
	size_t i;

	arena_defer(req->arena, drop, labels);
	json_array_foreach (top, i, v) {
		const char *label = json_str(v, "value", NULL);
		if (label == NULL)
			return;
		json_array_append_new(labels, json_string(label));
	}
	if (!is_among(labels, spec->positive))
		req_wrong(req, "/positive", "'%.100s' is never '%.100s'%s",
		    spec->target, spec->positive,
		    offer(req, labels, spec->positive, "values"));
}

/* A class of one row cannot stand in two parts of a split. */
static void
check_classes(struct req *req, const json_t *column, const struct spec *spec)
{
	const json_t *top = json_object_get(column, "top"), *v;
	long long n = json_int(column, "distinct", 0);
	size_t i;

	if (is_type(column, "identifier") || is_type(column, "text"))
		req_wrong(req, "/target",
		    "'%.100s' is %s: nothing can be learned from its values",
		    spec->target, json_str(column, "type", ""));
	else if (spec->task == TASK_BINARY && n != 2)
		req_wrong(req, "/target",
		    "'%.100s' has %lld values, and %s needs exactly two; for "
		    "more, take multiclass_classification",
		    spec->target, n, spec->template);
	else if (spec->task == TASK_BINARY && spec->positive != NULL &&
		 json_array_size(top) == 2)
		check_positive(req, top, spec);
	else if (spec->task == TASK_MULTICLASS && n < 3)
		req_wrong(req, "/target",
		    "'%.100s' has %lld values; for two, take "
		    "binary_classification",
		    spec->target, n);
	json_array_foreach (top, i, v)
		if (json_int(v, "count", 0) == 1 &&
		    (long long)json_array_size(top) >= n)
			req_wrong(req, "/target",
			    "the class '%.100s' of '%.100s' has one row, and "
			    "needs two at least",
			    json_str(v, "value", ""), spec->target);
}

static void
check_target(struct req *req, const json_t *column, const struct spec *spec)
{
	if (is_type(column, "constant"))
		req_wrong(req, "/target",
		    "'%.100s' has the same value in every row, or none: there "
		    "is nothing to learn",
		    spec->target);
	else if (spec->task != TASK_REGRESSION)
		check_classes(req, column, spec);
	else if (!is_type(column, "integer") && !is_type(column, "number"))
		req_wrong(req, "/target",
		    "'%.100s' is %s, and a regression predicts a number",
		    spec->target, json_str(column, "type", ""));
}

static json_t *
json_of(struct req *req, const PGresult *r, int column)
{
	json_t *v = NULL;
	struct err e;

	if (!PQgetisnull(r, 0, column) &&
	    (v = json_parse(PQgetvalue(r, 0, column),
		 (size_t)PQgetlength(r, 0, column), &e)) != NULL)
		arena_defer(req->arena, drop, v);
	return v;
}

/* "must be …" stands alone badly: say what must. */
static int
name_it(struct err *e)
{
	if (strncmp(e->text, "must ", 5) == 0 && e->pointer[0] == '/')
		return err_ptr(
		    e, e->code, e->pointer, "%s %s", e->pointer + 1, e->text);
	return -1;
}

int
start_check(struct req *req)
{
	const struct spec *spec =
	    spec_from_json(run_of(req), req->arena, &req->err);
	const json_t *names, *column;
	PGresult *r;

	if (spec == NULL)
		return name_it(&req->err);
	if ((r = req_query(req, &sql_pipelines_target)) == NULL)
		return -1;
	if (PQntuples(r) == 0)
		return err_ptr(&req->err, ERR_INVALID, "/dataset",
		    "there is no data set '%s'", req_get(req, "dataset"));
	/* Without a profile the run itself will find out. */
	if ((names = json_of(req, r, 0)) == NULL)
		return 0;
	check_column(req, names, "/target", spec->target);
	for (int i = 0; i < spec->nprotect; i++)
		check_column(req, names,
		    arena_printf(req->arena, "/protected/%d", i),
		    spec->protect[i]);
	if ((column = json_of(req, r, 1)) != NULL)
		check_target(req, column, spec);
	return req->err.code == ERR_NONE ? 0 : -1;
}
