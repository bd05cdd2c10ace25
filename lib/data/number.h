/*
 * Numbers read quickly: for the inner loops of the profile and the frame.
 */
#ifndef NUMBER_H
#define NUMBER_H

#include <stddef.h>
#include <stdint.h>

#include "lib/data/scan.h"

/* Powers of ten that a double holds exactly, to 1e22. */
extern const double number_power[];

/* value_number, one byte after the other; 2 when there is an exponent. */
int number_slow(const char *, size_t, double *, int *integral);

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NUMBER_ONES  0x0101010101010101ull
#define NUMBER_ZEROS (0x30 * NUMBER_ONES)

/* The high bit of each byte that is a point (below the first it is exact). */
static inline uint64_t
number_points(uint64_t h)
{
	h ^= 0x2e * NUMBER_ONES;
	return (h - NUMBER_ONES) & ~h & (0x80 * NUMBER_ONES);
}

static inline int
number_all_digits(uint64_t h)
{
	const uint64_t f0 = 0xf0 * NUMBER_ONES;

	return ((h & f0) | (((h + 0x06 * NUMBER_ONES) & f0) >> 4)) ==
	       0x33 * NUMBER_ONES;
}

static inline uint64_t
number_eight(uint64_t h)
{
	h -= NUMBER_ZEROS;
	h = h * 10 + (h >> 8);
	return ((h & 0x000000ff000000ffull) * 0x000f424000000064ull +
		   ((h >> 16) & 0x000000ff000000ffull) *
		       0x0000271000000001ull) >>
	       32;
}

/*
 * value_number where 32 bytes can be read whatever the length is; 2 when there
 * is an exponent.  At most sixteen digits and a point go without a loop: take
 * the point out of the word, push the digits to its end, check them all at
 * once, and add them up in pairs, fours and eights.
 */
static inline int
number_padded(const char *text, size_t n, double *out, int *integral)
{
	size_t neg = *text == '-', len = n - neg;
	unsigned places = 0;
	uint64_t low, dot, w;
	double d;

	if (len - 1 > 15)
		return number_slow(text, n, out, integral);
	low = scan_load(text + neg);
	if (len <= 8) {
		low &= ~0ull >> (64 - 8 * len);
		if ((dot = number_points(low)) != 0) {
			unsigned at = (unsigned)__builtin_ctzll(dot) & ~7u;
			uint64_t below = (1ull << at) - 1;

			low = (low & below) | ((low >> 8) & ~below);
			places = (unsigned)len - at / 8;
			if (--len == 0)
				return 0;
		}
		if (len < 8)
			low = (low << (64 - 8 * len)) | NUMBER_ZEROS >> 8 * len;
		if (!number_all_digits(low))
			return number_slow(text, n, out, integral);
		w = number_eight(low);
	} else {
		uint64_t high = scan_load(text + neg + 8), far;
		__uint128_t x;

		high &= ~0ull >> (128 - 8 * len);
		x = (__uint128_t)high << 64 | low;
		dot = number_points(low);
		far = number_points(high);
		if ((dot | far) != 0) {
			unsigned at =
			    dot != 0
				? (unsigned)__builtin_ctzll(dot) & ~7u
				: 64 + ((unsigned)__builtin_ctzll(far) & ~7u);
			__uint128_t below = ((__uint128_t)1 << at) - 1;

			x = (x & below) | ((x >> 8) & ~below);
			places = (unsigned)len - at / 8;
			len--;
		}
		if (len < 16)
			x = (x << 8 * (16 - len)) |
			    ((__uint128_t)NUMBER_ZEROS << 64 | NUMBER_ZEROS) >>
			        8 * len;
		low = (uint64_t)x;
		high = (uint64_t)(x >> 64);
		if (!number_all_digits(low) || !number_all_digits(high))
			return number_slow(text, n, out, integral);
		w = number_eight(low) * 100000000 + number_eight(high);
		if (w > 1ull << 53)
			return number_slow(text, n, out, integral);
	}
	d = (double)w;
	if (places > 1)
		d /= number_power[places - 1];
	*out = neg ? -d : d;
	*integral = places == 0;
	return 1;
}
#else
static inline int
number_padded(const char *text, size_t n, double *out, int *integral)
{
	return number_slow(text, n, out, integral);
}
#endif

#endif
