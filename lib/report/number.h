/*
 * Numbers as people read them.
 */
#ifndef REPORT_NUMBER_H
#define REPORT_NUMBER_H

#include <stddef.h>

#define NUMBER_LEN 40

/* What stands where there is no number. */
#define NUMBER_NONE "–"

/* To so many significant digits, with thousands apart: 0.1235, 12.35,
 * 1,235, 1.235e-07.  Whole numbers under 10^15 keep all their digits.  Not
 * finite: NUMBER_NONE. */
void number_sig(double, int digits, char out[NUMBER_LEN]);

/* With so many decimals: 0.793. */
void number_fix(double, int decimals, char out[NUMBER_LEN]);

/* A share of one as 12.3%. */
void number_percent(double, char out[NUMBER_LEN]);

/* Bytes as 512 B, 1.4 kB, 23 MB. */
void number_bytes(double, char out[NUMBER_LEN]);

/* Seconds as 3.2 s, 4 min 10 s, 2 h 5 min. */
void number_seconds(double, char out[NUMBER_LEN]);

/* The decimals that show the widest spread of n values to so many significant
 * digits, so that a column of them lines up at the point. */
int number_decimals(const double *, size_t n, int digits);

#endif
