/*
 * Expressions: values against C, missing values, types, errors with columns,
 * limits.
 */
#include "config.h"

#include <math.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/err.h"
#include "lib/score/dsl.h"
#include "lib/score/prep.h"
#include "tests/tap.h"

static const char *purpose_levels[] = { "Car ", "radio/TV", "été" };
static const struct prep_field fields[] = {
	{ "x", FIELD_NUMBER },
	{ "y", FIELD_NUMBER },
	{ "none", FIELD_NUMBER },
	{ "purpose", FIELD_CATEGORY, purpose_levels, 3 },
	{ "opened", FIELD_DATETIME },
	{ "odd name`s", FIELD_NUMBER },
	{ "new", FIELD_CATEGORY, purpose_levels, 3 },
};

static const struct raw row[] = {
	{ RAW_NUMBER, .number = 7 },
	{ RAW_NUMBER, .number = -2.5 },
	{ RAW_MISSING },
	{ RAW_LEVEL, .level = 0 },
	{ RAW_NUMBER, .number = 951782399 + 3600 * 12 }, /* 2000-02-29 11:59 */
	{ RAW_NUMBER, .number = 3 },
	{ RAW_UNKNOWN },
};

static struct arena *a;

static double
value(const char *source)
{
	struct err e = { 0 };
	struct dsl *d = dsl_compile(source, fields, nitems(fields), a, &e);

	if (d == NULL) {
		printf("# %s: %ld:%ld: %s\n", source, e.line, e.column, e.text);
		return 1e99;
	}
	return dsl_run(d, row);
}

static void
test_values(void)
{
	/* clang-format off */
	const struct { const char *source; double want; } t[] = {
		{ "x", 7 },
		{ "1 + 2 * 3 - 4 / 8", 1 + 2 * 3 - 4 / 8. },
		{ "-x - -y", -7 - 2.5 },
		{ "(x + y) * 2", 9 },
		{ "2 * -3", -6 },
		{ "x - 1 - 1", 5 },
		{ "8 / 2 / 2", 2 },
		{ "1e3 + .5", 1000.5 },
		{ "log(x)", log(7) },
		{ "exp(y) + sqrt(x) + abs(y)", exp(-2.5) + sqrt(7) + 2.5 },
		{ "pow(x, 3)", 343 },
		{ "min(x, y, 1) + max(x, y, 9)", 6.5 },
		{ "floor(y) * 100 + ceil(y) * 10 + round(x / 2)", -316 },
		{ "x < 8", 1 }, { "x >= 8", 0 }, { "x == 7", 1 }, { "x != 7", 0 },
		{ "x > 1 and y < 0", 1 },
		{ "not x > 1 or y > 0", 0 },
		{ "not not x", 1 },
		{ "if(x > 5, 10, 20) + if(x > 9, 1, 2)", 12 },
		{ "bins(x, 1, 7, 8)", 2 }, { "bins(y, -3, -2)", 1 },
		{ "none", NAN }, { "none + 1", NAN }, { "none == none", NAN },
		{ "if(none, 1, 2)", NAN },
		{ "if(none > 1, 1, 2)", NAN },
		{ "none > 1 and x < 0", 0 }, { "none > 1 or x > 0", 1 },
		{ "none > 1 and x > 0", NAN }, { "not none", NAN },
		{ "min(x, none)", NAN }, { "bins(none, 1)", NAN },
		{ "coalesce(none, none, y)", -2.5 }, { "coalesce(x, y)", 7 },
		{ "is_missing(none)", 1 }, { "is_missing(x)", 0 },
		{ "is_missing(purpose)", 0 }, { "is_missing(new)", 0 },
		{ "is_missing(log(y))", 1 },
		{ "1 / 0", NAN }, { "1 / (1 / 0)", NAN }, { "log(0)", NAN },
		{ "exp(1000)", NAN }, { "sqrt(y)", NAN },
		{ "eq(purpose, \"Car \")", 1 }, { "purpose == 'Car '", 1 },
		{ "'Car ' == purpose", 1 }, { "purpose != 'Car '", 0 },
		{ "eq(lower(trim(purpose)), 'car')", 1 },
		{ "upper(purpose) == 'CAR '", 1 },
		{ "in(purpose, 'a', 'Car ')", 1 }, { "in(purpose, 'a')", 0 },
		{ "len(purpose)", 4 }, { "len(substr(purpose, 1, 2))", 2 },
		{ "substr(purpose, 1, 2) == 'ar'", 1 },
		{ "contains(purpose, 'ar')", 1 },
		{ "starts_with(purpose, 'Ca') + ends_with(purpose, 'r ')", 2 },
		{ "new == 'Car '", 0 }, { "in(new, 'Car ')", 0 },
		{ "len(new)", NAN }, { "new != 'Car '", 1 },
		{ "year(opened)", 2000 }, { "month(opened)", 2 },
		{ "day(opened)", 29 }, { "weekday(opened)", 1 },
		{ "hour(opened)", 11 },
		{ "days_between(date('2000-02-28'), opened) > 1", 1 },
		{ "days_between(date('2000-02-28'), date('2000-03-01'))", 2 },
		{ "opened < date('2000-03-01')", 1 },
		{ "days(date('1970-01-02'))", 1 },
		{ "`odd name\\`s` + 1", 4 },
		{ "x\n\t+ 1", 8 },
	};
	/* clang-format on */

	for (size_t i = 0; i < nitems(t); i++) {
		double got = value(t[i].source);

		ok(got == t[i].want || (isnan(got) && isnan(t[i].want)),
		    "%s is %g", t[i].source, got);
	}
}

