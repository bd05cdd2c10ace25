/*
 * The compiler of expressions: one pass of precedence climbing that checks
 * types and writes the postfix program of dsl_code.h.
 */
#include "config.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/banned.h"
#include "lib/data/value.h"
#include "lib/err.h"
#include "lib/score/dsl.h"
#include "lib/score/dsl_code.h"

/* Texts and levels that one expression may make, all functions together. */
#define TEXTS_MAX (1 << 21)
#define ARGS_MAX  256

enum token_kind {
	TOKEN_END,
	TOKEN_NUMBER,
	TOKEN_TEXT,
	TOKEN_NAME,  /* a plain word */
	TOKEN_FIELD, /* `in backquotes` */
	TOKEN_SIGN   /* ( ) , and operators */
};

struct token {
	enum token_kind kind;
	const char *at;   /* in the source */
	const char *text; /* words, texts, signs */
	double number;
};

enum type { TYPE_NUMBER, TYPE_DATE, TYPE_TEXT };

static const char *const type_names[] = { "a number", "a date", "a text" };

/* What an operand turned out to be.  Numbers and dates stand on the stack,
 * texts only here. */
struct value {
	enum type type;
	const char *at;
	struct dsl_text text;
};

struct parser {
	const char *source, *next;
	struct token token;
	const struct prep_field *field;
	int nfields;
	struct dsl_code *code;
	int ncode, nesting, height;
	size_t texts;
	struct arena *a;
	struct err *e;
};

struct function {
	const char *name;
	int (*call)(struct parser *, const struct function *, struct value *);
	const char *args; /* n number, d date; a last + repeats */
	enum dsl_op op;
	int n;
	double (*test)(const char *, const char *);
	const char *(*map)(const char *, struct arena *);
};

struct operation {
	const char *sign;
	int rank;
	enum dsl_op op;
};

/* clang-format off */
static const struct operation operators[] = {
	{ "or",  1, OP_OR },
	{ "and", 2, OP_AND },
	/* `not` takes what ranks 4 and up */
	{ "<",   4, OP_LT },
	{ "<=",  4, OP_LE },
	{ ">",   4, OP_GT },
	{ ">=",  4, OP_GE },
	{ "==",  4, OP_EQ },
	{ "!=",  4, OP_NE },
	{ "+",   5, OP_ADD },
	{ "-",   5, OP_SUB },
	{ "*",   6, OP_MUL },
	{ "/",   6, OP_DIV },
	{ 0 }
};
/* clang-format on */

enum { RANK_LEAST = 1, RANK_NOT = 4, RANK_COMPARE = 4, RANK_MINUS = 7 };

static int fail(struct parser *, const char *at, const char *, ...)
    __attribute__((format(printf, 3, 4)));

static int
fail(struct parser *p, const char *at, const char *fmt, ...)
{
	char text[256];
	long line = 1;
	const char *start = p->source;
	va_list ap;

	for (const char *s = p->source; s < at; s++)
		if (*s == '\n') {
			line++;
			start = s + 1;
		}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_at(p->e, ERR_INVALID, line, at - start + 1, "%s", text);
}

static int
is_word(unsigned char c, int first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       c >= 0x80 || (!first && ((c >= '0' && c <= '9') || c == '.'));
}

/* A text or a field in quotes, which a backslash escapes. */
static int
lex_quoted(struct parser *p, char quote)
{
	const char *s = p->next + 1;
	char *t = arena_alloc(p->a, strlen(s) + 1);
	size_t n = 0;

	for (; *s != quote; s++) {
		if (*s == '\\' && s[1] != '\0')
			s++;
		if (*s == '\0')
			return fail(p, p->next, "this quote is not closed");
		t[n++] = *s;
	}
	p->token.kind = quote == '`' ? TOKEN_FIELD : TOKEN_TEXT;
	p->token.text = t;
	p->next = s + 1;
	return 0;
}

