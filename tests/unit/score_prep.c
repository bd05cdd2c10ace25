/*
 * Preparation: what each operation makes of values, missing and unknown ones;
 * the JSON form; what is refused.
 */
#include "config.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/score/prep.h"
#include "tests/tap.h"
#include "tests/unit/score_model.h"

enum { NFIELDS = 5, NFEATURES = 9 };

static struct arena *a;

static int
same(const float *x, const float *want)
{
	for (int i = 0; i < NFEATURES; i++)
		if (x[i] != want[i] && !(isnan(x[i]) && isnan(want[i]))) {
			printf("# feature %d: %g, not %g\n", i, (double)x[i],
			    (double)want[i]);
			return 0;
		}
	return 1;
}

static void
test_rows(const struct prep *p, const char *what)
{
	/* clang-format off */
	const struct { const char *name; struct raw raw[NFIELDS]; float want[NFEATURES]; } t[] = {
		{ "a full row",
		  { { RAW_NUMBER, 50, 0 }, { RAW_LEVEL, 0, 1 }, { RAW_NUMBER, 951782400, 0 }, { RAW_LEVEL, 0, 1 } },
		  { (float)((50.0 - 30) * 0.1), 0, 0, 1, -0.2f, 2000, 50, 2.5f, 1 } },
		{ "a row with nothing", { { RAW_MISSING } },
		  { 0.5f, 1, 0, 0, 0.25f, 2000, -7, 4, 0.5f } },
		{ "unknown levels",
		  { { RAW_NUMBER, 10, 0 }, { RAW_UNKNOWN }, { RAW_NUMBER, -1, 0 }, { RAW_UNKNOWN } },
		  { -2, 0, 0, 0, 9, 1969, -10, -1, 0 } },
		{ "edges belong to the bin above",
		  { { RAW_NUMBER, 20, 0 }, { RAW_LEVEL, 0, 0 }, { RAW_MISSING }, { RAW_LEVEL, 0, 0 } },
		  { -1, 0, 1, 0, 0.1f, 2000, -20, 0, 0 } },
		{ "a bin without a value",
		  { { RAW_NUMBER, 60, 0 }, { RAW_LEVEL, 0, 2 }, { RAW_MISSING }, { RAW_LEVEL, 0, 0 } },
		  { 3, 0, 0, 0, 0.7f, 2000, -60, NAN, 0 } },
		{ "numbers beyond a float, dates beyond the calendar, levels out of range",
		  { { RAW_NUMBER, 1e300, 0 }, { RAW_LEVEL, 0, 77 }, { RAW_NUMBER, 1e300, 0 }, { RAW_LEVEL, 0, -3 } },
		  { FLT_MAX, 0, 0, 0, 0.25f, 2000, -7, NAN, 0.5f } },
		{ "not a number",
		  { { RAW_NUMBER, NAN, 0 }, { RAW_LEVEL, 0, 0 }, { RAW_NUMBER, NAN, 0 }, { RAW_LEVEL, 0, 0 } },
		  { 0.5f, 1, 1, 0, 0.1f, 2000, -7, 4, 0 } },
	};
	/* clang-format on */

	for (size_t i = 0; i < nitems(t); i++) {
		float x[NFEATURES];

		prep_row(p, t[i].raw, x);
		ok(same(x, t[i].want), "%s: %s", what, t[i].name);
	}
}

static void
test_json(struct prep *p)
{
	struct err e = { 0 };
	auto_json json_t *v = NULL, *again = NULL, *text = NULL;
	struct prep *q;

	p->field[0].refuse = REFUSE_MISSING | REFUSE_TYPE;
	v = prep_to_json(p);
	text = json_parse(json_text(v, a), strlen(json_text(v, a)), &e);
	ok((q = prep_from_json(text, a, &e)) != NULL, "its JSON can be read");
	ok(q != NULL && q->field[0].refuse == p->field[0].refuse,
	    "what is refused survives");
	p->field[0].refuse = 0;
	ok(q != NULL && prep_compile(q, a, &e) == 0, "and compiled");
	again = prep_to_json(q);
	ok(json_equal(v, again), "and is the same when written again");
	test_rows(q, "read from JSON");
}

