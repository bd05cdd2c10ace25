/*
 * The compiler of expressions: one pass of precedence climbing that checks
 * types and writes the postfix program of dsl_code.h.
 */
#include "config.h"

#include <string.h>

#include "lib/arena.h"
#include "lib/err.h"
#include "lib/score/dsl.h"
#include "lib/score/dsl_parse.h"

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

enum { RANK_NOT = 4, RANK_COMPARE = 4, RANK_MINUS = 7 };

const char *const dsl_type_names[] = { "a number", "a date", "a text" };

/* Append an operation that leaves the stack `grow` higher. */
int
dsl_emit(struct dsl_parser *p, const char *at, struct dsl_code c, int grow)
{
	if (p->ncode == DSL_CODE_MAX)
		return dsl_fail(p, at, "the expression has over %d operations",
		    DSL_CODE_MAX);
	p->height += grow;
	if (p->height > DSL_DEPTH_MAX)
		return dsl_fail(p, at, "the expression holds over %d values",
		    DSL_DEPTH_MAX);
	p->code[p->ncode++] = c;
	return 0;
}

int
dsl_need(struct dsl_parser *p, const struct dsl_value *v, enum dsl_type t)
{
	if (v->type == t)
		return 0;
	return dsl_fail(p, v->at, "this is %s; %s is needed",
	    dsl_type_names[v->type], dsl_type_names[t]);
}

static int
read_field(
    struct dsl_parser *p, const struct dsl_token *name, struct dsl_value *v)
{
	int i = 0;

	while (i < p->nfields && strcmp(p->field[i].name, name->text) != 0)
		i++;
	if (i == p->nfields)
		return dsl_fail(
		    p, name->at, "no field is named '%.128s'", name->text);
	switch (p->field[i].kind) {
	case FIELD_CATEGORY:
		v->type = DSL_TEXT;
		v->text = (struct dsl_text){ .field = i,
			.level = p->field[i].level,
			.nlevels = p->field[i].nlevels };
		return 0;
	case FIELD_DATETIME:
		v->type = DSL_DATE;
		break;
	default:
		v->type = DSL_NUMBER;
	}
	return dsl_emit(
	    p, name->at, (struct dsl_code){ .op = OP_FIELD, .field = i }, 1);
}

static int
primary(struct dsl_parser *p, struct dsl_value *v)
{
	struct dsl_token t = p->token;

	*v = (struct dsl_value){ .type = DSL_NUMBER, .at = t.at };
	if (t.kind == TOKEN_END)
		return dsl_fail(p, t.at, "the expression ends too early");
	if (dsl_is_sign(p, "(")) {
		if (dsl_lex(p) == -1 ||
		    dsl_expression(p, DSL_RANK_LEAST, v) == -1)
			return -1;
		v->at = t.at;
		return dsl_expect(p, ")");
	}
	if (t.kind == TOKEN_SIGN)
		return dsl_fail(p, t.at, "'%s' is out of place", t.text);
	if (dsl_lex(p) == -1)
		return -1;
	if (t.kind == TOKEN_NAME && dsl_is_sign(p, "("))
		return dsl_call(p, &t, v);
	if (t.kind == TOKEN_NAME || t.kind == TOKEN_FIELD)
		return read_field(p, &t, v);
	if (t.kind == TOKEN_TEXT) {
		v->type = DSL_TEXT;
		v->text = (struct dsl_text){ .literal = t.text, .field = -1 };
		return 0;
	}
	return dsl_emit(
	    p, t.at, (struct dsl_code){ .op = OP_CONST, .k = t.number }, 1);
}

/* - and not */
static int
prefix(struct dsl_parser *p, struct dsl_value *v)
{
	const char *at = p->token.at;
	int minus = dsl_is_sign(p, "-");

	if (!minus && !dsl_is_name(p, "not"))
		return primary(p, v);
	if (dsl_lex(p) == -1 ||
	    dsl_expression(p, minus ? RANK_MINUS : RANK_NOT, v) == -1 ||
	    dsl_need(p, v, DSL_NUMBER) == -1)
		return -1;
	v->at = at;
	return dsl_emit(
	    p, at, (struct dsl_code){ .op = minus ? OP_NEG : OP_NOT }, 0);
}

static const struct operation *
operator_here(const struct dsl_parser *p)
{
	if (p->token.kind != TOKEN_SIGN && p->token.kind != TOKEN_NAME)
		return NULL;
	for (const struct operation *o = operators; o->sign != NULL; o++)
		if (strcmp(o->sign, p->token.text) == 0)
			return o;
	return NULL;
}

static int
combine(struct dsl_parser *p, const struct operation *o, const char *at,
    struct dsl_value *a, const struct dsl_value *b)
{
	int equality = o->op == OP_EQ || o->op == OP_NE;

	if (a->type == DSL_TEXT && b->type == DSL_TEXT && equality) {
		if (dsl_compare_texts(p, a, b, a) == -1)
			return -1;
		return o->op == OP_EQ
		           ? 0
		           : dsl_emit(
				 p, at, (struct dsl_code){ .op = OP_NOT }, 0);
	}
	if (a->type != b->type || a->type == DSL_TEXT ||
	    (a->type == DSL_DATE && o->rank != RANK_COMPARE))
		return dsl_fail(p, at, "'%s' does not go with %s and %s",
		    o->sign, dsl_type_names[a->type], dsl_type_names[b->type]);
	a->type = DSL_NUMBER;
	return dsl_emit(p, at, (struct dsl_code){ .op = o->op }, -1);
}

int
dsl_expression(struct dsl_parser *p, int rank, struct dsl_value *v)
{
	const struct operation *o;
	int compared = 0;

	if (++p->nesting > DSL_DEPTH_MAX)
		return dsl_fail(p, p->token.at, "nested deeper than %d levels",
		    DSL_DEPTH_MAX);
	if (prefix(p, v) == -1)
		return -1;
	while ((o = operator_here(p)) != NULL && o->rank >= rank) {
		const char *at = p->token.at;
		struct dsl_value right;

		if (o->rank == RANK_COMPARE && compared)
			return dsl_fail(
			    p, at, "comparisons do not chain: use and");
		compared = o->rank == RANK_COMPARE;
		if (dsl_lex(p) == -1 ||
		    dsl_expression(p, o->rank + 1, &right) == -1 ||
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
	struct dsl_parser p = {
		.source = source,
		.next = source,
		.field = field,
		.nfields = nfields,
		.a = a,
		.e = e,
	};
	struct dsl_value v;
	struct dsl *d;

	if (strlen(source) > DSL_SOURCE_MAX) {
		err_at(e, ERR_INVALID, 1, DSL_SOURCE_MAX + 1,
		    "the expression is longer than %d bytes", DSL_SOURCE_MAX);
		return NULL;
	}
	p.code = arena_alloc(a, DSL_CODE_MAX * sizeof(*p.code));
	if (dsl_lex(&p) == -1 || dsl_expression(&p, DSL_RANK_LEAST, &v) == -1)
		return NULL;
	if (p.token.kind != TOKEN_END) {
		dsl_fail(&p, p.token.at, "the expression should end here");
		return NULL;
	}
	if (dsl_need(&p, &v, DSL_NUMBER) == -1)
		return NULL;
	d = arena_alloc(a, sizeof(*d));
	d->code = arena_alloc(a, (size_t)p.ncode * sizeof(*d->code));
	memcpy(d->code, p.code, (size_t)p.ncode * sizeof(*d->code));
	d->ncode = p.ncode;
	d->nfields = nfields;
	return d;
}
