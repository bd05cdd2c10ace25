/*
 * A small safe language for derived features: expressions over the raw fields
 * of one row, with no loops, no state and no input or output.
 *
 *	log(1 + income) / if(is_missing(age), 1, age)
 *	bins(age, 25, 35, 50)          0, 1, 2 or 3
 *	in(purpose, "car", "boat") and amount > 5000
 *	days_between(opened, closed)   `closed` minus `opened`
 *
 * Names are fields; one that is no plain word is written `like this`.
 * Values:  number  - + * / < <= > >= == != and or not, pow min max abs sqrt
 *                  log exp floor ceil round if bins is_missing coalesce
 *          text    (a category) == != eq in len lower upper trim substr
 *                  contains starts_with ends_with
 *          date    < … , year month day weekday hour days days_between,
 *                  date("2024-01-31")
 * A comparison is 1 or 0.  What is missing stays missing (NaN) through every
 * operation but is_missing and coalesce, where `and`, `or` and `min`, `max` of
 * the rest are not already certain; a result that is no finite number (log of
 * a negative, division by nothing) is missing too.  A level that training
 * never saw is equal to no text and is in no list; functions of its text are
 * missing.
 */
#ifndef DSL_H
#define DSL_H

struct arena;
struct dsl;
struct err;
struct prep_field;
struct raw;

#define DSL_SOURCE_MAX 4096 /* bytes */
#define DSL_DEPTH_MAX  64   /* of nesting, and of the stack */
#define DSL_CODE_MAX   1024 /* operations */

/* Check an expression against a schema, with its types, and compile it into
 * the arena.  An error has the line and column of the offending word. */
struct dsl *dsl_compile(const char *source, const struct prep_field *field,
    int nfields, struct arena *, struct err *)
    __attribute__((warn_unused_result));

/* The value for one row (raw[nfields]), NaN where missing.  Pure. */
double dsl_run(const struct dsl *, const struct raw *raw);

/* Whether the expression reads a field. */
int dsl_uses(const struct dsl *, int field);

#endif