static int
lex_number(struct parser *p)
{
	const char *s = p->next;
	char digits[64];
	size_t n;

	s += strspn(s, "0123456789");
	if (*s == '.')
		s += 1 + strspn(s + 1, "0123456789");
	if (*s == 'e' || *s == 'E') {
		s++;
		if (*s == '+' || *s == '-')
			s++;
		s += strspn(s, "0123456789");
	}
	n = (size_t)(s - p->next);
	if (n >= sizeof(digits) || is_word((unsigned char)*s, 1))
		return fail(p, p->next, "this is no number");
	memcpy(digits, p->next, n);
	digits[n] = '\0';

	char *end;

	p->token.number = strtod(digits, &end);
	if (*end != '\0' || !isfinite(p->token.number))
		return fail(p, p->next, "this is no number");
	p->token.kind = TOKEN_NUMBER;
	p->next = s;
	return 0;
}

static int
lex(struct parser *p)
{
	static const char *const signs[] = { "<=", ">=", "==", "!=", "<", ">",
		"+", "-", "*", "/", "(", ")", "," };

	p->next += strspn(p->next, " \t\r\n");
	p->token = (struct token){ .at = p->next };

	unsigned char c = (unsigned char)*p->next;

	if (c == '\0')
		return 0;
	if (c == '"' || c == '\'' || c == '`')
		return lex_quoted(p, (char)c);
	if ((c >= '0' && c <= '9') || c == '.')
		return lex_number(p);
	if (is_word(c, 1)) {
		size_t n = 1;
		char *t;

		while (is_word((unsigned char)p->next[n], 0))
			n++;
		t = arena_alloc(p->a, n + 1);
		memcpy(t, p->next, n);
		p->token.kind = TOKEN_NAME;
		p->token.text = t;
		p->next += n;
		return 0;
	}
	for (size_t i = 0; i < nitems(signs); i++) {
		size_t n = strlen(signs[i]);

		if (strncmp(p->next, signs[i], n) == 0) {
			p->token.kind = TOKEN_SIGN;
			p->token.text = signs[i];
			p->next += n;
			return 0;
		}
	}
	if (c == '=')
		return fail(p, p->next, "'=' compares nothing: write '=='");
	return fail(p, p->next, "this character has no meaning here");
}

static int
is_sign(const struct parser *p, const char *sign)
{
	return p->token.kind == TOKEN_SIGN && strcmp(p->token.text, sign) == 0;
}

static int
is_name(const struct parser *p, const char *word)
{
	return p->token.kind == TOKEN_NAME && strcmp(p->token.text, word) == 0;
}

static int
expect(struct parser *p, const char *sign)
{
	if (!is_sign(p, sign))
		return fail(p, p->token.at, "'%s' is missing here", sign);
	return lex(p);
}

/* Append an operation that leaves the stack `grow` higher. */
static int
emit(struct parser *p, const char *at, struct dsl_code c, int grow)
{
	if (p->ncode == DSL_CODE_MAX)
		return fail(p, at, "the expression has over %d operations",
		    DSL_CODE_MAX);
	p->height += grow;
	if (p->height > DSL_DEPTH_MAX)
		return fail(p, at, "the expression holds over %d values",
		    DSL_DEPTH_MAX);
	p->code[p->ncode++] = c;
	return 0;
}

static int
need(struct parser *p, const struct value *v, enum type t)
{
	if (v->type == t)
		return 0;
	return fail(p, v->at, "this is %s; %s is needed", type_names[v->type],
	    type_names[t]);
}

/* Room for n more texts or table entries. */
static int
spend(struct parser *p, const char *at, size_t n)
{
	p->texts += n;
	if (p->texts > TEXTS_MAX)
		return fail(p, at, "too many levels for so many functions");
	return 0;
}

/* Push test(text of the field, one of n literals): a table over its levels. */
static int
tabulate(struct parser *p, const struct value *v,
    double (*test)(const char *, const char *), const char **literal, int n,
    double unknown)
{
	const struct dsl_text *t = &v->text;
	double *table;

	if (t->literal != NULL)
		return fail(p, v->at, "a field is needed here, not a text");
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
	return emit(p, v->at,
	    (struct dsl_code){ .op = OP_TABLE,
		.field = t->field,
		.n = t->nlevels,
		.table = table },
	    1);
}

static int
compare_texts(struct parser *p, const struct value *a, const struct value *b,
    struct value *out)
{
	const struct value *f = a->text.literal == NULL ? a : b;
	const struct value *l = f == a ? b : a;
	const char *at = a->at;

