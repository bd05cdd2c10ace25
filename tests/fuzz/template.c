/*
 * Pipeline templates in YAML.
 */
#include "config.h"

#include <jansson.h>

#include "lib/agent/template.h"
#include "lib/arena.h"
#include "lib/err.h"
#include "tests/fuzz/harness.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct err e = { 0 };
	struct template *t = template_parse((const char *)data, n, a, &e);

	if (t != NULL) {
		json_t *v = template_json(t);

		if (v == NULL)
			__builtin_trap();
		json_decref(v);
	} else if (e.code == ERR_NONE || e.code == ERR_INTERNAL)
		__builtin_trap();
	arena_free(a);
	return 0;
}
