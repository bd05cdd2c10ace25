/*
 * Dates: civil time to and from seconds since 1970.
 */
#include "config.h"

#include <math.h>
#include <string.h>

#include "lib/score/date.h"

struct cursor {
	const char *p, *end;
};

/* Exactly n digits, from lo to hi; -1 when something else stands there. */
static int
number(struct cursor *c, int n, int lo, int hi)
{
	int v = 0;

	if (c->end - c->p < n)
		return -1;
	for (int i = 0; i < n; i++, c->p++) {
		if (*c->p < '0' || *c->p > '9')
			return -1;
		v = v * 10 + (*c->p - '0');
	}
	return v < lo || v > hi ? -1 : v;
}

static int
skip(struct cursor *c, const char *set)
{
	if (c->p == c->end || *c->p == '\0' || strchr(set, *c->p) == NULL)
		return 0;
	c->p++;
	return 1;
}

/* Days since 1970-01-01 of the proleptic Gregorian calendar, and back: the
 * year is taken to begin in March, so that the leap day comes last (Howard
 * Hinnant, "chrono-compatible low-level date algorithms"). */
static long
days_of(int year, int month, int day)
{
	int y = year - (month <= 2);
	int era = (y >= 0 ? y : y - 399) / 400;
	int yoe = y - era * 400;
	int doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097L + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static int
month_days(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };

	if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
		return 29;
	return days[month - 1];
}

/* [ T]HH:MM[:SS[.fraction]] to seconds. */
static int
clock_time(struct cursor *c, double *seconds)
{
	int h, m, s;
	double unit = 0.1;

	if ((h = number(c, 2, 0, 23)) == -1 || !skip(c, ":") ||
	    (m = number(c, 2, 0, 59)) == -1)
		return -1;
	*seconds += h * 3600.0 + m * 60.0;
	if (!skip(c, ":"))
		return 0;
	if ((s = number(c, 2, 0, 60)) == -1)
		return -1;
	*seconds += s;
	if (!skip(c, ".,"))
		return 0;
	if (c->p == c->end || *c->p < '0' || *c->p > '9')
		return -1;
	for (; c->p < c->end && *c->p >= '0' && *c->p <= '9'; c->p++) {
		*seconds += (*c->p - '0') * unit;
		unit /= 10;
	}
	return 0;
}

/* Z, +HH:MM or +HHMM, taken off the seconds. */
static int
zone(struct cursor *c, double *seconds)
{
	int sign, h, m;

	if (skip(c, "Zz"))
		return 0;
	sign = *c->p == '-' ? -1 : 1;
	if (!skip(c, "+-") || (h = number(c, 2, 0, 14)) == -1)
		return -1;
	skip(c, ":");
	if ((m = number(c, 2, 0, 59)) == -1)
		return -1;
	*seconds -= sign * (h * 3600.0 + m * 60.0);
	return 0;
}

int
date_parse(const char *text, size_t n, double *seconds)
{
	struct cursor c = { text, text + n };
	int y, m, d;
	double t;

	if ((y = number(&c, 4, 1, 9999)) == -1 || !skip(&c, "-") ||
	    (m = number(&c, 2, 1, 12)) == -1 || !skip(&c, "-") ||
	    (d = number(&c, 2, 1, month_days(y, m))) == -1)
		return -1;
	t = days_of(y, m, d) * 86400.0;
	if (c.p < c.end && skip(&c, " T") && clock_time(&c, &t) == -1)
		return -1;
	if (c.p < c.end && zone(&c, &t) == -1)
		return -1;
	if (c.p != c.end)
		return -1;
	*seconds = t;
	return 0;
}

int
date_split(double seconds, struct date *out)
{
	/* 0001-01-01 and 10000-01-01 */
	if (!(seconds >= -62135596800.0 && seconds < 253402300800.0))
		return -1;

	long days = (long)floor(seconds / 86400);
	long z = days + 719468;
	long era = (z >= 0 ? z : z - 146096) / 146097;
	int doe = (int)(z - era * 146097);
	int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int mp = (5 * doy + 2) / 153;
	int month = mp + (mp < 10 ? 3 : -9);

	*out = (struct date){
		.year = (int)(yoe + era * 400) + (month <= 2),
		.month = month,
		.day = doy - (153 * mp + 2) / 5 + 1,
		.weekday = (int)(((days + 3) % 7 + 7) % 7),
		.hour = (int)((seconds - (double)days * 86400) / 3600),
		.days = days,
	};
	return 0;
}