static void
test_errors(void)
{
	/* clang-format off */
	const struct { const char *source; long column; const char *word; } t[] = {
		{ "", 1, "too early" },
		{ "x +", 4, "too early" },
		{ "x y", 3, "should end" },
		{ "(x", 3, "')'" },
		{ "wrong + 1", 1, "no field" },
		{ "sin(x)", 1, "no function" },
		{ "1 + log(x, y)", 12, "takes 1" },
		{ "pow(x)", 6, "needs more" },
		{ "min(x)", 6, "needs more" },
		{ "log()", 5, "needs arguments" },
		{ "x + purpose", 3, "does not go" },
		{ "purpose < 'a'", 9, "does not go" },
		{ "purpose", 1, "a text" },
		{ "opened", 1, "a date" },
		{ "opened + 1", 8, "does not go" },
		{ "year(x)", 6, "a date is needed" },
		{ "purpose == new", 12, "with a text" },
		{ "bins(x, 2, 1)", 12, "ascend" },
		{ "bins(x, y)", 9, "plain number" },
		{ "date('yesterday')", 6, "no date" },
		{ "x = 1", 3, "'=='" },
		{ "1 < x < 3", 7, "chain" },
		{ "x $ 1", 3, "no meaning" },
		{ "'abc", 1, "not closed" },
		{ "1e999", 1, "no number" },
		{ "0x10", 1, "no number" },
		{ "len('a')", 5, "a field" },
		{ "len(purpose, 'a')", 12, "too many" },
	};
	/* clang-format on */

	for (size_t i = 0; i < nitems(t); i++) {
		struct err e = { 0 };
		struct dsl *d =
		    dsl_compile(t[i].source, fields, nitems(fields), a, &e);

		ok(d == NULL && e.code == ERR_INVALID && e.line == 1 &&
			e.column == t[i].column &&
			strstr(e.text, t[i].word) != NULL,
		    "'%s' is refused at %ld: %s", t[i].source, e.column,
		    e.text);
	}

	struct err e = { 0 };

	ok(dsl_compile("x +\n  bad", fields, nitems(fields), a, &e) == NULL &&
		e.line == 2 && e.column == 3,
	    "an error on the second line says so");
}

static char *
repeat(const char *head, const char *s, int n, const char *tail)
{
	char *t = arena_alloc(a, strlen(s) * (size_t)n + 64);
	size_t len = 0, ls = strlen(s);

	memcpy(t, head, strlen(head));
	len = strlen(head);
	for (int i = 0; i < n; i++, len += ls)
		memcpy(t + len, s, ls);
	memcpy(t + len, tail, strlen(tail) + 1);
	return t;
}

static void
test_limits(void)
{
	struct err e = { 0 };

	ok(value(repeat("x", "+x", 400, "")) == 401 * 7,
	    "a long sum needs no deep stack");
	ok(dsl_compile(repeat("", "(", 100, "x"), fields, nitems(fields), a,
	       &e) == NULL &&
		strstr(e.text, "nested") != NULL,
	    "deep nesting is refused: %s", e.text);
	ok(dsl_compile(repeat("", "-", 3000, "x"), fields, nitems(fields), a,
	       &e) == NULL &&
		strstr(e.text, "nested") != NULL,
	    "so are many signs: %s", e.text);
	ok(dsl_compile(repeat("min(x", ",x", 200, ")"), fields, nitems(fields),
	       a, &e) == NULL,
	    "so are too many values at once: %s", e.text);
	ok(dsl_compile(repeat("x", "+x", 600, ""), fields, nitems(fields), a,
	       &e) == NULL,
	    "so are too many operations: %s", e.text);
	ok(dsl_compile(repeat("x", " ", 5000, ""), fields, nitems(fields), a,
	       &e) == NULL,
	    "so is a long source: %s", e.text);

	struct dsl *d = dsl_compile("if(purpose == 'a', x, is_missing(new))",
	    fields, nitems(fields), a, &e);

	ok(dsl_uses(d, 0) && !dsl_uses(d, 1) && dsl_uses(d, 3) &&
		dsl_uses(d, 6),
	    "an expression knows which fields it reads");
}

int
main(void)
{
	a = arena_new();
	test_values();
	test_errors();
	test_limits();
	arena_free(a);
	return done();
}
