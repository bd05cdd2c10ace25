/*
 * The functions of expressions: their table, and how a call is compiled.
 */
#include "config.h"

#include <math.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/data/value.h"
#include "lib/score/dsl.h"
#include "lib/score/dsl_parse.h"

/* Texts and levels that one expression may make, all functions together. */
#define TEXTS_MAX (1 << 21)
#define ARGS_MAX  256

struct function {
	const char *name;
	int (*call)(
	    struct dsl_parser *, const struct function *, struct dsl_value *);
	const char *args; /* n number, d date; a last + repeats */
	enum dsl_op op;
	int n;
	double (*test)(const char *, const char *);
	const char *(*map)(const char *, struct arena *);
};

/* Room for n more texts or table entries. */
static int
spend(struct dsl_parser *p, const char *at, size_t n)
{
	p->texts += n;
	if (p->texts > TEXTS_MAX)
		return dsl_fail(p, at, "too many levels for so many functions");
	return 0;
}

/* Push test(text of the field, one of n literals): a table over its levels. */
static int
tabulate(struct dsl_parser *p, const struct dsl_value *v,
    double (*test)(const char *, const char *), const char **literal, int n,
    double unknown)
{
	const struct dsl_text *t = &v->text;
	double *table;

	if (t->literal != NULL)
		return dsl_fail(p, v->at, "a field is needed here, not a text");
	if (spend(p, v->at, (size_t)t->nlevels + 1) == -1)
		return -1;
	table = arena_alloc(p->a, ((size_t)t->nlevels + 1) * sizeof(*table));
	for (int i = 0; i < t->nlevels; i++) {
		if (n == 0)
			table[i] = dsl_text_len(t->level[i]);
		for (int k = 0; k < n && table[i] == 0; k++)
			table[i] = test(t->level[i], literal[k]);
	}
	table[t->nlevels] = unknown;
	return dsl_emit(p, v->at,
	    (struct dsl_code){ .op = OP_TABLE,
		.field = t->field,
		.n = t->nlevels,
		.table = table },
	    1);
}

int
dsl_compare_texts(struct dsl_parser *p, const struct dsl_value *a,
    const struct dsl_value *b, struct dsl_value *out)
{
	const struct dsl_value *f = a->text.literal == NULL ? a : b;
	const struct dsl_value *l = f == a ? b : a;
	const char *at = a->at;

	if (l->text.literal == NULL)
		return dsl_fail(p, l->at, "compare a category with a text");
	if (tabulate(p, f, dsl_text_eq, (const char *[]){ l->text.literal }, 1,
		0) == -1)
		return -1;
	*out = (struct dsl_value){ .type = DSL_NUMBER, .at = at };
	return 0;
}

/* Functions of numbers and dates: their arguments are on the stack. */
static int
call_plain(struct dsl_parser *p, const struct function *f, struct dsl_value *v)
{
	const char *want = f->args, *at = v->at;
	int n = 0;

	for (;; n++) {
		struct dsl_value arg;

		if (*want == '\0' || n == ARGS_MAX)
			return dsl_fail(p, p->token.at,
			    "%s takes %d argument%s", f->name, n,
			    n == 1 ? "" : "s");
		if (dsl_expression(p, DSL_RANK_LEAST, &arg) == -1 ||
		    dsl_need(p, &arg, *want == 'd' ? DSL_DATE : DSL_NUMBER) ==
			-1)
			return -1;
		if (want[1] != '+')
			want++;
		if (!dsl_is_sign(p, ","))
			break;
		if (dsl_lex(p) == -1)
			return -1;
	}
	n++;
	if (*want != '\0' && (want[1] != '+' || n < (int)strlen(f->args) - 1))
		return dsl_fail(
		    p, p->token.at, "%s needs more arguments", f->name);
	v->type = DSL_NUMBER;
	return dsl_emit(p, at,
	    (struct dsl_code){ .op = f->op, .n = f->op == OP_PART ? f->n : n },
	    1 - n);
}

static int
literal_text(struct dsl_parser *p, const char **out)
{
	if (p->token.kind != TOKEN_TEXT)
		return dsl_fail(
		    p, p->token.at, "a text in quotes is needed here");
	*out = p->token.text;
	return dsl_lex(p);
}

