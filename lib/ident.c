#include "config.h"

#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "lib/ident.h"

void
ident_new(char out[IDENT_MAX], const char *prefix)
{
	struct timespec now;
	uint64_t ms;
	unsigned char r[10];

	clock_gettime(CLOCK_REALTIME, &now);
	ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
	if (getrandom(r, sizeof(r), 0) != sizeof(r))
		err(1, "getrandom");
	snprintf(out, IDENT_MAX,
	    "%.23s_%08x-%04x-7%03x-%04x-%02x%02x%02x%02x%02x%02x", prefix,
	    (unsigned)(ms >> 16), (unsigned)(ms & 0xffff),
	    (unsigned)(r[0] << 8 | r[1]) & 0xfff,
	    ((unsigned)(r[2] << 8 | r[3]) & 0x3fff) | 0x8000, r[4], r[5], r[6],
	    r[7], r[8], r[9]);
}

int
ident_ok(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	if (strncmp(s, prefix, n) != 0 || s[n] != '_' || strlen(s) != n + 37)
		return 0;
	s += n + 1;
	for (int i = 0; i < 36; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (s[i] != '-')
				return 0;
		} else if (strchr("0123456789abcdef", s[i]) == NULL)
			return 0;
	return 1;
}
