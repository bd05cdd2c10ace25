/*
 * Dates and times as seconds since 1970-01-01T00:00:00Z, without time zones
 * of the machine and without locale.
 */
#ifndef DATE_H
#define DATE_H

#include <stddef.h>

/* What a datetime field takes: 2024-01-31, 2024-01-31 12:30[:59[.5]] (blank or
 * T), each with Z, +02:00, +0200 or nothing (then UTC); years 1 to 9999.
 * Returns 0, or -1 when the n bytes are anything else. */
int date_parse(const char *text, size_t n, double *seconds)
    __attribute__((warn_unused_result));

/* Parts of a date; weekday counts from 0 = Monday, days from 1970-01-01. */
struct date {
	int year, month, day, weekday, hour;
	long days;
};

/* Returns -1 for NaN and for years outside 1 to 9999. */
int date_split(double seconds, struct date *)
    __attribute__((warn_unused_result));

#endif
