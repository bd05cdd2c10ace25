/* The subset of JSON Schema, and the tools' own schemas. */
#include "config.h"

#include <string.h>

#include "lib/agent/phase.h"
#include "lib/agent/schema.h"
#include "lib/agent/tool.h"
#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/err.h"
#include "lib/json.h"
#include "tests/tap.h"

static struct err e;

/* clang-format off */
static const struct {
	const char	*schema, *value, *pointer; /* NULL: it fits */
} fits[] = {
	{ "{\"type\":\"integer\"}",		"3",		NULL },
	{ "{\"type\":\"integer\"}",		"3.5",		"" },
	{ "{\"type\":\"number\"}",		"3",		NULL },
	{ "{\"type\":[\"string\",\"null\"]}",	"null",		NULL },
	{ "{\"type\":[\"string\",\"null\"]}",	"[]",		"" },
	{ "{\"minimum\":2}",			"1",		"" },
	{ "{\"maximum\":2}",			"2",		NULL },
	{ "{\"maxLength\":2}",			"\"\xc3\xa4\xc3\xa4\"", NULL },
	{ "{\"maxLength\":2}",			"\"abc\"",	"" },
	{ "{\"enum\":[\"a\",\"b\"]}",		"\"b\"",	NULL },
	{ "{\"enum\":[\"a\",\"b\"]}",		"\"c\"",	"" },
	{ "{\"items\":{\"type\":\"string\"}}",	"[\"a\",1]",	"/1" },
	{ "{\"minItems\":1}",			"[]",		"" },
	{ "{\"properties\":{\"a\":{\"type\":\"string\"}}}", "{\"a\":1}", "/a" },
	{ "{\"properties\":{\"a\":{}}, \"additionalProperties\":false}", "{\"b/c\":1}", "/b~1c" },
	{ "{\"required\":[\"a\"]}",		"{}",		"" },
};
/* clang-format on */

static void
test_fits(void)
{
	for (size_t i = 0; i < nitems(fits); i++) {
		auto_json json_t *s = json_loads(fits[i].schema, 0, NULL);
		auto_json json_t *v =
		    json_loads(fits[i].value, JSON_DECODE_ANY, NULL);
		int rc = schema_fits(s, v, NULL, &e);

		ok(fits[i].pointer == NULL
			? rc == 0
			: rc == -1 && strcmp(e.pointer, fits[i].pointer) == 0,
		    "%s %s %s", fits[i].value,
		    fits[i].pointer == NULL ? "fits" : "does not fit",
		    fits[i].schema);
	}
}

static void
test_all_errors(void)
{
	auto_json json_t *s =
	    json_loads("{\"properties\":{\"a\":{\"type\":\"string\"},"
		       "\"b\":{\"maximum\":1}},\"required\":[\"c\"]}",
		0, NULL);
	auto_json json_t *v = json_loads("{\"a\":1,\"b\":2}", 0, NULL);
	auto_json json_t *errors = json_array();

	ok(schema_fits(s, v, errors, &e) == -1 && json_array_size(errors) == 3,
	    "all misfits are told, not the first");
}

static void
test_defaults(void)
{
	auto_json json_t *s = json_loads(
	    "{\"properties\":{\"a\":{\"default\":5},\"b\":{}}}", 0, NULL);
	auto_json json_t *v = json_object();

	schema_defaults(s, v);
	ok(json_int(v, "a", 0) == 5 && json_object_size(v) == 1,
	    "defaults are added where they are absent");
}

static void
test_own(void)
{
	int good = 1;
	json_t *s;

	for (size_t i = 0; tools[i] != NULL; i++) {
		s = json_loads(tools[i]->schema, 0, NULL);
		if (s == NULL || schema_check(s, &e) == -1) {
			printf("# %s: %s\n", tools[i]->name,
			    s == NULL ? "no JSON" : e.text);
			good = 0;
		}
		json_decref(s);
	}
	ok(good, "the schema of every tool is JSON, and all of it is checked");
	good = 1;
	for (const struct phase *p = phases; p->name != NULL; p++) {
		s = json_loads(p->schema, 0, NULL);
		if (s == NULL || schema_check(s, &e) == -1) {
			printf("# %s: %s\n", p->name,
			    s == NULL ? "no JSON" : e.text);
			good = 0;
		}
		json_decref(s);
	}
	ok(good, "the schema of every phase's answer, too");
}

static void
test_list(void)
{
	auto_json json_t *now = tool_list_json();
	auto_json json_t *kept =
	    json_load_file(SRCDIR "/share/tools.json", 0, NULL);

	ok(json_equal(now, kept),
	    "share/tools.json is what modelwright-job --tools prints");
}

int
main(void)
{
	test_fits();
	test_all_errors();
	test_defaults();
	test_own();
	test_list();
	return done();
}
