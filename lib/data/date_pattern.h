/*
 * Dates by a pattern of Java's SimpleDateFormat, as ARFF declares them.
 */
#ifndef DATE_PATTERN_H
#define DATE_PATTERN_H

/* The text from p to end by a pattern of the letters y M d H m s S, text in
 * single quotes, and signs for themselves.  Gives seconds since
 * 1970-01-01T00:00:00Z and 0, or -1 when it is no such date.  With p NULL only
 * looks at the pattern: returns the first letter that it does not know, else
 * 0. */
int date_pattern_read(
    const char *pattern, const char *p, const char *end, double *seconds);

#endif