	if (l->text.literal == NULL)
		return fail(p, l->at, "compare a category with a text");
	if (tabulate(p, f, dsl_text_eq, (const char *[]){ l->text.literal }, 1,
		0) == -1)
		return -1;
	*out = (struct value){ .type = TYPE_NUMBER, .at = at };
	return 0;
}

static int expression(struct parser *, int rank, struct value *);

/* Functions of numbers and dates: their arguments are on the stack. */
static int
call_plain(struct parser *p, const struct function *f, struct value *v)
{
	const char *want = f->args, *at = v->at;
	int n = 0;

	for (;; n++) {
		struct value arg;

		if (*want == '\0' || n == ARGS_MAX)
			return fail(p, p->token.at, "%s takes %d argument%s",
			    f->name, n, n == 1 ? "" : "s");
		if (expression(p, RANK_LEAST, &arg) == -1 ||
		    need(p, &arg, *want == 'd' ? TYPE_DATE : TYPE_NUMBER) == -1)
			return -1;
		if (want[1] != '+')
			want++;
		if (!is_sign(p, ","))
			break;
		if (lex(p) == -1)
			return -1;
	}
	n++;
	if (*want != '\0' && (want[1] != '+' || n < (int)strlen(f->args) - 1))
		return fail(p, p->token.at, "%s needs more arguments", f->name);
	v->type = TYPE_NUMBER;
	return emit(p, at,
	    (struct dsl_code){ .op = f->op, .n = f->op == OP_PART ? f->n : n },
	    1 - n);
}

static int
literal_text(struct parser *p, const char **out)
{
	if (p->token.kind != TOKEN_TEXT)
		return fail(p, p->token.at, "a text in quotes is needed here");
	*out = p->token.text;
	return lex(p);
}

static int
literal_number(struct parser *p, double *out)
{
	int minus = is_sign(p, "-");

	if (minus && lex(p) == -1)
		return -1;
	if (p->token.kind != TOKEN_NUMBER)
		return fail(p, p->token.at, "a plain number is needed here");
	*out = minus ? -p->token.number : p->token.number;
	return lex(p);
}

static int
call_bins(struct parser *p, const struct function *f, struct value *v)
{
	double edge[ARGS_MAX], *table;
	struct value x;
	int n = 0;

	if (expression(p, RANK_LEAST, &x) == -1 ||
	    need(p, &x, TYPE_NUMBER) == -1)
		return -1;
	for (; is_sign(p, ","); n++) {
		const char *at;

		if (lex(p) == -1)
			return -1;
		at = p->token.at;
		if (n == ARGS_MAX)
			return fail(p, at, "over %d edges", ARGS_MAX);
		if (literal_number(p, &edge[n]) == -1)
			return -1;
		if (n > 0 && edge[n] <= edge[n - 1])
			return fail(p, at, "edges must ascend");
	}
	if (n == 0)
		return fail(p, p->token.at, "%s needs edges", f->name);
	table = arena_alloc(p->a, (size_t)n * sizeof(*table));
	memcpy(table, edge, (size_t)n * sizeof(*table));
	v->type = TYPE_NUMBER;
	return emit(p, v->at,
	    (struct dsl_code){ .op = OP_BINS, .n = n, .table = table }, 0);
}

static int
call_is_missing(struct parser *p, const struct function *f, struct value *v)
{
	struct value x;

	if (expression(p, RANK_LEAST, &x) == -1)
		return -1;
	v->type = TYPE_NUMBER;
	if (x.type != TYPE_TEXT)
		return emit(p, v->at, (struct dsl_code){ .op = f->op }, 0);
	if (x.text.literal != NULL)
		return fail(p, x.at, "a text is never missing");
	return emit(p, v->at,
	    (struct dsl_code){ .op = OP_ABSENT, .field = x.text.field }, 1);
}

static int
call_date(struct parser *p, const struct function *f, struct value *v)
{
	const char *at = p->token.at, *text = NULL;
	double seconds;

	(void)f;
	if (literal_text(p, &text) == -1)
		return -1;
	if (!value_datetime(text, strlen(text), &seconds))
		return fail(p, at, "'%s' is no date", text);
	v->type = TYPE_DATE;
	return emit(
	    p, v->at, (struct dsl_code){ .op = OP_CONST, .k = seconds }, 1);
}

