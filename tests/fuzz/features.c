/*
 * The body of an inference call: JSON text to an answer, with its reasons.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/score/answer.h"
#include "lib/score/mws.h"
#include "tests/fuzz/harness.h"
#include "tests/unit/score_model.h"

static struct mws *
model(void)
{
	static struct mws *m;
	static struct arena *a;
	struct pack p = model_pack(model_prep());

	if (m == NULL) {
		a = arena_new();
		m = model_open(&p, a);
	}
	return m;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	json_t *body, *answer = NULL;
	struct err e = { 0 };

	if ((body = json_parse((const char *)data, n, &e)) != NULL) {
		if (score_answer(model(), body, 1, a, &answer, &e) == 0) {
			if (json_text(answer, a) == NULL)
				__builtin_trap();
		} else if (e.code != ERR_INVALID ||
			   strncmp(e.pointer, "/features", 9) != 0) {
			__builtin_trap();
		}
		json_decref(body);
	}
	arena_free(a);
	return 0;
}