static int
literal_number(struct dsl_parser *p, double *out)
{
	int minus = dsl_is_sign(p, "-");

	if (minus && dsl_lex(p) == -1)
		return -1;
	if (p->token.kind != TOKEN_NUMBER)
		return dsl_fail(
		    p, p->token.at, "a plain number is needed here");
	*out = minus ? -p->token.number : p->token.number;
	return dsl_lex(p);
}

static int
call_bins(struct dsl_parser *p, const struct function *f, struct dsl_value *v)
{
	double edge[ARGS_MAX], *table;
	struct dsl_value x;
	int n = 0;

	if (dsl_expression(p, DSL_RANK_LEAST, &x) == -1 ||
	    dsl_need(p, &x, DSL_NUMBER) == -1)
		return -1;
	for (; dsl_is_sign(p, ","); n++) {
		const char *at;

		if (dsl_lex(p) == -1)
			return -1;
		at = p->token.at;
		if (n == ARGS_MAX)
			return dsl_fail(p, at, "over %d edges", ARGS_MAX);
		if (literal_number(p, &edge[n]) == -1)
			return -1;
		if (n > 0 && edge[n] <= edge[n - 1])
			return dsl_fail(p, at, "edges must ascend");
	}
	if (n == 0)
		return dsl_fail(p, p->token.at, "%s needs edges", f->name);
	table = arena_alloc(p->a, (size_t)n * sizeof(*table));
	memcpy(table, edge, (size_t)n * sizeof(*table));
	v->type = DSL_NUMBER;
	return dsl_emit(p, v->at,
	    (struct dsl_code){ .op = OP_BINS, .n = n, .table = table }, 0);
}

static int
call_is_missing(
    struct dsl_parser *p, const struct function *f, struct dsl_value *v)
{
	struct dsl_value x;

	if (dsl_expression(p, DSL_RANK_LEAST, &x) == -1)
		return -1;
	v->type = DSL_NUMBER;
	if (x.type != DSL_TEXT)
		return dsl_emit(p, v->at, (struct dsl_code){ .op = f->op }, 0);
	if (x.text.literal != NULL)
		return dsl_fail(p, x.at, "a text is never missing");
	return dsl_emit(p, v->at,
	    (struct dsl_code){ .op = OP_ABSENT, .field = x.text.field }, 1);
}

static int
call_date(struct dsl_parser *p, const struct function *f, struct dsl_value *v)
{
	const char *at = p->token.at, *text = NULL;
	double seconds;

	(void)f;
	if (literal_text(p, &text) == -1)
		return -1;
	if (!value_datetime(text, strlen(text), &seconds))
		return dsl_fail(p, at, "'%s' is no date", text);
	v->type = DSL_DATE;
	return dsl_emit(
	    p, v->at, (struct dsl_code){ .op = OP_CONST, .k = seconds }, 1);
}

static int
call_eq(struct dsl_parser *p, const struct function *f, struct dsl_value *v)
{
	struct dsl_value a, b;

	(void)f;
	if (dsl_expression(p, DSL_RANK_LEAST, &a) == -1 ||
	    dsl_need(p, &a, DSL_TEXT) == -1 || dsl_expect(p, ",") == -1 ||
	    dsl_expression(p, DSL_RANK_LEAST, &b) == -1 ||
	    dsl_need(p, &b, DSL_TEXT) == -1)
		return -1;
	return dsl_compare_texts(p, &a, &b, v);
}

/* Tests of a category's text against one literal, or several (f->n). */
static int
call_test(struct dsl_parser *p, const struct function *f, struct dsl_value *v)
{
	const char *literal[ARGS_MAX];
	struct dsl_value x;
	int n = 0;

	if (dsl_expression(p, DSL_RANK_LEAST, &x) == -1 ||
	    dsl_need(p, &x, DSL_TEXT) == -1)
		return -1;
	for (; n < f->n && dsl_is_sign(p, ","); n++)
		if (dsl_lex(p) == -1 || literal_text(p, &literal[n]) == -1)
			return -1;
	if (n == 0 && f->n > 0)
		return dsl_fail(p, p->token.at, "%s needs a text", f->name);
	v->type = DSL_NUMBER;
	return tabulate(
	    p, &x, f->test, literal, n, f->test == dsl_text_eq ? 0 : NAN);
}

