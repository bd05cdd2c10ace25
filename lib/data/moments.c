/*
 * Mean, spread and skew of a stream of numbers, and its histogram.
 */
#include "config.h"

#include <math.h>
#include <string.h>

#include "lib/banned.h"
#include "lib/data/moments.h"

/* Two doubles side by side, four of these in flight.  The lanes, and so the
 * order of additions, are fixed. */
typedef double two __attribute__((vector_size(16), aligned(8), may_alias));

#define STEP 8

static double
total(const two s[4])
{
	two all = (s[0] + s[1]) + (s[2] + s[3]);

	return all[0] + all[1];
}

struct moments
moments_of(const double *x, size_t n)
{
	two s1[4] = { 0 }, s2[4] = { 0 }, s3[4] = { 0 }, mean;
	struct moments m = { .n = n };
	double rest = 0, rest3 = 0, least[4], most[4];
	size_t whole = n - n % STEP;

	if (n == 0)
		return m;
	for (int k = 0; k < 4; k++)
		least[k] = most[k] = x[0];
	for (size_t i = 0; i < whole; i += STEP)
		for (int k = 0; k < 4; k++)
			s1[k] += ((const two *)(x + i))[k];
	for (size_t i = whole; i < n; i++)
		rest += x[i];
	m.mean = (total(s1) + rest) / (double)n;
	mean = (two){ m.mean, m.mean };
	for (size_t i = 0; i < whole; i += STEP)
		for (int k = 0; k < 4; k++) {
			two d = ((const two *)(x + i))[k] - mean, d2 = d * d;

			s2[k] += d2;
			s3[k] += d2 * d;
		}
	rest = 0;
	for (size_t i = whole; i < n; i++) {
		double d = x[i] - m.mean;

		rest += d * d;
		rest3 += d * d * d;
	}
	m.m2 = total(s2) + rest;
	m.m3 = total(s3) + rest3;
	for (size_t i = 0; i < whole; i += 4)
		for (int k = 0; k < 4; k++) {
			double v = x[i + k];

			least[k] = v < least[k] ? v : least[k];
			most[k] = v > most[k] ? v : most[k];
		}
	for (size_t i = whole; i < n; i++) {
		least[0] = x[i] < least[0] ? x[i] : least[0];
		most[0] = x[i] > most[0] ? x[i] : most[0];
	}
	m.min = least[0];
	m.max = most[0];
	for (int k = 1; k < 4; k++) {
		m.min = least[k] < m.min ? least[k] : m.min;
		m.max = most[k] > m.max ? most[k] : m.max;
	}
	return m;
}

/* P. Pebay, "Formulas for robust, one-pass parallel computation of covariances
 * and arbitrary-order statistical moments" (2008), equation 2.1. */
void
moments_add(struct moments *a, const struct moments *b)
{
	double na = (double)a->n, nb = (double)b->n, n = na + nb;
	double d = b->mean - a->mean;

	if (b->n == 0)
		return;
	if (a->n == 0) {
		*a = *b;
		return;
	}
	a->m3 += b->m3 + d * d * d * na * nb * (na - nb) / (n * n) +
	         3 * d * (na * b->m2 - nb * a->m2) / n;
	a->m2 += b->m2 + d * d * na * nb / n;
	a->mean += d * nb / n;
	a->n += b->n;
	a->min = b->min < a->min ? b->min : a->min;
	a->max = b->max > a->max ? b->max : a->max;
}

double
moments_sd(const struct moments *m)
{
	return m->n > 1 ? sqrt(m->m2 / (m->n - 1)) : 0;
}

double
moments_skew(const struct moments *m)
{
	return m->m2 > 0 ? sqrt(m->n) * m->m3 / pow(m->m2, 1.5) : 0;
}

/* Make room for min and max, with as much again to spare on both sides. */
static void
widen(struct histogram *h, double min, double max)
{
	struct histogram old = *h;
	double span;

	if (old.scale == 0 || old.min == old.max) {
		/* Begin with the width that is right for this range. */
		h->min = old.scale == 0 || min < old.min ? min : old.min;
		h->max = old.scale == 0 || max > old.max ? max : old.max;
		span = h->max / 2 - h->min / 2;
		h->exponent = span > 0      ? ilogb(span) - 10
		              : h->max != 0 ? ilogb(h->max) - 20
		                            : -20;
		if (h->exponent < -1000)
			h->exponent = -1000;
	} else {
		h->min = min < old.min ? min : old.min;
		h->max = max > old.max ? max : old.max;
	}
	for (;; h->exponent++) {
		h->scale = ldexp(1, -h->exponent);
		span = floor(h->max * h->scale) - floor(h->min * h->scale);
		if (span < HISTOGRAM_BINS / 2)
			break;
	}
	h->first =
	    floor(h->min * h->scale) - floor((HISTOGRAM_BINS - span) / 2);
	memset(h->count, 0, sizeof(h->count));
	if (old.scale == 0)
		return;
	if (old.min == old.max) {
		uint64_t all = 0;

		for (int i = 0; i < HISTOGRAM_BINS; i++)
			all += old.count[i];
		h->count[(int)(floor(old.min * h->scale) - h->first)] = all;
		return;
	}
	for (int i = 0; i < HISTOGRAM_BINS; i++)
		if (old.count[i] != 0) {
			double edge =
			    ldexp(old.first + i, old.exponent - h->exponent);

			h->count[(int)(floor(edge) - h->first)] += old.count[i];
		}
}

void
histogram_add(
    struct histogram *h, const double *x, size_t n, double min, double max)
{
	if (n == 0)
		return;
	if (h->scale == 0 || floor(min * h->scale) < h->first ||
	    floor(max * h->scale) >= h->first + HISTOGRAM_BINS ||
	    h->min == h->max)
		widen(h, min, max);
	h->min = min < h->min ? min : h->min;
	h->max = max > h->max ? max : h->max;
	for (size_t i = 0; i < n; i++)
		/* Not negative, so that the conversion rounds down. */
		h->count[(int)(x[i] * h->scale - h->first)]++;
}

size_t
histogram_bins(const struct histogram *h, double narrowest, size_t max,
    double *edge, uint64_t *count)
{
	int exponent = h->exponent;
	double low, width;
	size_t n;

	if (h->scale == 0)
		return 0;
	for (;; exponent++) {
		width = ldexp(1, exponent);
		low = floor(h->min / width);
		if (width >= narrowest &&
		    floor(h->max / width) - low < (double)max)
			break;
	}
	n = (size_t)(floor(h->max / width) - low) + 1;
	memset(count, 0, n * sizeof(*count));
	for (int i = 0; i < HISTOGRAM_BINS; i++)
		if (h->count[i] != 0) {
			double k =
			    floor(ldexp(h->first + i, h->exponent - exponent));

			count[(size_t)(k - low)] += h->count[i];
		}
	for (size_t i = 0; i <= n; i++)
		edge[i] = (low + (double)i) * width;
	return n;
}
