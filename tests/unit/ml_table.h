/*
 * Tables for the tests of training, made from random numbers.
 */
#ifndef ML_TABLE_H
#define ML_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct frame;

/*
 * n rows: "amount" and "age" (numbers; age misses one in ten), "purpose" (4
 * levels), "city" (60 levels, which say nothing), "opened" (dates), "group"
 * (an identifier: 8 rows each), "note" (text), "same" (constant), "sex"
 * (two levels), and targets "outcome" (good or bad, of amount, age and
 * purpose), "kind" (three classes) and "loss" (a number).
 */
struct frame *table_make(size_t n, uint64_t seed, struct arena *);

/* Rows from to to - 1 of it. */
struct frame *table_part(
    const struct frame *, size_t from, size_t to, struct arena *);

#endif