/* A text from a text. */
static int
call_map(struct dsl_parser *p, const struct function *f, struct dsl_value *v)
{
	double from = 0, n = 0;
	struct dsl_value x;
	const char **level;

	if (dsl_expression(p, DSL_RANK_LEAST, &x) == -1 ||
	    dsl_need(p, &x, DSL_TEXT) == -1)
		return -1;
	if (f->map == NULL &&
	    (dsl_expect(p, ",") == -1 || literal_number(p, &from) == -1 ||
		dsl_expect(p, ",") == -1 || literal_number(p, &n) == -1))
		return -1;
	if (!(from >= 0 && from <= 1e6 && n >= 0 && n <= 1e6))
		return dsl_fail(p, v->at, "%s counts from 0", f->name);
	if (spend(p, v->at, (size_t)x.text.nlevels + 1) == -1)
		return -1;
	v->type = DSL_TEXT;
	v->text = x.text;
	if (x.text.literal != NULL) {
		v->text.literal = f->map != NULL
		                      ? f->map(x.text.literal, p->a)
		                      : dsl_text_substr(x.text.literal,
					    (int)from, (int)n, p->a);
		return 0;
	}
	level = arena_alloc(p->a, (size_t)x.text.nlevels * sizeof(*level));
	for (int i = 0; i < x.text.nlevels; i++)
		level[i] = f->map != NULL ? f->map(x.text.level[i], p->a)
		                          : dsl_text_substr(x.text.level[i],
						(int)from, (int)n, p->a);
	v->text.level = level;
	return 0;
}

/* clang-format off */
static const struct function functions[] = {
	{ "if",           call_plain, "nnn", OP_IF },
	{ "min",          call_plain, "nn+", OP_MIN },
	{ "max",          call_plain, "nn+", OP_MAX },
	{ "coalesce",     call_plain, "nn+", OP_COALESCE },
	{ "pow",          call_plain, "nn",  OP_POW },
	{ "log",          call_plain, "n",   OP_LOG },
	{ "exp",          call_plain, "n",   OP_EXP },
	{ "sqrt",         call_plain, "n",   OP_SQRT },
	{ "abs",          call_plain, "n",   OP_ABS },
	{ "floor",        call_plain, "n",   OP_FLOOR },
	{ "ceil",         call_plain, "n",   OP_CEIL },
	{ "round",        call_plain, "n",   OP_ROUND },
	{ "bins",         call_bins },
	{ "is_missing",   call_is_missing, .op = OP_MISSING },
	{ "year",         call_plain, "d",   OP_PART, DATE_YEAR },
	{ "month",        call_plain, "d",   OP_PART, DATE_MONTH },
	{ "day",          call_plain, "d",   OP_PART, DATE_DAY },
	{ "weekday",      call_plain, "d",   OP_PART, DATE_WEEKDAY },
	{ "hour",         call_plain, "d",   OP_PART, DATE_HOUR },
	{ "days",         call_plain, "d",   OP_PART, DATE_DAYS },
	{ "days_between", call_plain, "dd",  OP_BETWEEN },
	{ "date",         call_date },
	{ "eq",           call_eq },
	{ "in",           call_test, .n = ARGS_MAX, .test = dsl_text_eq },
	{ "contains",     call_test, .n = 1, .test = dsl_text_contains },
	{ "starts_with",  call_test, .n = 1, .test = dsl_text_starts },
	{ "ends_with",    call_test, .n = 1, .test = dsl_text_ends },
	{ "len",          call_test, .n = 0 },
	{ "lower",        call_map, .map = dsl_text_lower },
	{ "upper",        call_map, .map = dsl_text_upper },
	{ "trim",         call_map, .map = dsl_text_trim },
	{ "substr",       call_map },
	{ 0 }
};
/* clang-format on */

int
dsl_call(
    struct dsl_parser *p, const struct dsl_token *name, struct dsl_value *v)
{
	const struct function *f = functions;

	while (f->name != NULL && strcmp(f->name, name->text) != 0)
		f++;
	if (f->name == NULL)
		return dsl_fail(
		    p, name->at, "there is no function '%.64s'", name->text);
	if (dsl_lex(p) == -1)
		return -1;
	if (dsl_is_sign(p, ")"))
		return dsl_fail(p, p->token.at, "%s needs arguments", f->name);
	if (f->call(p, f, v) == -1)
		return -1;
	if (dsl_is_sign(p, ","))
		return dsl_fail(
		    p, p->token.at, "too many arguments for %s", f->name);
	return dsl_expect(p, ")");
}
