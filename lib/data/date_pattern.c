/*
 * Dates by a pattern of Java's SimpleDateFormat, as ARFF declares them.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "lib/banned.h"
#include "lib/data/date_pattern.h"
#include "lib/data/value.h"

int
date_pattern_read(
    const char *pattern, const char *p, const char *end, double *seconds)
{
	long part[7] = { 1970, 1, 1, 0, 0, 0, 0 };
	static const char letters[] = "yMdHmsS";
	const char *letter;
	char iso[64];
	int n;

	for (const char *f = pattern; *f != '\0'; f += n) {
		n = 1;
		if (*f == '\'') {
			for (f++; *f != '\0' && *f != '\''; f++)
				if (p != NULL && (p == end || *p++ != *f))
					return -1;
			if (*f == '\0')
				return '\'';
			continue;
		}
		if ((*f | 32) < 'a' || (*f | 32) > 'z') {
			if (p != NULL && (p == end || *p++ != *f))
				return -1;
			continue;
		}
		if ((letter = strchr(letters, *f)) == NULL)
			return *f;
		while (f[n] == *f)
			n++;
		if (p != NULL) {
			const char *start = p;
			long v = 0;

			while (p < end && *p >= '0' && *p <= '9' &&
			       p - start < (n > 2                    ? n
					       : *f == 'y' && n == 1 ? 4
								     : 2))
				v = 10 * v + *p++ - '0';
			if (p == start)
				return -1;
			if (*f == 'y' && p - start == 2)
				v += v < 70 ? 2000 : 1900;
			if (*f == 'S')
				for (long k = p - start; k < 3; k++)
					v *= 10;
			part[letter - letters] = v;
		}
	}
	if (p == NULL)
		return 0;
	if (p != end || part[0] > 9999)
		return -1;
	n = snprintf(iso, sizeof(iso), "%04ld-%02ld-%02ldT%02ld:%02ld:%02ld",
	    part[0], part[1], part[2], part[3], part[4], part[5]);
	if (!value_datetime(iso, (size_t)n, seconds))
		return -1;
	*seconds += part[6] / 1000.0;
	return 0;
}
