/*
 * Predictions from a packed model.
 */
#include "config.h"

#include <math.h>
#include <string.h>

#include "lib/score/mws.h"
#include "lib/score/mws_map.h"
#include "lib/score/pack.h"

#define WALKS MWS_WALKS

/* What a group of trees may look at; each needs a little more work a step. */
enum { LOOK_NUMBERS, LOOK_SETS, LOOK_WIDE };

/* The child that is next, with no branch to mispredict. */
static inline __attribute__((always_inline)) const struct mws_node *
step(const struct mws_node *n, const struct mws_value *slots, uint32_t mask,
    uint32_t shift, const uint32_t *sets, uint32_t wide, int look)
{
	uint32_t slot = n->link & mask, value = n->value;
	const struct mws_value *v = &slots[slot];

	if (look == LOOK_WIDE) {
		/* Of the two places only the chosen one is looked at. */
		uintptr_t far =
		    (uintptr_t)sets +
		    ((uintptr_t)value + (v->shift >> 5)) * sizeof(value);
		uintptr_t near = (uintptr_t)&n->value;

		value = *(const uint32_t *)(slot >= wide ? far : near);
	}
	if (look != LOOK_NUMBERS)
		value <<= v->shift & 31;
	return n + (n->link >> shift) + (v->key >= (int32_t)value);
}

/* From up to eight nodes, each with its own slots, to the leaves. */
static inline __attribute__((always_inline)) void
walk(const struct mws *m, const struct mws_node *node[WALKS],
    const struct mws_value *const slots[WALKS], int depth, int look)
{
	const uint32_t shift = m->h->slot_bits;
	const uint32_t mask = ((uint32_t)1 << shift) - 1;
	const uint32_t wide = m->h->wide_slot, *sets = m->wide;
	const struct mws_node *n[WALKS];

	memcpy(n, node, sizeof(n));
	for (; depth > 0; depth--)
#pragma GCC unroll 8
		for (int k = 0; k < WALKS; k++)
			n[k] =
			    step(n[k], slots[k], mask, shift, sets, wide, look);
	memcpy(node, n, sizeof(n));
}

static int
look_of(const struct mws *m)
{
	if (m->h->wide_slot < m->h->nslots)
		return LOOK_WIDE;
	return m->h->category_slot < m->h->wide_slot ? LOOK_SETS : LOOK_NUMBERS;
}

void
mws_spread(const struct mws *m, const float *x, struct mws_value *slots)
{
	slots[0] = (struct mws_value){ INT32_MIN, 0 };
	for (const struct mws_slot *s = m->slot; s < m->slot + m->nslot; s++) {
		struct mws_value *to = &slots[s->slot];
		float v = x[s->feature];
		uint32_t code;

		if (s->ncodes == 0) {
			/* Adding 0 makes one zero of two. */
			to[0].key = isnan(v) ? INT32_MIN : mws_key(v + 0.0f);
			to[1].key = isnan(v) ? INT32_MAX : mws_key(v + 0.0f);
			continue;
		}
		if (isnan(v))
			code = s->ncodes + 1;
		else if (v < 0 || v >= (float)s->ncodes)
			code = s->ncodes;
		else
			code = (uint32_t)v;
		to->key = -1;
		to->shift = (31 - code % 32) | code / 32 << 5;
	}
}

/* Add the trees' leaves to the margins, in the order of the trees, as floats:
 * XGBoost's own order, and so its own sum. */
static inline __attribute__((always_inline)) void
one_row(
    const struct mws *m, const struct mws_value *row, float *margin, int look)
{
	const struct mws_value *slots[WALKS] = { row, row, row, row, row, row,
		row, row };

	for (size_t t = 0; t < m->ntree; t += WALKS) {
		const struct mws_tree *tree = m->tree + t;
		size_t n = m->ntree - t < WALKS ? m->ntree - t : WALKS;
		const struct mws_node *node[WALKS];

		for (size_t k = 0; k < WALKS; k++)
			node[k] = m->node + tree[k < n ? k : 0].node;
		walk(m, node, slots, m->group_depth[t / WALKS], look);
		if (m->h->ngroups == 1) {
			float sum = margin[0];

			for (size_t k = 0; k < n; k++)
				sum += mws_unkey((int32_t)node[k]->value);
			margin[0] = sum;
			continue;
		}
		for (size_t k = 0; k < n; k++)
			margin[tree[k].group] +=
			    mws_unkey((int32_t)node[k]->value);
	}
}

static void
trees(const struct mws *m, const float *x, float *margin)
{
	mws_spread(m, x, m->slots);
	switch (look_of(m)) {
	case LOOK_NUMBERS:
		one_row(m, m->slots, margin, LOOK_NUMBERS);
		break;
	case LOOK_SETS:
		one_row(m, m->slots, margin, LOOK_SETS);
		break;
	default:
		one_row(m, m->slots, margin, LOOK_WIDE);
	}
}

