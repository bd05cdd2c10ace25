/*
 * Definitions of agents: front matter and a body.
 */
#include "config.h"

#include <jansson.h>

#include "lib/agent/agent.h"
#include "lib/arena.h"
#include "lib/err.h"
#include "tests/fuzz/harness.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct err e = { 0 };
	struct agent *g = agent_parse((const char *)data, n, a, &e);

	if (g != NULL) {
		json_t *v = agent_json(g, 1);

		/* What was read can be shown. */
		if (v == NULL)
			__builtin_trap();
		json_decref(v);
		(void)agent_may(g, "x");
	} else if (e.code == ERR_NONE || e.code == ERR_INTERNAL)
		__builtin_trap();
	arena_free(a);
	return 0;
}
