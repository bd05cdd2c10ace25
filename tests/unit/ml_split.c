/*
 * Specifications and splits: what is refused, and that no row is in two parts.
 */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/data/frame.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/ml/seal.h"
#include "lib/ml/spec.h"
#include "lib/ml/split.h"
#include "tests/tap.h"
#include "tests/unit/ml_table.h"

#define ROWS 400

static struct arena *arena;
static struct frame *frame;

static struct spec *
spec_of(const char *text, struct err *e)
{
	json_t *v = json_loads(text, 0, NULL);
	struct spec *s;

	*e = (struct err){ 0 };
	if (v == NULL)
		abort();
	s = spec_from_json(v, arena, e);
	json_decref(v);
	return s;
}

/* clang-format off */
#define BINARY "{\"template\":\"binary_classification\",\"target\":\"outcome\""
#define VALUES "{\"template\":\"regression\",\"target\":\"loss\""

static const struct {
	const char *run, *pointer, *text;
} refused_specs[] = {
	{ "{}", "/template", "must be one of binary_classification" },
	{ "{\"template\":\"magic\"}", "/template", "must be one of" },
	{ "{\"template\":\"regression\"}", "/target", "must name a column" },
	{ VALUES ",\"positive\":\"x\"}", "/positive", "only a binary task" },
	{ BINARY ",\"seed\":-1}", "/seed", "whole number" },
	{ BINARY ",\"seed\":1.5}", "/seed", "whole number" },
	{ BINARY ",\"objective\":\"rmse\"}", "/objective", "no meaning for a binary task" },
	{ BINARY ",\"objective\":\"x\"}", "/objective", "no such metric" },
	{ BINARY ",\"protected\":\"sex\"}", "/protected", "must be a list" },
	{ BINARY ",\"protected\":[1]}", "/protected/0", "must be a name" },
	{ BINARY ",\"budget\":{\"trials\":0}}", "/budget/trials", "from 1 to" },
	{ BINARY ",\"budget\":{\"seconds\":\"x\"}}", "/budget/seconds", "must be a number" },
	{ BINARY ",\"params\":[]}", "/params", "must be an object" },
	{ BINARY ",\"params\":{\"fold\":5}}", "/params/fold", "no such parameter" },
	{ BINARY ",\"params\":{\"folds\":1}}", "/params/folds", "from 2 to 10" },
	{ BINARY ",\"params\":{\"holdout\":0.9}}", "/params/holdout", "from 0.05 to 0.5" },
	{ BINARY ",\"params\":{\"split\":\"x\"}}", "/params/split", "stratified, random, grouped, time" },
	{ BINARY ",\"params\":{\"split\":\"time\"}}", "/params/split_column", "needs a column" },
	{ VALUES ",\"params\":{\"split\":\"stratified\"}}", "/params/split", "needs classes" },
	{ BINARY ",\"params\":{\"learners\":[\"ridge\"]}}", "/params/learners/0", "no learner 'ridge'" },
	{ BINARY ",\"params\":{\"derived\":[{\"name\":\"a\"}]}}", "/params/derived/0", "must be" },
	{ BINARY ",\"params\":{\"exclude_protected\":1}}", "/params/exclude_protected", "true or false" },
	{ BINARY ",\"params\":{\"threshold_rule\":\"best\"}}", "/params/threshold_rule", "f1, mcc" },
	{ BINARY ",\"params\":{\"missing_target\":\"x\"}}", "/params/missing_target", "fail, drop" },
}, refused_splits[] = {
	{ "{\"template\":\"regression\",\"target\":\"nothing\"}", "/target", "no column 'nothing'" },
	{ "{\"template\":\"regression\",\"target\":\"outcome\"}", "/target", "of type" },
	{ "{\"template\":\"binary_classification\",\"target\":\"kind\"}", "/target", "has 3 classes" },
	{ "{\"template\":\"binary_classification\",\"target\":\"same\"}", "/target", "in every row" },
	{ "{\"template\":\"binary_classification\",\"target\":\"note\"}", "/target", "no classes" },
	{ "{\"template\":\"binary_classification\",\"target\":\"group\"}", "/target", "no classes" },
	{ "{\"template\":\"multiclass_classification\",\"target\":\"amount\"}", "/target", "more than 100" },
	{ "{\"template\":\"regression\",\"target\":\"age\"}", "/target", "is missing in" },
	{ BINARY ",\"positive\":\"ugly\"}", "/positive", "never 'ugly'" },
	{ BINARY ",\"protected\":[\"race\"]}", "/protected/0", "no column 'race'" },
	{ BINARY ",\"params\":{\"favourable\":\"x\"}}", "/params/favourable", "never 'x'" },
	{ BINARY ",\"params\":{\"exclude\":[\"sex\",\"x\"]}}", "/params/exclude/1", "no column 'x'" },
	{ BINARY ",\"params\":{\"split\":\"time\",\"split_column\":\"x\"}}", "/params/split_column", "no column 'x'" },
	{ BINARY ",\"params\":{\"split\":\"time\",\"split_column\":\"sex\"}}", "/params/split_column", "no order in time" },
	{ BINARY ",\"params\":{\"split\":\"time\",\"split_column\":\"age\"}}", "/params/split_column", "missing in row" },
	{ BINARY ",\"params\":{\"split\":\"grouped\",\"split_column\":\"sex\"}}", "/params/split_column", "2 different values" },
	{ BINARY ",\"params\":{\"derived\":[{\"name\":\"a\",\"expr\":\"amount +\"}]}}", "/params/derived/0/expr", "column" },
	{ BINARY ",\"params\":{\"exclude\":[\"amount\",\"age\",\"purpose\",\"city\",\"opened\",\"sex\",\"kind\",\"loss\"]}}", "", "no column to learn from" },
};
/* clang-format on */

