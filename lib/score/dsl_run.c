/*
 * The stack machine of compiled expressions.
 */
#include "config.h"

#include <math.h>

#include "lib/score/date.h"
#include "lib/score/dsl.h"
#include "lib/score/dsl_code.h"

/* What is no finite number is missing. */
static double
or_missing(double x)
{
	return isfinite(x) ? x : NAN;
}

/* Three-valued logic: a false operand decides `and` whatever the other is, a
 * true one decides `or`. */
static double
logic_and(double a, double b)
{
	if (a == 0 || b == 0)
		return 0;
	return isnan(a) || isnan(b) ? NAN : 1;
}

static double
logic_or(double a, double b)
{
	if ((!isnan(a) && a != 0) || (!isnan(b) && b != 0))
		return 1;
	return isnan(a) || isnan(b) ? NAN : 0;
}

static double
binary(enum dsl_op op, double a, double b)
{
	if (op == OP_AND)
		return logic_and(a, b);
	if (op == OP_OR)
		return logic_or(a, b);
	if (isnan(a) || isnan(b))
		return NAN;
	switch (op) {
	case OP_ADD:
		return a + b;
	case OP_SUB:
		return a - b;
	case OP_MUL:
		return a * b;
	case OP_DIV:
		return a / b;
	case OP_POW:
		return pow(a, b);
	case OP_LT:
		return a < b;
	case OP_LE:
		return a <= b;
	case OP_GT:
		return a > b;
	case OP_GE:
		return a >= b;
	case OP_EQ:
		return a == b;
	case OP_NE:
		return a != b;
	case OP_BETWEEN:
		return (b - a) / 86400;
	default:
		return NAN;
	}
}

static double
unary(enum dsl_op op, double a)
{
	if (isnan(a))
		return NAN;
	switch (op) {
	case OP_NEG:
		return -a;
	case OP_NOT:
		return a == 0;
	case OP_LOG:
		return log(a);
	case OP_EXP:
		return exp(a);
	case OP_SQRT:
		return sqrt(a);
	case OP_ABS:
		return fabs(a);
	case OP_FLOOR:
		return floor(a);
	case OP_CEIL:
		return ceil(a);
	case OP_ROUND:
		return round(a);
	default:
		return NAN;
	}
}

/* Of n arguments: the least, the greatest (missing if one of them is), or the
 * first that is not missing. */
static double
several(enum dsl_op op, const double *v, int n)
{
	double r = v[0];

	for (int i = 1; i < n; i++) {
		if (op == OP_COALESCE) {
			if (isnan(r))
				r = v[i];
		} else if (isnan(v[i]) || isnan(r)) {
			r = NAN;
		} else if (op == OP_MIN ? v[i] < r : v[i] > r) {
			r = v[i];
		}
	}
	return r;
}

static double
bins(const struct dsl_code *c, double x)
{
	int i = 0;

	if (isnan(x))
		return NAN;
	while (i < c->n && c->table[i] <= x)
		i++;
	return i;
}

static double
part(int which, double seconds)
{
	struct date d;

	if (date_split(seconds, &d) == -1)
		return NAN;
	switch (which) {
	case DATE_YEAR:
		return d.year;
	case DATE_MONTH:
		return d.month;
	case DATE_DAY:
		return d.day;
	case DATE_WEEKDAY:
		return d.weekday;
	case DATE_HOUR:
		return d.hour;
	default:
		return (double)d.days;
	}
}

static double
field(const struct dsl_code *c, const struct raw *raw)
{
	const struct raw *r = &raw[c->field];

	switch (c->op) {
	case OP_ABSENT:
		return r->kind == RAW_MISSING ||
		       (r->kind == RAW_NUMBER && isnan(r->number));
	case OP_FIELD:
		return r->kind == RAW_NUMBER ? or_missing(r->number) : NAN;
	default:
		if (r->kind == RAW_UNKNOWN)
			return c->table[c->n];
		if (r->kind == RAW_LEVEL && r->level >= 0 && r->level < c->n)
			return c->table[r->level];
		return NAN;
	}
}

double
dsl_run(const struct dsl *d, const struct raw *raw)
{
	/* The place below the first value stays empty. */
	double stack[DSL_DEPTH_MAX + 1], *top = stack;

	*top = NAN;
	/* The compiler has counted: the stack never runs over or under. */
	for (const struct dsl_code *c = d->code; c < d->code + d->ncode; c++) {
		switch (c->op) {
		case OP_CONST:
			*++top = c->k;
			break;
		case OP_FIELD:
		case OP_TABLE:
		case OP_ABSENT:
			*++top = field(c, raw);
			break;
		case OP_MISSING:
			*top = isnan(*top);
			break;
		case OP_IF:
			top -= 2;
			*top = isnan(*top) ? NAN : *top != 0 ? top[1] : top[2];
			break;
		case OP_MIN:
		case OP_MAX:
		case OP_COALESCE:
			top -= c->n - 1;
			*top = several(c->op, top, c->n);
			break;
		case OP_BINS:
			*top = bins(c, *top);
			break;
		case OP_PART:
			*top = part(c->n, *top);
			break;
		case OP_NEG:
		case OP_NOT:
		case OP_LOG:
		case OP_EXP:
		case OP_SQRT:
		case OP_ABS:
		case OP_FLOOR:
		case OP_CEIL:
		case OP_ROUND:
			*top = or_missing(unary(c->op, *top));
			break;
		default:
			top--;
			*top = or_missing(binary(c->op, *top, top[1]));
			break;
		}
	}
	return *top;
}

int
dsl_uses(const struct dsl *d, int f)
{
	for (const struct dsl_code *c = d->code; c < d->code + d->ncode; c++)
		if ((c->op == OP_FIELD || c->op == OP_TABLE ||
			c->op == OP_ABSENT) &&
		    c->field == f)
			return 1;
	return 0;
}
