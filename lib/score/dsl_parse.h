/*
 * The parser of expressions, for the files that it is made of: dsl_lex.c
 * (words), dsl_call.c (functions), dsl.c (operators, and the whole).
 */
#ifndef DSL_PARSE_H
#define DSL_PARSE_H

#include <stddef.h>

#include "lib/score/dsl_code.h"

struct arena;
struct err;

enum dsl_token_kind {
	TOKEN_END,
	TOKEN_NUMBER,
	TOKEN_TEXT,
	TOKEN_NAME,  /* a plain word */
	TOKEN_FIELD, /* `in backquotes` */
	TOKEN_SIGN   /* ( ) , and operators */
};

struct dsl_token {
	enum dsl_token_kind kind;
	const char *at;   /* in the source */
	const char *text; /* words, texts, signs */
	double number;
};

enum dsl_type { DSL_NUMBER, DSL_DATE, DSL_TEXT };

/* What an operand turned out to be.  Numbers and dates stand on the stack,
 * texts only here. */
struct dsl_value {
	enum dsl_type type;
	const char *at;
	struct dsl_text text;
};

struct dsl_parser {
	const char *source, *next;
	struct dsl_token token;
	const struct prep_field *field;
	int nfields;
	struct dsl_code *code;
	int ncode, nesting, height;
	size_t texts;
	struct arena *a;
	struct err *e;
};

/* A failure at a place in the source; returns -1. */
int dsl_fail(struct dsl_parser *, const char *at, const char *, ...)
    __attribute__((format(printf, 3, 4)));

/* Words: go on to the next; what the present one is. */
int dsl_lex(struct dsl_parser *);
int dsl_is_sign(const struct dsl_parser *, const char *sign);
int dsl_is_name(const struct dsl_parser *, const char *word);
int dsl_expect(struct dsl_parser *, const char *sign);

/* An operand, and all operators after it of at least this rank. */
enum { DSL_RANK_LEAST = 1 };
int dsl_expression(struct dsl_parser *, int rank, struct dsl_value *);

/* Append an operation that leaves the stack `grow` higher. */
int dsl_emit(struct dsl_parser *, const char *at, struct dsl_code, int grow);
int dsl_need(struct dsl_parser *, const struct dsl_value *, enum dsl_type);
extern const char *const dsl_type_names[];

/* A function by its name, which is the word before the present one. */
int dsl_call(
    struct dsl_parser *, const struct dsl_token *name, struct dsl_value *);
/* Push whether two texts are equal, one of them a field. */
int dsl_compare_texts(struct dsl_parser *, const struct dsl_value *,
    const struct dsl_value *, struct dsl_value *out);

#endif
