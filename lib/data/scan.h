/*
 * Many bytes looked at together: the inner loops of the readers.
 */
#ifndef SCAN_H
#define SCAN_H

#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* How far past the end of the text these functions may read. */
#define SCAN_PAD 64

static inline uint64_t
scan_load(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* The bits of those of 64 bytes that are a, b or c; *odd is set if any of them
 * is NUL or not ASCII. */
#ifdef __SSE2__
static inline uint64_t
scan_mask(const char *p, char a, char b, char c, int *odd)
{
	const __m128i va = _mm_set1_epi8(a), vb = _mm_set1_epi8(b);
	const __m128i vc = _mm_set1_epi8(c), one = _mm_set1_epi8(1);
	__m128i strange = _mm_setzero_si128();
	uint64_t mask = 0;

	for (int i = 0; i < 4; i++) {
		__m128i v = _mm_loadu_si128((const __m128i *)(p + 16 * i));
		__m128i hit = _mm_or_si128(_mm_cmpeq_epi8(v, va),
		    _mm_or_si128(_mm_cmpeq_epi8(v, vb), _mm_cmpeq_epi8(v, vc)));

		/* As signed bytes, NUL and all above 127 are less than 1. */
		strange = _mm_or_si128(strange, _mm_cmpgt_epi8(one, v));
		mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(hit) << (16 * i);
	}
	*odd = _mm_movemask_epi8(strange);
	return mask;
}
#else
static inline uint64_t
scan_mask(const char *p, char a, char b, char c, int *odd)
{
	uint64_t mask = 0;

	*odd = 0;
	for (int i = 0; i < 64; i++) {
		mask |= (uint64_t)(p[i] == a || p[i] == b || p[i] == c) << i;
		*odd |= (signed char)p[i] < 1;
	}
	return mask;
}
#endif

/* A 64-bit hash of a value: the product of two words folded into itself (as in
 * wyhash), seeded so that no two columns need seeds of their own.  Reads up to
 * 16 bytes from p, whatever n is.  Never 0, which means "missing". */
static inline uint64_t
scan_fold(uint64_t a, uint64_t b)
{
	__uint128_t m = (__uint128_t)a * b;

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

static inline uint64_t
scan_hash(const char *p, size_t n)
{
	const uint64_t k0 = 0xa0761d6478bd642full, k1 = 0xe7037ed1a0b428dbull;
	uint64_t h = k0 ^ n, a, b;

	for (; n > 16; n -= 16, p += 16)
		h = scan_fold(scan_load(p) ^ k1, scan_load(p + 8) ^ h);
	a = scan_load(p);
	b = scan_load(p + 8);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	if (n <= 8) {
		a = n == 0 ? 0 : a & (~0ull >> (64 - 8 * n));
		b = 0;
	} else {
		b &= ~0ull >> (128 - 8 * n);
	}
#else
	if (n <= 8) {
		a = n == 0 ? 0 : a & (~0ull << (64 - 8 * n));
		b = 0;
	} else {
		b &= ~0ull << (128 - 8 * n);
	}
#endif
	h = scan_fold(a ^ k1, b ^ h);
	h = scan_fold(h ^ k0, k1);
	return h != 0 ? h : 1;
}

#endif
