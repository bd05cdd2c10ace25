/*
 * The compiled form of an expression: a postfix program for a bounded stack.
 * Shared by the compiler and the machine; nobody else needs it.
 */
#ifndef DSL_CODE_H
#define DSL_CODE_H

#include "lib/score/prep.h"

struct arena;

enum dsl_op {
	OP_CONST,   /* push k */
	OP_FIELD,   /* push the number or date of a field */
	OP_TABLE,   /* push table[level of a field], table[n] if unknown */
	OP_ABSENT,  /* push whether a field is missing */
	OP_MISSING, /* whether the top is missing */
	OP_NEG,
	OP_NOT,
	OP_ADD,
	OP_SUB,
	OP_MUL,
	OP_DIV,
	OP_LT,
	OP_LE,
	OP_GT,
	OP_GE,
	OP_EQ,
	OP_NE,
	OP_AND,
	OP_OR,
	OP_IF, /* condition, then, else */
	OP_MIN,
	OP_MAX,
	OP_COALESCE,
	OP_POW,
	OP_LOG,
	OP_EXP,
	OP_SQRT,
	OP_ABS,
	OP_FLOOR,
	OP_CEIL,
	OP_ROUND,
	OP_BINS,    /* how many of n ascending edges in table are <= the top */
	OP_PART,    /* part n (enum date_part) of the date on top */
	OP_BETWEEN, /* days from the date below to the one on top */
	OP__MAX
};

struct dsl_code {
	enum dsl_op op;
	int n; /* of arguments, levels or edges; or a date part */
	int field;
	union {
		double k;
		const double *table;
	};
};

struct dsl {
	struct dsl_code *code;
	int ncode, nfields;
};

/* What a text expression is: a fixed text, or one text a level of a field. */
struct dsl_text {
	const char *literal; /* NULL: a field */
	int field;
	const char **level;
	int nlevels;
};

/* A number from a text (ours) and another one (its argument). */
double dsl_text_eq(const char *, const char *);
double dsl_text_contains(const char *, const char *);
double dsl_text_starts(const char *, const char *);
double dsl_text_ends(const char *, const char *);
double dsl_text_len(const char *); /* in characters */

/* A text from a text; ASCII letters only change case, so that no locale is
 * asked.  substr counts characters, from 0. */
const char *dsl_text_lower(const char *, struct arena *);
const char *dsl_text_upper(const char *, struct arena *);
const char *dsl_text_trim(const char *, struct arena *);
const char *dsl_text_substr(const char *, int from, int n, struct arena *);

#endif