static void
test_refused_json(void)
{
	/* clang-format off */
	const struct { const char *json, *pointer; } t[] = {
		{ "{}", "/preparation" },
		{ "{\"fields\":[{}],\"features\":[]}", "/preparation/fields/0/name" },
		{ "{\"fields\":[{\"name\":\"a\",\"kind\":\"colour\"}],\"features\":[]}", "/preparation/fields/0/kind" },
		{ "{\"fields\":[{\"name\":\"a\",\"kind\":\"category\"}],\"features\":[]}", "/preparation/fields/0/levels" },
		{ "{\"fields\":[{\"name\":\"a\",\"kind\":\"number\"},{\"name\":\"a\",\"kind\":\"number\"}],\"features\":[]}", "/preparation/fields/1/name" },
		{ "{\"fields\":[],\"features\":[{\"name\":\"f\",\"op\":\"number\",\"field\":\"a\"}]}", "/preparation/features/0/field" },
		{ "{\"fields\":[{\"name\":\"a\",\"kind\":\"category\",\"levels\":[\"x\"]}],\"features\":[{\"name\":\"f\",\"op\":\"lookup\",\"field\":\"a\",\"table\":[1,2]}]}", "/preparation/features/0/table" },
		{ "{\"fields\":[{\"name\":\"a\",\"kind\":\"number\"}],\"features\":[{\"name\":\"f\",\"op\":\"bins\",\"field\":\"a\",\"edges\":[1],\"table\":[1]}]}", "/preparation/features/0/table" },
		{ "{\"fields\":[{\"name\":\"a\",\"kind\":\"number\"}],\"features\":[{\"name\":\"f\",\"op\":\"number\",\"field\":\"a\",\"scale\":\"x\"}]}", "/preparation/features/0/scale" },
	};
	/* clang-format on */

	for (size_t i = 0; i < nitems(t); i++) {
		struct err e = { 0 };
		auto_json json_t *v =
		    json_parse(t[i].json, strlen(t[i].json), &e);

		ok(prep_from_json(v, a, &e) == NULL &&
			strcmp(e.pointer, t[i].pointer) == 0,
		    "refused at %s: %s", e.pointer, e.text);
	}
}

static void
test_refused(void)
{
	static const double down[] = { 2, 1 };
	static const float table[] = { 1, 2, 3 };
	/* clang-format off */
	const struct { struct feature f; const char *why; } t[] = {
		{ { "f", PREP_NUMBER, 9, .scale = 1 }, "no such field" },
		{ { "f", PREP_NUMBER, 1, .scale = 1 }, "does not go" },
		{ { "f", PREP_LOOKUP, 0, .table = table }, "does not go" },
		{ { "f", PREP_DATE, 0 }, "does not go" },
		{ { "f", PREP_LOOKUP, 1 }, "no table" },
		{ { "f", PREP_BINS, 0, .table = table, .edge = down, .nedges = 2 }, "ascend" },
		{ { "f", PREP_NUMBER, 0, .scale = INFINITY }, "infinite" },
		{ { "f", PREP_EXPR, .expr = "age +" }, "too early" },
		{ { "f", PREP_EXPR }, "no expression" },
		{ { "f", (enum prep_op)77, 0 }, "does not go" },
	};
	/* clang-format on */

	for (size_t i = 0; i < nitems(t); i++) {
		struct err e = { 0 };
		struct feature f = t[i].f;
		struct prep p = *model_prep();

		p.feature = &f;
		p.nfeatures = 1;
		ok(prep_compile(&p, a, &e) == -1 &&
			strstr(e.text, t[i].why) != NULL &&
			strstr(e.text, "'f'") != NULL,
		    "refused: %s", e.text);
	}
}

int
main(void)
{
	struct err e = { 0 };
	struct prep *p = model_prep();

	a = arena_new();
	ok(prep_compile(p, a, &e) == 0, "a preparation compiles");
	test_rows(p, "made by hand");
	test_json(p);
	test_refused_json();
	test_refused();
	arena_free(a);
	return done();
}
