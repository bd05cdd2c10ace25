/*
 * Rows of numbers out of JSON of unknown shape.
 */
#ifndef REPORT_SERIES_H
#define REPORT_SERIES_H

#include <jansson.h>
#include <stddef.h>

struct arena;

/* A number, NaN for anything else. */
double series_number(const json_t *);

/* The numbers of an array; *n is what was read, max at most.  NULL when there
 * is none. */
double *series_numbers(
    struct arena *, const json_t *array, size_t max, size_t *n);

/* The member `key` of each object of an array. */
double *series_members(struct arena *, const json_t *array, const char *key,
    size_t max, size_t *n);

/* [[x, y], …] taken apart; more than max points are thinned evenly, the first
 * and the last kept.  0 when there is no point. */
size_t series_pairs(
    struct arena *, const json_t *array, size_t max, double **x, double **y);

/* The strings of an array, numbers and booleans as text. */
const char **series_words(
    struct arena *, const json_t *array, size_t max, size_t *n);

/* A scalar as text; "" for null and what is no scalar. */
const char *series_word(struct arena *, const json_t *);

#endif
