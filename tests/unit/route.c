/*
 * The table of routes: what is found, and that rows, forms and queries agree.
 */
#include "config.h"

#include <string.h>

#include "fcgi/groups.h"
#include "fcgi/page.h"
#include "fcgi/request.h"
#include "sql/sql.h"
#include "tests/tap.h"

#define RUN "run_01a20cb4-f708-79e4-ac34-5f557f5fce6b"

static struct arena *arena;

static const char *
op(enum method m, const char *path)
{
	unsigned allow;
	struct err e;
	const struct route *r = route_find(m, path, &allow, &e);

	return r != NULL ? r->op : err_kinds[e.code].name;
}

static const char *
arg(const char *path, const char *name)
{
	unsigned allow;
	struct err e;
	const struct route *r = route_find(GET, path, &allow, &e);
	const char *s = r != NULL ? route_arg(r, path, name, arena) : NULL;

	return s != NULL ? s : "(none)";
}

static void
check_row(const struct route *r, int n)
{
	const struct query *q[] = { r->query, r->fn == NULL ? r->query : NULL };
	int twice = 0;

	for (size_t i = 0; i < 2; i++)
		for (int k = 0; q[i] != NULL && k < q[i]->nparams; k++)
			if (!form_has(r->form, q[i]->params[k]))
				ok(0, "%s has a field %s", r->op,
				    q[i]->params[k]);
	for (int i = 0; i < n; i++)
		twice += strcmp(route_at(i)->op, r->op) == 0 ||
		         (route_at(i)->method == r->method &&
			     strcmp(route_at(i)->path, r->path) == 0);
	ok(twice == 0, "%s stands once", r->op);
	ok(r->help != NULL && (r->fn != NULL || r->query != NULL),
	    "%s says what it does, and does it", r->op);
	for (const char *p = r->path; r->form != NULL && (p = strchr(p, '{'));
	     p++) {
		char name[64];
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(p + 1, ".}"),
		    p + 1);
		ok(form_has(r->form, name), "%s checks {%s}", r->op, name);
	}
}

int
main(void)
{
	unsigned allow;
	struct err e;
	int n = 0;

	arena = arena_new();
	ok(strcmp(op(GET, "/api/v1/pipelines"), "listPipelines") == 0,
	    "a fixed path");
	ok(strcmp(op(GET, "/api/v1/pipelines/" RUN), "getPipeline") == 0,
	    "a path with a parameter");
	ok(strcmp(op(GET, "/api/v1/plugins/commands"), "listPluginCommands") ==
		0,
	    "literal segments beat parameters");
	ok(strcmp(op(GET, "/api/v1/pipelines/" RUN "/artifacts/plots/roc.svg"),
	       "getArtifact") == 0,
	    "a parameter that takes the rest");
	ok(strcmp(
	       arg("/api/v1/pipelines/" RUN "/artifacts/plots/roc.svg", "name"),
	       "plots/roc.svg") == 0,
	    "its value");
	ok(strcmp(arg("/api/v1/pipelines/" RUN "/artifacts/a", "run_id"),
	       RUN) == 0,
	    "the value before it");
	ok(strcmp(op(GET, "/api/v1/pipelines/"), "route_not_found") == 0,
	    "an empty segment");
	ok(strcmp(op(GET, "/api/v1/pipelines/" RUN "/artifacts/"),
	       "route_not_found") == 0,
	    "an empty rest");
	ok(strcmp(op(GET, "/"), "route_not_found") == 0, "nothing");
	ok(route_find(DELETE, "/api/v1/features/x", &allow, &e) != NULL,
	    "a method that applies");
	ok(route_find(POST, "/api/v1/features/x", &allow, &e) == NULL &&
		e.code == ERR_METHOD && allow == (GET | PUT | DELETE),
	    "one that does not, and those that would");
	ok(request_wait("respond-async, wait=10") == 10 &&
		request_wait("wait=999") == 25 &&
		request_wait("wait=-1") == 0 && request_wait("await=3") == 0 &&
		request_wait(NULL) == 0,
	    "Prefer: wait=N");
	ok(request_etag("\"a\", W/\"bc\"", "bc") && request_etag("*", "x") &&
		!request_etag("\"ab\"", "a") && !request_etag("", "a"),
	    "entity tags");
	for (const struct route *r; (r = route_at(n)) != NULL; n++)
		check_row(r, n);
	ok(n < PAGE_OPS, "the shared page counts each of %d operations", n);
	arena_free(arena);
	return done();
}