/* Eight rows side by side through one tree, tree after tree. */
static inline __attribute__((always_inline)) void
many_rows(const struct mws *m, const struct mws_value *rows, size_t n,
    float *margin, int look)
{
	const size_t stride = m->h->nslots, groups = m->h->ngroups;

	for (const struct mws_tree *t = m->tree; t < m->tree + m->ntree; t++)
		for (size_t i = 0; i < n; i += WALKS) {
			const struct mws_value *slots[WALKS];
			const struct mws_node *node[WALKS];

			for (size_t k = 0; k < WALKS; k++) {
				size_t r = i + k < n ? i + k : i;

				slots[k] = rows + r * stride;
				node[k] = m->node + t->node;
			}
			walk(m, node, slots, t->depth, look);
			for (size_t k = 0; k < WALKS && i + k < n; k++)
				margin[(i + k) * groups + t->group] +=
				    mws_unkey((int32_t)node[k]->value);
		}
}

static void
base(const struct mws *m, float *margin)
{
	for (uint32_t g = 0; g < m->h->ngroups; g++)
		margin[g] = (float)m->bias[g];
}

void
mws_margins(const struct mws *m, const float *x, size_t n, float *margin)
{
	const size_t nx = m->h->nfeatures, groups = m->h->ngroups;
	int look = look_of(m);

	if (m->h->kind != MWS_TREES) {
		for (size_t i = 0; i < n; i++)
			mws_margin(m, x + i * nx, margin + i * groups);
		return;
	}
	for (size_t at = 0; at < n; at += m->nrows) {
		size_t rows = n - at < m->nrows ? n - at : m->nrows;
		float *out = margin + at * groups;

		for (size_t i = 0; i < rows; i++) {
			base(m, out + i * groups);
			mws_spread(
			    m, x + (at + i) * nx, m->slots + i * m->h->nslots);
		}
		if (look == LOOK_NUMBERS)
			many_rows(m, m->slots, rows, out, LOOK_NUMBERS);
		else if (look == LOOK_SETS)
			many_rows(m, m->slots, rows, out, LOOK_SETS);
		else
			many_rows(m, m->slots, rows, out, LOOK_WIDE);
	}
}

static void
linear(const struct mws *m, const float *x, float *margin)
{
	const size_t nx = m->h->nfeatures;

	for (uint32_t g = 0; g < m->h->ngroups; g++) {
		const double *w = m->weight + g * nx;
		double sum = m->bias[g];

		for (size_t j = 0; j < nx; j++)
			if (!isnan(x[j]))
				sum += w[j] * (double)x[j];
		margin[g] = (float)sum;
	}
}

double
mws_score(const struct mws *m, const float *x)
{
	double score = m->bias[0];

	for (uint32_t j = 0; j < m->h->nfeatures; j++)
		if (!isnan(x[j]))
			score += (double)x[j];
	return score;
}

void
mws_margin(const struct mws *m, const float *x, float *margin)
{
	switch (m->h->kind) {
	case MWS_TREES:
		base(m, margin);
		trees(m, x, margin);
		break;
	case MWS_LINEAR:
		linear(m, x, margin);
		break;
	case MWS_SCORECARD:
		margin[0] =
		    (float)(m->h->intercept + m->h->slope * mws_score(m, x));
		break;
	default:
		base(m, margin);
	}
}

/* XGBoost's own float arithmetic, common::Sigmoid and common::Softmax. */
static float
sigmoid(float x)
{
	float y = -x < 88.7f ? -x : 88.7f;

	return 1.0f / (expf(y) + 1.0f + 1e-16f);
}

static void
softmax(float *v, uint32_t n)
{
	float most = v[0];
	double sum = 0;

	for (uint32_t i = 1; i < n; i++)
		most = fmaxf(v[i], most);
	for (uint32_t i = 0; i < n; i++) {
		v[i] = expf(v[i] - most);
		sum += (double)v[i];
	}
	for (uint32_t i = 0; i < n; i++)
		v[i] /= (float)sum;
}

void
mws_link(const struct mws *m, float *v)
{
	switch (m->h->link) {
	case LINK_SIGMOID:
		v[0] = sigmoid(v[0]);
		break;
	case LINK_SOFTMAX:
		softmax(v, m->h->ngroups);
		break;
	case LINK_EXP:
		v[0] = expf(v[0]);
		break;
	default:
		break;
	}
}

static double
platt(const struct mws *m, double p)
{
	const double least = 1e-7; /* about a float's step below 1 */

	p = fmin(fmax(p, least), 1 - least);
	return 1 /
	       (1 + exp(-(m->h->platt_a * log(p / (1 - p)) + m->h->platt_b)));
}

static double
isotonic(const struct mws *m, double p)
{
	const double *x = m->knot, *y = m->knot + m->h->nknots;
	size_t lo = 0, hi = m->h->nknots - 1;

	if (p <= x[lo])
		return y[lo];
	if (p >= x[hi])
		return y[hi];
	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (x[mid] <= p)
			lo = mid;
		else
			hi = mid;
	}
	return y[lo] + (y[hi] - y[lo]) * (p - x[lo]) / (x[hi] - x[lo]);
}

void
mws_calibrate(const struct mws *m, float *p)
{
	if (m->h->calibration == CALIBRATION_PLATT)
		p[0] = (float)platt(m, (double)p[0]);
	else if (m->h->calibration == CALIBRATION_ISOTONIC)
		p[0] = (float)isotonic(m, (double)p[0]);
}

void
mws_predict(const struct mws *m, const struct raw *raw, float *out)
{
	prep_row(&m->prep, raw, m->x);
	mws_margin(m, m->x, out);
	mws_link(m, out);
	mws_calibrate(m, out);
}