static void
refusals(void)
{
	struct err e;

	for (size_t i = 0; i < nitems(refused_specs); i++) {
		struct spec *s = spec_of(refused_specs[i].run, &e);

		ok(s == NULL && e.code == ERR_INVALID &&
			strcmp(e.pointer, refused_specs[i].pointer) == 0 &&
			strstr(e.text, refused_specs[i].text) != NULL,
		    "%s is refused: %s: %s", refused_specs[i].run, e.pointer,
		    e.text);
	}
	for (size_t i = 0; i < nitems(refused_splits); i++) {
		struct spec *s = spec_of(refused_splits[i].run, &e);
		struct split *p = s == NULL ? NULL : split_make(frame, s, &e);

		ok(s != NULL && p == NULL && e.code == ERR_INVALID &&
			strcmp(e.pointer, refused_splits[i].pointer) == 0 &&
			strstr(e.text, refused_splits[i].text) != NULL,
		    "%s is refused: %s: %s", refused_splits[i].run, e.pointer,
		    e.text);
	}
}

static void
small_classes(void)
{
	struct err e;
	struct spec *s = spec_of(BINARY "}", &e);
	struct frame *few = table_make(100, 1, arena);
	struct column *c = &few->column[frame_find(few, "outcome")];
	struct split *p;

	for (size_t i = 0; i < 100; i++)
		c->code[i] = i == 7;
	p = split_make(few, s, &e);
	ok(p == NULL && strstr(e.text, "has 1 row;") != NULL,
	    "a class of one row is refused: %s", e.text);
	for (size_t i = 0; i < 6; i++)
		c->code[i * 9] = 1;
	p = split_make(few, s, &e);
	ok(p != NULL, "seven rows of a class are enough for five folds");
	split_free(p);
	for (size_t i = 0; i < 100; i++)
		c->code[i] = -1;
	p = split_make(few, s, &e);
	ok(p == NULL && strstr(e.text, "no value in any row") != NULL,
	    "a target that is missing everywhere is refused");
}

static void
round_trip(void)
{
	struct err e;
	struct spec *s = spec_of(BINARY
	    ",\"positive\":\"bad\",\"seed\":9,\"protected\":[\"sex\"],"
	    "\"params\":{\"exclude_protected\":true,\"folds\":4,"
	    "\"derived\":[{\"name\":\"a\",\"expr\":\"amount / 2\"}],"
	    "\"learners\":[\"xgboost\"],\"threshold_rule\":\"cost\","
	    "\"favourable\":\"good\",\"cost_fn\":5}}",
	    &e);
	json_t *once = spec_to_json(s), *twice;
	struct spec *t = spec_from_json(once, arena, &e);

	twice = spec_to_json(t);
	ok(json_equal(once, twice), "a specification survives being written");
	ok(t->folds == 4 && t->cost_fn == 5 && t->seed == 9,
	    "with all that it says");
	json_decref(once);
	json_decref(twice);
}

