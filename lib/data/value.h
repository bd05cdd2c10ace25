/*
 * What one token reads as: a number, a date, nothing.  The same for training
 * and for serving.
 */
#ifndef VALUE_H
#define VALUE_H

#include <stddef.h>

/* Whether it stands for "missing": empty, ? NA N/A NaN nan NULL null None, as
 * written here ("none" is a value like any other). */
int value_missing(const char *, size_t);

/* A finite decimal number: [+-] digits [. digits] [e [+-] digits], rounded to
 * the nearest double.  No blanks, no hexadecimal, no inf.  Whether it is one;
 * *integral (may be NULL) says that it was written without point and exponent.
 */
int value_number(const char *, size_t, double *, int *integral);

/* ISO 8601: YYYY-MM-DD, also YYYY/MM/DD, then optionally T or a blank and
 * HH:MM[:SS[.fraction]] and optionally Z, +HH, +HHMM or +HH:MM.  Without a zone
 * it is UTC.  Gives seconds since 1970-01-01T00:00:00Z.  The calendar is
 * checked; a leap second reads as the one after. */
int value_datetime(const char *, size_t, double *seconds);

/* The same instant as YYYY-MM-DDTHH:MM:SS[.mmm]Z, or only the date at midnight;
 * out has room for VALUE_DATETIME bytes. */
#define VALUE_DATETIME 64
void value_datetime_text(double seconds, char *out);

/* Days since 1970-01-01 of a date of the proleptic Gregorian calendar
 * (H. Hinnant, "chrono-compatible low-level date algorithms"). */
long value_days(long year, int month, int day);

/* 0 for false, no, f, n; 1 for true, yes, t, y (lower, Title or UPPER case);
 * else -1. */
int value_boolean(const char *, size_t);
/* Whether they are the two sides of one pair, as "no" and "yes" are, and "no"
 * and "true" or "YES" are not; in whatever order. */
int value_booleans(const char *, size_t, const char *, size_t);

#endif
