/*
 * Forms: what binds, and what is refused with which pointer.
 */
#include "config.h"

#include <string.h>

#include "lib/arena.h"
#include "lib/err.h"
#include "lib/form.h"
#include "lib/json.h"
#include "lib/near.h"
#include "lib/pairs.h"
#include "tests/tap.h"

/* clang-format off */
static const struct field inner[] = {
	{ "trials", IN_BODY, T_INT, .min = 1, .max = 9 },
	{ "usd",    IN_BODY, T_NUMBER, .min = 0, .max = 10 },
	{ 0 }
};

static const struct field form[] = {
	{ "name",   IN_BODY, T_TEXT, .required = 1, .min = 1, .max = 5 },
	{ "kind",   IN_BODY, T_ENUM, .oneof = "cat dog" },
	{ "n",	    IN_BODY, T_INT, .min = 0, .max = 9, .absent = "3" },
	{ "budget", IN_BODY, T_OBJECT, .form = inner, .absent = "{}" },
	{ "tags",   IN_BODY, T_NAME, .list = 2 },
	{ "any",    IN_BODY, T_JSON },
	{ "limit",  IN_QUERY, T_INT, .min = 1, .max = 500, .absent = "50" },
	{ "type",   IN_QUERY, T_ENUM, .oneof = "a b c", .list = 3 },
	{ "since",  IN_QUERY, T_TIME },
	{ "run_id", IN_PATH, T_ID, .oneof = "run" },
	{ 0 }
};
/* clang-format on */

static struct arena *arena;
static const char *value[FORM_MAX], *path;
static json_t *errors;
static struct err e;

static const char *
get(void *arg, enum field_in in, const char *name)
{
	(void)arg;
	(void)name;
	return in == IN_PATH ? path : NULL;
}

static int
try(const char *body, const char *query)
{
	struct form_src src = { get, NULL, pairs_parse(query, arena, &e),
		json_parse(body, strlen(body), &e), errors };
	int rc;

	memset(value, 0, sizeof(value));
	json_array_clear(errors);
	rc = form_bind(form, &src, arena, value, &e);
	json_decref(src.body);
	return rc;
}

static const char *
bound(const char *name)
{
	const char *s = form_value(form, value, name);

	return s != NULL ? s : "(none)";
}

/* Whether exactly the pointers given, parted by spaces, were wrong. */
static int
wrong(const char *pointers)
{
	char all[512] = "";
	size_t i, n = 0;
	json_t *v;

	json_array_foreach (errors, i, v)
		n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%s",
		    i > 0 ? " " : "", json_str(v, "pointer", "?"));
	if (strcmp(all, pointers) != 0)
		printf("# got '%s': %s\n", all, e.text);
	return strcmp(all, pointers) == 0;
}

int
main(void)
{
	arena = arena_new();
	errors = json_array();
	path = "run_01a20cb4-f708-79e4-ac34-5f557f5fce6b";

	ok(try("{\"name\":\"ab\",\"kind\":\"dog\"}", "") == 0 &&
		strcmp(bound("n"), "3") == 0 &&
		strcmp(bound("limit"), "50") == 0 &&
		strcmp(bound("budget"), "{}") == 0,
	    "a body binds, with defaults");
	ok(try("{\"name\":\"äöüßé\",\"n\":null}", "") == 0 &&
		strcmp(bound("n"), "3") == 0,
	    "a length counts characters, and null is absent");
	ok(try("{\"name\":\"a\",\"budget\":{\"trials\":3,\"usd\":0.5},"
	       "\"tags\":[\"x\",\"y\"],\"any\":[1,{}]}",
	       "limit=7&type=a,c&since=2026-01-01T00:00:00Z") == 0 &&
		strcmp(bound("budget"), "{\"trials\":3,\"usd\":0.5}") == 0 &&
		strcmp(bound("tags"), "[\"x\",\"y\"]") == 0 &&
		strcmp(bound("type"), "[\"a\",\"c\"]") == 0 &&
		strcmp(bound("any"), "[1,{}]") == 0,
	    "objects and lists bind as JSON");
	ok(try("{}", "") == -1 && wrong("/name"), "what is required");
	ok(try("{\"name\":\"abcdef\",\"kind\":\"do\",\"n\":10}", "") == -1 &&
		wrong("/name /kind /n") && e.code == ERR_INVALID,
	    "all that is wrong is told, not the first");
	ok(try("{\"name\":\"a\",\"n\":\"3\"}", "") == -1 && wrong("/n"),
	    "a text is no number");
	ok(try("{\"name\":\"a\",\"n\":3.0}", "") == -1 && wrong("/n"),
	    "a real is no whole number");
	ok(try("{\"name\":7}", "") == -1 && wrong("/name"),
	    "a number is no text");
	ok(try("{\"name\":\"a\",\"budget\":{\"trials\":0,\"usd\":11,\"x\":1}}",
	       "") == -1 &&
		wrong("/budget/trials /budget/usd /budget/x"),
	    "a nested form is checked with its pointers");
	ok(try("{\"name\":\"a\",\"budget\":[]}", "") == -1 && wrong("/budget"),
	    "an array is no object");
	ok(try("{\"name\":\"a\",\"tags\":[\"x\",\"!\"]}", "") == -1 &&
		wrong("/tags/1"),
	    "each item of a list is checked");
	ok(try("{\"name\":\"a\",\"tags\":[\"x\",\"y\",\"z\"]}", "") == -1 &&
		wrong("/tags"),
	    "a list has a length");
	ok(try("{\"nmae\":\"a\"}", "") == -1 && wrong("/name /nmae") &&
		strstr(json_str(json_array_get(errors, 1), "message", ""),
		    "'name'") != NULL,
	    "a member that nobody asked for is taken for a misspelt one");
	ok(try("{\"name\":\"a\",\"a/b~c\":1}", "") == -1 && wrong("/a~1b~0c"),
	    "a pointer is escaped");
	ok(try("{\"name\":\"a\",\"limit\":5}", "") == -1 && wrong("/limit"),
	    "a parameter of the query is none of the body");
	ok(try("{\"name\":\"a\"}", "limit=0&type=a,z&since=yesterday&q=1") ==
		    -1 &&
		wrong("/limit /type /since /q"),
	    "the query string is checked, too");
	ok(try("{\"name\":\"a\"}", "limit=1&limit=2") == -1 && wrong("/limit"),
	    "a parameter is given once");
	ok(try("{\"name\":\"a\"}", "limit=99999999999999999999") == -1,
	    "a number that no 64 bits hold");
	ok(try("[1]", "") == -1 && wrong(" /name"), "a body is an object");
	path = "run_x";
	ok(try("{\"name\":\"a\"}", "") == -1 && e.code == ERR_NOT_FOUND,
	    "a path that names what cannot exist is not found");

	ok(pairs_parse("a=%zz", arena, &e) == NULL, "a bad escape");
	ok(pairs_parse("a=%00", arena, &e) == NULL, "a NUL");
	ok(pairs_parse("a=%4", arena, &e) == NULL, "an escape cut short");
	ok(pairs_parse("a=%ff", arena, &e) == NULL, "no UTF-8");
	ok(strcmp(pairs_find(pairs_parse("x&a=1+2%2B&b", arena, &e), "a"),
	       "1 2+") == 0,
	    "plus and escapes");

	ok(near_distance("limti", "limit") == 1, "two swapped letters are one");
	ok(near_distance("", "abc") == 3, "three letters added");
	ok(!near_enough("xy", "ab"), "two letters of two are not near");

	json_decref(errors);
	arena_free(arena);
	return done();
}