/* Each row in exactly one part, and the sealed ones out of reach. */
static void
check_parts(const struct split *p, const char *name)
{
	char *seen = arena_alloc(arena, ROWS);
	int twice = 0;

	for (size_t i = 0; i < p->frame->nrows; i++)
		twice += seen[p->row[i]]++;
	for (size_t i = 0; i < p->sealed->n; i++)
		twice += seen[p->sealed->row[i]]++;
	ok(twice == 0 && p->frame->nrows + p->sealed->n == ROWS,
	    "%s: no row is in two parts, and none is lost", name);
	ok(fabs((double)p->sealed->n - 0.2 * ROWS) < 0.06 * ROWS,
	    "%s: a fifth is sealed (%zu)", name, p->sealed->n);
	ok(p->frame->nrows < ROWS &&
		p->frame->column[0].number != frame->column[0].number,
	    "%s: the development frame has its own, fewer rows", name);
}

static void
parts(void)
{
	struct err e;
	struct spec *s = spec_of(BINARY "}", &e);
	struct split *p = split_make(frame, s, &e), *q;
	json_t *a, *b;
	double share[6] = { 0 }, n[6] = { 0 };
	int stray = 0;

	check_parts(p, "stratified");
	ok(strcmp(p->target.class[1], "bad") == 0,
	    "the rarer class is the positive one");
	for (size_t i = 0; i < p->frame->nrows; i++) {
		share[p->fold[i]] += p->target.y[i];
		n[p->fold[i]]++;
	}
	for (size_t i = 0; i < p->sealed->n; i++) {
		share[5] += p->sealed->y[i];
		n[5]++;
	}
	for (int f = 1; f < 6; f++)
		stray += fabs(share[f] / n[f] - share[0] / n[0]) > 0.02;
	ok(stray == 0, "each part has its share of each class");
	q = split_make(frame, s, &e);
	a = split_to_json(p);
	b = split_to_json(q);
	ok(json_equal(a, b), "one seed gives one split");
	json_decref(b);
	split_free(q);
	s = spec_of(BINARY ",\"seed\":2}", &e);
	q = split_make(frame, s, &e);
	b = split_to_json(q);
	ok(!json_equal(a, b), "another seed gives another");
	json_decref(a);
	json_decref(b);
	split_free(p);
	split_free(q);
	s = spec_of(VALUES "}", &e);
	p = split_make(frame, s, &e);
	check_parts(p, "random");
	split_free(p);
}

static void
groups_and_times(void)
{
	struct err e;
	struct spec *s = spec_of(BINARY
	    ",\"params\":{\"split\":\"grouped\",\"split_column\":\"group\"}}",
	    &e);
	struct split *p = split_make(frame, s, &e);
	int part[ROWS / 8 + 1], torn = 0;
	double latest[6], earliest[6];

	check_parts(p, "grouped");
	memset(part, -1, sizeof(part));
	for (size_t i = 0; i < p->frame->nrows; i++) {
		int *g = &part[p->row[i] / 8];

		torn += *g != -1 && *g != p->fold[i];
		*g = p->fold[i];
	}
	for (size_t i = 0; i < p->sealed->n; i++)
		torn += part[p->sealed->row[i] / 8] != -1;
	ok(torn == 0, "a group is never torn apart");
	split_free(p);

	s = spec_of(BINARY
	    ",\"params\":{\"split\":\"time\",\"split_column\":\"opened\"}}",
	    &e);
	p = split_make(frame, s, &e);
	check_parts(p, "time");
	for (int f = 0; f < 6; f++) {
		latest[f] = -INFINITY;
		earliest[f] = INFINITY;
	}
	for (size_t i = 0; i < ROWS; i++) {
		double t = frame->column[frame_find(frame, "opened")].number[i];
		int f = 5;

		for (size_t j = 0; j < p->frame->nrows; j++)
			if (p->row[j] == i)
				f = p->fold[j];
		latest[f] = fmax(latest[f], t);
		earliest[f] = fmin(earliest[f], t);
	}
	torn = 0;
	for (int f = 1; f < 6; f++)
		torn += !(latest[f - 1] < earliest[f]);
	ok(torn == 0, "time only goes forward, up to the sealed rows");
	split_free(p);
}

static void
dropped(void)
{
	struct err e;
	struct spec *s = spec_of("{\"template\":\"regression\","
				 "\"target\":\"age\",\"params\":"
				 "{\"missing_target\":\"drop\"}}",
	    &e);
	struct split *p = split_make(frame, s, &e);
	size_t missing = 0;

	for (size_t i = 0; i < ROWS; i++)
		missing += isnan(frame->column[1].number[i]);
	ok(p != NULL && p->dropped_rows == missing && missing > 0,
	    "rows without a target are left out when that is asked");
	split_free(p);
}

int
main(void)
{
	arena = arena_new();
	frame = table_make(ROWS, 5, arena);
	refusals();
	small_classes();
	round_trip();
	parts();
	groups_and_times();
	dropped();
	arena_free(arena);
	return done();
}
