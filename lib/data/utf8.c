/*
 * Whether text is UTF-8.
 */
#include "config.h"

#include <stdint.h>
#include <string.h>

#include "lib/banned.h"
#include "lib/data/utf8.h"

/* The length of the sequence at p, or 0. */
static size_t
sequence(const unsigned char *p, size_t n)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t len;

	if (*p >= 0xc2 && *p <= 0xdf) {
		len = 2;
	} else if (*p >= 0xe0 && *p <= 0xef) {
		len = 3;
		low = *p == 0xe0 ? 0xa0 : 0x80;
		high = *p == 0xed ? 0x9f : 0xbf;
	} else if (*p >= 0xf0 && *p <= 0xf4) {
		len = 4;
		low = *p == 0xf0 ? 0x90 : 0x80;
		high = *p == 0xf4 ? 0x8f : 0xbf;
	} else {
		return 0;
	}
	if (n < len || p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if (p[i] < 0x80 || p[i] > 0xbf)
			return 0;
	return len;
}

const char *
utf8_bad(const char *text, size_t n)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + n;
	size_t len;

	while (p < end) {
		uint64_t w;

		while (end - p >= 8) {
			memcpy(&w, p, 8);
			/* no byte above 127, and none that is 0 */
			if (((w | (w - 0x0101010101010101ull)) &
				0x8080808080808080ull) != 0)
				break;
			p += 8;
		}
		for (; p < end && *p - 1u < 0x7f; p++)
			;
		if (p == end)
			break;
		if (*p == 0 || (len = sequence(p, (size_t)(end - p))) == 0)
			return (const char *)p;
		p += len;
	}
	return NULL;
}

int
utf8_put(char *out, unsigned long c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}
