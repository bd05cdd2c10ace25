/*
 * Parts of dates in the proleptic Gregorian calendar.
 */
#include "config.h"

#include <math.h>

#include "lib/score/date.h"

/* The year is taken to begin in March, so that the leap day comes last (Howard
 * Hinnant, "chrono-compatible low-level date algorithms"). */
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