static int
call_eq(struct parser *p, const struct function *f, struct value *v)
{
	struct value a, b;

	(void)f;
	if (expression(p, RANK_LEAST, &a) == -1 ||
	    need(p, &a, TYPE_TEXT) == -1 || expect(p, ",") == -1 ||
	    expression(p, RANK_LEAST, &b) == -1 || need(p, &b, TYPE_TEXT) == -1)
		return -1;
	return compare_texts(p, &a, &b, v);
}

/* Tests of a category's text against one literal, or several (f->n). */
static int
call_test(struct parser *p, const struct function *f, struct value *v)
{
	const char *literal[ARGS_MAX];
	struct value x;
	int n = 0;

	if (expression(p, RANK_LEAST, &x) == -1 || need(p, &x, TYPE_TEXT) == -1)
		return -1;
	for (; n < f->n && is_sign(p, ","); n++)
		if (lex(p) == -1 || literal_text(p, &literal[n]) == -1)
			return -1;
	if (n == 0 && f->n > 0)
		return fail(p, p->token.at, "%s needs a text", f->name);
	v->type = TYPE_NUMBER;
	return tabulate(
	    p, &x, f->test, literal, n, f->test == dsl_text_eq ? 0 : NAN);
}

/* A text from a text. */
static int
call_map(struct parser *p, const struct function *f, struct value *v)
{
	double from = 0, n = 0;
	struct value x;
	const char **level;

	if (expression(p, RANK_LEAST, &x) == -1 || need(p, &x, TYPE_TEXT) == -1)
		return -1;
	if (f->map == NULL &&
	    (expect(p, ",") == -1 || literal_number(p, &from) == -1 ||
		expect(p, ",") == -1 || literal_number(p, &n) == -1))
		return -1;
	if (!(from >= 0 && from <= 1e6 && n >= 0 && n <= 1e6))
		return fail(p, v->at, "%s counts from 0", f->name);
	if (spend(p, v->at, (size_t)x.text.nlevels + 1) == -1)
		return -1;
	v->type = TYPE_TEXT;
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

static int
call(struct parser *p, const struct token *name, struct value *v)
{
	const struct function *f = functions;

	while (f->name != NULL && strcmp(f->name, name->text) != 0)
		f++;
	if (f->name == NULL)
		return fail(
		    p, name->at, "there is no function '%.64s'", name->text);
	if (lex(p) == -1)
		return -1;
	if (is_sign(p, ")"))
		return fail(p, p->token.at, "%s needs arguments", f->name);
	if (f->call(p, f, v) == -1)
		return -1;
	if (is_sign(p, ","))
		return fail(
		    p, p->token.at, "too many arguments for %s", f->name);
	return expect(p, ")");
}

static int
read_field(struct parser *p, const struct token *name, struct value *v)
{
	int i = 0;

	while (i < p->nfields && strcmp(p->field[i].name, name->text) != 0)
		i++;
	if (i == p->nfields)
		return fail(
		    p, name->at, "no field is named '%.128s'", name->text);
	switch (p->field[i].kind) {
	case FIELD_CATEGORY:
		v->type = TYPE_TEXT;
		v->text = (struct dsl_text){ .field = i,
			.level = p->field[i].level,
			.nlevels = p->field[i].nlevels };
		return 0;
	case FIELD_DATETIME:
		v->type = TYPE_DATE;
		break;
	default:
		v->type = TYPE_NUMBER;
	}
	return emit(
	    p, name->at, (struct dsl_code){ .op = OP_FIELD, .field = i }, 1);
}

static int
primary(struct parser *p, struct value *v)
{
	struct token t = p->token;

	*v = (struct value){ .type = TYPE_NUMBER, .at = t.at };
	if (t.kind == TOKEN_END)
		return fail(p, t.at, "the expression ends too early");
	if (is_sign(p, "(")) {
		if (lex(p) == -1 || expression(p, RANK_LEAST, v) == -1)
			return -1;
		v->at = t.at;
		return expect(p, ")");
	}
	if (t.kind == TOKEN_SIGN)
		return fail(p, t.at, "'%s' is out of place", t.text);
	if (lex(p) == -1)
		return -1;
	if (t.kind == TOKEN_NAME && is_sign(p, "("))
		return call(p, &t, v);
	if (t.kind == TOKEN_NAME || t.kind == TOKEN_FIELD)
		return read_field(p, &t, v);
	if (t.kind == TOKEN_TEXT) {
		v->type = TYPE_TEXT;
		v->text = (struct dsl_text){ .literal = t.text, .field = -1 };
		return 0;
	}
	return emit(
	    p, t.at, (struct dsl_code){ .op = OP_CONST, .k = t.number }, 1);
}

/* - and not */
static int
prefix(struct parser *p, struct value *v)
{
	const char *at = p->token.at;
	int minus = is_sign(p, "-");

	if (!minus && !is_name(p, "not"))
		return primary(p, v);
	if (lex(p) == -1 ||
	    expression(p, minus ? RANK_MINUS : RANK_NOT, v) == -1 ||
	    need(p, v, TYPE_NUMBER) == -1)
		return -1;
	v->at = at;
	return emit(
	    p, at, (struct dsl_code){ .op = minus ? OP_NEG : OP_NOT }, 0);
}

static const struct operation *
operator_here(const struct parser *p)
{
	if (p->token.kind != TOKEN_SIGN && p->token.kind != TOKEN_NAME)
		return NULL;
	for (const struct operation *o = operators; o->sign != NULL; o++)
		if (strcmp(o->sign, p->token.text) == 0)
			return o;
	return NULL;
}

static int
combine(struct parser *p, const struct operation *o, const char *at,
    struct value *a, const struct value *b)
{
	int equality = o->op == OP_EQ || o->op == OP_NE;

	if (a->type == TYPE_TEXT && b->type == TYPE_TEXT && equality) {
		if (compare_texts(p, a, b, a) == -1)
			return -1;
		return o->op == OP_EQ
		           ? 0
		           : emit(p, at, (struct dsl_code){ .op = OP_NOT }, 0);
	}
	if (a->type != b->type || a->type == TYPE_TEXT ||
	    (a->type == TYPE_DATE && o->rank != RANK_COMPARE))
		return fail(p, at, "'%s' does not go with %s and %s", o->sign,
		    type_names[a->type], type_names[b->type]);
	a->type = TYPE_NUMBER;
	return emit(p, at, (struct dsl_code){ .op = o->op }, -1);
}

/* An operand, and all operators after it of at least this rank. */
static int
expression(struct parser *p, int rank, struct value *v)
{
	const struct operation *o;
	int compared = 0;

	if (++p->nesting > DSL_DEPTH_MAX)
		return fail(p, p->token.at, "nested deeper than %d levels",
		    DSL_DEPTH_MAX);
	if (prefix(p, v) == -1)
		return -1;
	while ((o = operator_here(p)) != NULL && o->rank >= rank) {
		const char *at = p->token.at;
		struct value right;

		if (o->rank == RANK_COMPARE && compared)
			return fail(p, at, "comparisons do not chain: use and");
		compared = o->rank == RANK_COMPARE;
		if (lex(p) == -1 || expression(p, o->rank + 1, &right) == -1 ||
		    combine(p, o, at, v, &right) == -1)
			return -1;
	}
	p->nesting--;
	return 0;
}

struct dsl *
dsl_compile(const char *source, const struct prep_field *field, int nfields,
    struct arena *a, struct err *e)
{
	struct parser p = {
		.source = source,
		.next = source,
		.field = field,
		.nfields = nfields,
		.a = a,
		.e = e,
	};
	struct value v;
	struct dsl *d;

	if (strlen(source) > DSL_SOURCE_MAX) {
		err_at(e, ERR_INVALID, 1, DSL_SOURCE_MAX + 1,
		    "the expression is longer than %d bytes", DSL_SOURCE_MAX);
		return NULL;
	}
	p.code = arena_alloc(a, DSL_CODE_MAX * sizeof(*p.code));
	if (lex(&p) == -1 || expression(&p, RANK_LEAST, &v) == -1)
		return NULL;
	if (p.token.kind != TOKEN_END) {
		fail(&p, p.token.at, "the expression should end here");
		return NULL;
	}
	if (need(&p, &v, TYPE_NUMBER) == -1)
		return NULL;
	d = arena_alloc(a, sizeof(*d));
	d->code = arena_alloc(a, (size_t)p.ncode * sizeof(*d->code));
	memcpy(d->code, p.code, (size_t)p.ncode * sizeof(*d->code));
	d->ncode = p.ncode;
	d->nfields = nfields;
	return d;
}
