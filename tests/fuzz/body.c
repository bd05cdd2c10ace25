/*
 * A request as its form sees it: the query string, a NUL, the JSON body.
 */
#include "config.h"

#include <string.h>

#include "lib/arena.h"
#include "lib/err.h"
#include "lib/form.h"
#include "lib/json.h"
#include "lib/pairs.h"
#include "tests/fuzz/harness.h"

/* clang-format off */
static const struct field inner[] = {
	{ "trials", IN_BODY, T_INT, .min = 1, .max = 10000 },
	{ "usd",    IN_BODY, T_NUMBER, .min = 0, .max = 10 },
	{ 0 }
};

static const struct field form[] = {
	{ "name",     IN_BODY, T_TEXT, .required = 1, .min = 1, .max = 5 },
	{ "template", IN_BODY, T_NAME, .required = 1 },
	{ "run",      IN_BODY, T_ID, .oneof = "run" },
	{ "kind",     IN_BODY, T_ENUM, .oneof = "cat dog" },
	{ "n",	      IN_BODY, T_INT, .min = 0, .max = 9, .absent = "3" },
	{ "chat",     IN_BODY, T_BOOL },
	{ "budget",   IN_BODY, T_OBJECT, .form = inner, .absent = "{}" },
	{ "features", IN_BODY, T_OBJECT, .unbound = 1 },
	{ "tags",     IN_BODY, T_NAME, .list = 2 },
	{ "any",      IN_BODY, T_JSON },
	{ "limit",    IN_QUERY, T_INT, .min = 1, .max = 500, .absent = "50" },
	{ "type",     IN_QUERY, T_ENUM, .oneof = "a b c", .list = 3 },
	{ "since",    IN_QUERY, T_TIME },
	{ "where",    IN_QUERY, T_TEXT, .max = 100 },
	{ 0 }
};
/* clang-format on */

static const char *
get(void *arg, enum field_in in, const char *name)
{
	(void)arg;
	(void)in;
	(void)name;
	return NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	size_t q = strnlen((const char *)data, n);
	char *query = arena_alloc(a, q + 1);
	const char *value[FORM_MAX] = { NULL };
	struct err e = { 0 };
	struct form_src src = { get, NULL, NULL, NULL, json_array() };
	int rc;

	memcpy(query, data, q);
	src.query = pairs_parse(query, a, &e);
	if (q < n)
		src.body =
		    json_parse((const char *)data + q + 1, n - q - 1, &e);
	rc = form_bind(form, &src, a, value, &e);
	/* Either all of it fits, or something is said to be wrong. */
	if ((rc == 0) != (json_array_size(src.errors) == 0) ||
	    (rc == 0 && value[0] == NULL))
		__builtin_trap();
	if (json_text(src.errors, a) == NULL)
		__builtin_trap();
	json_decref(src.errors);
	json_decref(src.body);
	arena_free(a);
	return 0;
}
