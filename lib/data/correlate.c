/*
 * Pearson correlations of pairs of columns, over the rows that have both.
 *
 * A block of each column is kept as its distances from the block's mean, 0
 * where missing, beside ones and zeros that say where it is there; everything
 * about a pair is then a sum of products, and adding a block to the sums so far
 * is Pebay's formula (see moments.c).
 */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/banned.h"
#include "lib/data/correlate.h"

struct pair {
	double n, mx, my, cxx, cyy, cxy;
};

struct block {
	double *d, *d2, *there;
	size_t max, n, missing;
	double mean, m2;
};

struct correlate {
	int used;
	int gaps; /* a column of the block at hand has missing values */
	struct block block[CORRELATE_COLUMNS];
	struct pair pair[CORRELATE_COLUMNS * (CORRELATE_COLUMNS - 1) / 2];
};

/* The pair of two places, the smaller first. */
static size_t
pair_of(int a, int b)
{
	return (size_t)b * (size_t)(b - 1) / 2 + (size_t)a;
}

/* Two doubles side by side.  The lanes, and so the order of additions, are
 * fixed. */
typedef double two __attribute__((vector_size(16), aligned(8), may_alias));

static double
dot(const double *a, const double *b, size_t n)
{
	two s0 = { 0 }, s1 = { 0 }, s2 = { 0 }, s3 = { 0 };
	double rest = 0;
	size_t i;

	for (i = 0; i + 8 <= n; i += 8) {
		const two *p = (const two *)(a + i), *q = (const two *)(b + i);

		s0 += p[0] * q[0];
		s1 += p[1] * q[1];
		s2 += p[2] * q[2];
		s3 += p[3] * q[3];
	}
	for (; i < n; i++)
		rest += a[i] * b[i];
	s0 = (s0 + s1) + (s2 + s3);
	return s0[0] + s0[1] + rest;
}

struct correlate *
correlate_new(void)
{
	struct correlate *c = calloc(1, sizeof(*c));

	if (c == NULL)
		abort();
	return c;
}

void
correlate_free(struct correlate *c)
{
	if (c == NULL)
		return;
	for (int i = 0; i < c->used; i++)
		free(c->block[i].d);
	free(c);
}

int
correlate_place(struct correlate *c)
{
	return c->used < CORRELATE_COLUMNS ? c->used++ : -1;
}

void
correlate_column(struct correlate *c, int place, const double *x, size_t n,
    double mean, size_t missing)
{
	struct block *b = &c->block[place];

	if (n > b->max) {
		free(b->d);
		if ((b->d = calloc(3 * n, sizeof(*b->d))) == NULL)
			abort();
		b->d2 = b->d + n;
		b->there = b->d + 2 * n;
		b->max = n;
	}
	b->n = n;
	b->missing = missing;
	b->mean = mean;
	for (size_t i = 0; i < n; i++)
		b->d[i] = x[i] - mean;
	if (missing > 0) {
		c->gaps = 1;
		for (size_t i = 0; i < n; i++) {
			b->there[i] = isnan(x[i]) ? 0 : 1;
			b->d[i] = isnan(x[i]) ? 0 : b->d[i];
		}
	}
	b->m2 = dot(b->d, b->d, n);
}

static void
pair_add(struct pair *p, const struct block *a, const struct block *b)
{
	double n = (double)a->n, all, dx, dy, sx = 0, sy = 0, sxx = a->m2;
	double syy = b->m2, sxy = dot(a->d, b->d, a->n);

	if (a->missing > 0 && b->missing > 0) {
		n = dot(a->there, b->there, a->n);
		sx = dot(a->d, b->there, a->n);
		sxx = dot(a->d2, b->there, a->n);
		sy = dot(b->d, a->there, a->n);
		syy = dot(b->d2, a->there, a->n);
	} else if (a->missing > 0) { /* all of a's rows are rows of b */
		n = (double)(a->n - a->missing);
		sy = dot(b->d, a->there, a->n);
		syy = dot(b->d2, a->there, a->n);
	} else if (b->missing > 0) {
		n = (double)(b->n - b->missing);
		sx = dot(a->d, b->there, a->n);
		sxx = dot(a->d2, b->there, a->n);
	}
	if (n == 0)
		return;
	all = p->n + n;
	dx = a->mean + sx / n - p->mx;
	dy = b->mean + sy / n - p->my;
	p->cxx += sxx - sx * sx / n + dx * dx * p->n * n / all;
	p->cyy += syy - sy * sy / n + dy * dy * p->n * n / all;
	p->cxy += sxy - sx * sy / n + dx * dy * p->n * n / all;
	p->mx += dx * n / all;
	p->my += dy * n / all;
	p->n = all;
}

void
correlate_pairs(struct correlate *c)
{
	for (int k = 0; k < c->used && c->gaps; k++) {
		struct block *b = &c->block[k];

		for (size_t i = 0; i < b->n; i++)
			b->d2[i] = b->d[i] * b->d[i];
	}
	for (int y = 1; y < c->used; y++)
		for (int x = 0; x < y; x++)
			pair_add(&c->pair[pair_of(x, y)], &c->block[x],
			    &c->block[y]);
	c->gaps = 0;
}

double
correlate_r(const struct correlate *c, int a, int b)
{
	const struct pair *p = &c->pair[a < b ? pair_of(a, b) : pair_of(b, a)];
	double r = p->cxy / sqrt(p->cxx * p->cyy);

	if (p->n < 3 || !(p->cxx > 0) || !(p->cyy > 0) || !isfinite(r))
		return NAN;
	return r > 1 ? 1 : r < -1 ? -1 : r;
}
