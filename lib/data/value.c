/*
 * What one token reads as.
 */
#include "config.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/banned.h"
#include "lib/data/number.h"
#include "lib/data/scan.h"
#include "lib/data/value.h"

/* clang-format off */
static const char missing_token[][5] = {
	"", "?", "NA", "N/A", "NaN", "nan", "NULL", "null", "None",
};

static const char *const no_token[] = {
	"false", "False", "FALSE", "no", "No", "NO", "f", "F", "n", "N",
};

static const char *const yes_token[] = {
	"true", "True", "TRUE", "yes", "Yes", "YES", "t", "T", "y", "Y",
};

const double number_power[] = {
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12,
	1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

#if LDBL_MANT_DIG == 64
/* What an x87 long double holds exactly. */
static const long double power_long[] = {
	1e0L, 1e1L, 1e2L, 1e3L, 1e4L, 1e5L, 1e6L, 1e7L, 1e8L, 1e9L, 1e10L,
	1e11L, 1e12L, 1e13L, 1e14L, 1e15L, 1e16L, 1e17L, 1e18L, 1e19L, 1e20L,
	1e21L, 1e22L, 1e23L, 1e24L, 1e25L, 1e26L, 1e27L,
};
#endif
/* clang-format on */

/*
 * w * 10^e for what is too long for the exact path.  Sixty-four bits of
 * quotient decide the rounding to 53 unless they end exactly in the middle;
 * then, and outside the table, the C library decides.
 */
static double
scale(uint64_t w, int e, const char *text, size_t n)
{
	static locale_t c;
	char buf[512], *copy = buf;
	double d;

	if (w <= 1ull << 53 && e >= -22 && e <= 22)
		return e < 0 ? (double)w / number_power[-e]
		             : (double)w * number_power[e];
#if LDBL_MANT_DIG == 64
	if (w != 0 && e >= -27 && e <= 27) {
		long double q = e < 0 ? w / power_long[-e] : w * power_long[e];
		uint64_t significand;

		memcpy(&significand, &q, sizeof(significand));
		if ((significand & 0x7ff) != 0x400)
			return (double)q;
	}
#endif
	if (c == NULL && (c = newlocale(LC_ALL_MASK, "C", NULL)) == NULL)
		abort();
	if (n >= sizeof(buf) && (copy = malloc(n + 1)) == NULL)
		abort();
	memcpy(copy, text, n);
	copy[n] = '\0';
	d = fabs(strtod_l(copy, NULL, c));
	if (copy != buf)
		free(copy);
	return d;
}

/* Any number, one byte after the other. */
int
number_slow(const char *text, size_t n, double *out, int *integral)
{
	const char *p = text, *end = text + n;
	int neg = 0, digits = 0, e = 0, any = 0, whole = 1, lossy = 0, exp = 0;
	uint64_t w = 0;
	double d;

	if (p < end && (*p == '-' || *p == '+'))
		neg = *p++ == '-';
	for (int point = 0; p < end; p++) {
		unsigned c = (unsigned char)*p - '0';

		if (*p == '.' && !point) {
			point = 1;
			whole = 0;
			continue;
		}
		if (c > 9)
			break;
		any = 1;
		if (digits == 19) { /* what still fits 64 bits */
			lossy |= c != 0;
			e += !point;
			continue;
		}
		w = 10 * w + c;
		digits += w != 0;
		e -= point;
	}
	if (!any)
		return 0;
	if (p < end && (*p == 'e' || *p == 'E')) {
		int minus = 0, x = 0;

		whole = 0;
		exp = 1;
		if (++p < end && (*p == '-' || *p == '+'))
			minus = *p++ == '-';
		if (p == end)
			return 0;
		for (; p < end && *p >= '0' && *p <= '9'; p++)
			x = x < 100000 ? 10 * x + *p - '0' : x;
		e += minus ? -x : x;
	}
	if (p != end)
		return 0;
	d = scale(lossy ? UINT64_MAX : w, lossy ? 1000 : e, text, n);
	if (!isfinite(d))
		return 0;
	*out = neg ? -d : d;
	if (integral != NULL)
		*integral = whole;
	return 1 + exp;
}

int
value_number(const char *text, size_t n, double *out, int *integral)
{
	return number_slow(text, n, out, integral) != 0;
}

int
value_missing(const char *text, size_t n)
{
	if (n > 4)
		return 0;
	for (size_t i = 0; i < nitems(missing_token); i++)
		if (strlen(missing_token[i]) == n &&
		    memcmp(missing_token[i], text, n) == 0)
			return 1;
	return 0;
}

/* The row of a token in one of the two tables, or -1. */
static int
find(const char *const *table, const char *text, size_t n)
{
	for (size_t i = 0; i < nitems(no_token); i++)
		if (strlen(table[i]) == n && memcmp(table[i], text, n) == 0)
			return (int)i;
	return -1;
}

int
value_boolean(const char *text, size_t n)
{
	return find(no_token, text, n) != -1    ? 0
	       : find(yes_token, text, n) != -1 ? 1
	                                        : -1;
}

int
value_booleans(const char *a, size_t na, const char *b, size_t nb)
{
	int no = find(no_token, a, na), yes = find(yes_token, a, na);

	return (no != -1 && no == find(yes_token, b, nb)) ||
	       (yes != -1 && yes == find(no_token, b, nb));
}

long
value_days(long year, int month, int day)
{
	long era;
	unsigned yoe, doy, doe;

	year -= month <= 2;
	era = (year >= 0 ? year : year - 399) / 400;
	yoe = (unsigned)(year - era * 400);
	doy = (153 * (unsigned)(month + (month > 2 ? -3 : 9)) + 2) / 5 +
	      (unsigned)day - 1;
	doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + (long)doe - 719468;
}

/* n digits at p, or -1. */
static int
digits(const char *p, int n)
{
	int v = 0;

	for (int i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return -1;
		v = 10 * v + p[i] - '0';
	}
	return v;
}

static int
days_in_month(int year, int month)
{
	static const char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };
	int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

/* Z, +HH, +HHMM or +HH:MM to the end of the token: seconds east, or -1. */
static int
zone(const char *p, const char *end, int *east)
{
	int hours, minutes = 0;

	if (end - p == 1 && (*p == 'Z' || *p == 'z')) {
		*east = 0;
		return 0;
	}
	if (end - p < 3 || (*p != '+' && *p != '-') ||
	    (hours = digits(p + 1, 2)) == -1 || hours > 14)
		return -1;
	if (end - p == 5)
		minutes = digits(p + 3, 2);
	else if (end - p == 6 && p[3] == ':')
		minutes = digits(p + 4, 2);
	else if (end - p != 3)
		return -1;
	if (minutes < 0 || minutes > 59)
		return -1;
	*east = (hours * 60 + minutes) * (*p == '-' ? -60 : 60);
	return 0;
}

int
value_datetime(const char *text, size_t n, double *seconds)
{
	const char *p = text, *end = text + n;
	int year, month, day, hour, minute, second = 0, east = 0;
	double fraction = 0;

	if (n < 10 || n > 40 || (p[4] != '-' && p[4] != '/') || p[7] != p[4] ||
	    (year = digits(p, 4)) == -1 || (month = digits(p + 5, 2)) < 1 ||
	    month > 12 || (day = digits(p + 8, 2)) < 1 ||
	    day > days_in_month(year, month))
		return 0;
	p += 10;
	if (p == end) {
		*seconds = 86400.0 * value_days(year, month, day);
		return 1;
	}
	if (n < 16 || (*p != 'T' && *p != 't' && *p != ' ') || p[3] != ':' ||
	    (hour = digits(p + 1, 2)) == -1 || hour > 23 ||
	    (minute = digits(p + 4, 2)) == -1 || minute > 59)
		return 0;
	p += 6;
	if (end - p >= 3 && *p == ':') {
		if ((second = digits(p + 1, 2)) == -1 || second > 60)
			return 0;
		p += 3;
		if (end - p >= 2 && (*p == '.' || *p == ',')) {
			double unit = 1;

			for (p++; p < end && *p >= '0' && *p <= '9'; p++)
				fraction += (*p - '0') * (unit /= 10);
			if (unit == 1)
				return 0;
		}
	}
	if (p < end && *p == ' ')
		p++;
	if ((p < end && zone(p, end, &east) == -1) ||
	    (p == end && p[-1] == ' '))
		return 0;
	*seconds = 86400.0 * value_days(year, month, day) + 3600 * hour +
	           60 * minute + second - east + fraction;
	return 1;
}

void
value_datetime_text(double seconds, char *out)
{
	/* The inverse of value_days, from the same source. */
	double whole = floor(seconds / 86400);
	long z, era, year;
	unsigned doe, yoe, doy, mp, day, month, s, ms;

	if (!(whole > -1e7 && whole < 3e6)) /* year -25,000 to 9,999 */
		whole = whole > 0 ? 2932896 : -719162;
	z = (long)whole + 719468;
	era = (z >= 0 ? z : z - 146096) / 146097;
	doe = (unsigned)(z - era * 146097);
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	day = doy - (153 * mp + 2) / 5 + 1;
	month = mp < 10 ? mp + 3 : mp - 9;
	year = (long)yoe + era * 400 + (month <= 2);
	ms = (unsigned)((seconds - 86400 * whole) * 1000 + 0.5);
	if (ms > 86399999)
		ms = 86399999;
	s = ms / 1000;
	ms %= 1000;
	if (s == 0 && ms == 0)
		snprintf(
		    out, VALUE_DATETIME, "%04ld-%02u-%02u", year, month, day);
	else if (ms == 0)
		snprintf(out, VALUE_DATETIME, "%04ld-%02u-%02uT%02u:%02u:%02uZ",
		    year, month, day, s / 3600, s / 60 % 60, s % 60);
	else
		snprintf(out, VALUE_DATETIME,
		    "%04ld-%02u-%02uT%02u:%02u:%02u.%03uZ", year, month, day,
		    s / 3600, s / 60 % 60, s % 60, ms);
}
