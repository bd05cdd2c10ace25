/*
 * Expressions: the first byte picks a row, the rest is the source.
 */
#include "config.h"

#include <math.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/err.h"
#include "lib/score/dsl.h"
#include "lib/score/prep.h"
#include "tests/fuzz/harness.h"

static const char *levels[] = { "a", "B ", "caf\xc3\xa9", "" };

static const struct prep_field fields[] = {
	{ "x", FIELD_NUMBER },
	{ "y", FIELD_NUMBER },
	{ "s", FIELD_CATEGORY, levels, 4 },
	{ "d", FIELD_DATETIME },
};

enum { NFIELDS = 4 };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const double numbers[] = { 0, -1.5, 1e308, NAN };
	struct arena *a = arena_new();
	struct raw raw[NFIELDS];
	struct err e = { 0 };
	struct dsl *d;
	char *source;

	if (n == 0) {
		arena_free(a);
		return 0;
	}
	for (int i = 0; i < NFIELDS; i++)
		raw[i] =
		    (struct raw){ .kind = (enum raw_kind)(*data >> 2 * i & 3),
			    .number = numbers[(*data + i) & 3],
			    .level = *data % 6 - 1 };
	source = arena_alloc(a, n);
	memcpy(source, data + 1, n - 1);
	if ((d = dsl_compile(source, fields, NFIELDS, a, &e)) != NULL) {
		double v = dsl_run(d, raw);

		/* The same row gives the same value, and no infinity. */
		if (isinf(v) ||
		    memcmp(&v, &(double){ dsl_run(d, raw) }, sizeof(v)) != 0)
			__builtin_trap();
		for (int i = 0; i < NFIELDS; i++)
			(void)dsl_uses(d, i);
	} else if (e.code != ERR_INVALID || e.line < 1 || e.column < 1) {
		__builtin_trap();
	}
	arena_free(a);
	return 0;
}
