/*
 * Parts of dates, which are seconds since 1970-01-01T00:00:00Z: no time zone of
 * the machine, no locale.  (lib/data/value.h reads them from text.)
 */
#ifndef DATE_H
#define DATE_H

/* Parts of a date; weekday counts from 0 = Monday, days from 1970-01-01. */
struct date {
	int year, month, day, weekday, hour;
	long days;
};

/* Returns -1 for NaN and for years outside 1 to 9999. */
int date_split(double seconds, struct date *)
    __attribute__((warn_unused_result));

#endif
