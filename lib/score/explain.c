/*
 * Contributions of single predictions.
 *
 * For trees these are Shapley values of the "tree path dependent" game, those
 * of XGBoost's pred_contribs (Lundberg, Erion, Lee, "Consistent Individualized
 * Feature Attribution for Tree Ensembles", 2018), reached by another way.  A
 * Shapley weight is an integral, k! (d-1-k)! / d! = int t^k (1-t)^(d-1-k) dt
 * over [0, 1].  Summed over the subsets of the features on the path to a leaf
 * of value v, the contribution of feature i of d becomes
 *	v (o_i - z_i) int prod_{j != i} (z_j (1 - t) + o_j t) dt,
 * where o_j is 1 if the row goes along the path at every split on j, else 0,
 * and z_j is the share of training rows that does.  The integrand is a
 * polynomial of degree d - 1: Gauss-Legendre with d/2 points is exact.  So one
 * walk over the tree that carries the product at each point is enough, O(nodes
 * x depth / 2) instead of O(leaves x depth^2), and as all factors are positive
 * nothing cancels.
 *
 * Sums over leaves are made once an edge: whatever leaf lies below the last
 * edge on a feature has the same (o - z) / factor.  Below an edge on a feature
 * that stood higher up too, the higher edge's term is taken back.
 */
#include "config.h"

#include <math.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/score/dsl.h"
#include "lib/score/explain.h"
#include "lib/score/mws.h"
#include "lib/score/mws_map.h"

/* Points come in fours, for the sake of vectors. */
#define POINTS_STEP 4

/* A depth's part of the scratch: four vectors of npoints, then two numbers. */
enum { FACTOR, INVERSE, PRODUCT, BELOW, VECTORS };

struct walk {
	const struct mws *m;
	const union mws_value *slots;
	double *phi, *stack;
	const double *t, *beyond; /* points, 1 / (1 - t) */
	uint32_t mask, shift;
};

static double *
vector(const struct walk *w, int depth, int which, int n)
{
	return w->stack + (size_t)(depth * VECTORS + which) * (size_t)n;
}

/* Whether the row goes along the edge at a depth, and its share. */
static double *
edge(const struct walk *w, int depth, int n)
{
	return w->stack + (size_t)(MWS_DEPTH_MAX + 2) * VECTORS * (size_t)n +
	       (size_t)depth * 2;
}

/* n is npoints, a constant where it is 4. */
static inline __attribute__((always_inline)) void
visit_edge(const struct walk *w, const struct mws_node *child, int depth,
    int hot, uint32_t feature, int n,
    void (*below)(const struct walk *, const struct mws_node *, int))
{
	const struct mws_cold *c = &w->m->cold[child - w->m->node];
	const double *t = w->t, *beyond = w->beyond;
	double *factor = vector(w, depth, FACTOR, n);
	double *inverse = vector(w, depth, INVERSE, n);
	double *product = vector(w, depth, PRODUCT, n);
	double *sum = vector(w, depth, BELOW, n);
	const double *above = vector(w, depth - 1, PRODUCT, n);
	const double *up = vector(w, (int)c->up, INVERSE, n);
	double *here = edge(w, depth, n), *there = edge(w, (int)c->up, n);
	double z = (double)c->share, o = hot, part = 0;

	if (c->up != 0)
		o *= there[0];
	here[0] = o;
	here[1] = z;
	if (o != 0) {
		for (int q = 0; q < n; q++)
			factor[q] = z + (1 - z) * t[q];
		for (int q = 0; q < n; q++)
			inverse[q] = 1 / factor[q];
	} else {
		double per = 1 / z;

		for (int q = 0; q < n; q++)
			factor[q] = z * (1 - t[q]);
		for (int q = 0; q < n; q++)
			inverse[q] = per * beyond[q];
	}
	for (int q = 0; q < n; q++)
		product[q] = above[q] * factor[q];
	if (c->up != 0)
		for (int q = 0; q < n; q++)
			product[q] *= up[q];
	if (child->link >> w->shift == 0) {
		double v = (double)child->value;

		for (int q = 0; q < n; q++)
			sum[q] = product[q] * v;
	} else {
		below(w, child, depth);
	}
	for (int q = 0; q < n; q++)
		part += sum[q] * inverse[q];
	part *= o - z;
	if (c->up != 0) {
		double back = 0;

		for (int q = 0; q < n; q++)
			back += sum[q] * up[q];
		part -= back * (there[0] - there[1]);
	}
	w->phi[feature] += part;
}

/* Both edges below an inner node; the sum over its leaves into BELOW. */
static inline __attribute__((always_inline)) void
visit_node(const struct walk *w, const struct mws_node *node, int depth, int n,
    void (*below)(const struct walk *, const struct mws_node *, int))
{
	uint32_t right = mws_goes_right(w->m, node, w->slots);
	uint32_t feature = w->m->slot_feature[node->link & w->mask];
	const struct mws_node *left = node + (node->link >> w->shift);
	double *sum = vector(w, depth, BELOW, n);
	const double *of_child = vector(w, depth + 1, BELOW, n);

	visit_edge(w, left, depth + 1, right == 0, feature, n, below);
	for (int q = 0; q < n; q++)
		sum[q] = of_child[q];
	visit_edge(w, left + 1, depth + 1, right == 1, feature, n, below);
	for (int q = 0; q < n; q++)
		sum[q] += of_child[q];
}

static void
visit_4(const struct walk *w, const struct mws_node *node, int depth)
{
	visit_node(w, node, depth, 4, visit_4);
}

static void
visit_n(const struct walk *w, const struct mws_node *node, int depth)
{
	visit_node(w, node, depth, w->m->npoints, visit_n);
}

static void
trees(const struct mws *m, const float *x, double *phi)
{
	const size_t width = (size_t)m->h->nfeatures + 1;
	const int n = m->npoints;
	struct walk w = {
		.m = m,
		.slots = m->slots,
		.stack = m->stack,
		.t = m->points,
		.beyond = m->points + 2 * n,
		.shift = m->h->slot_bits,
		.mask = ((uint32_t)1 << m->h->slot_bits) - 1,
	};

	mws_spread(m, x, m->slots);
	/* The weights of the quadrature go along with the product. */
	memcpy(vector(&w, 0, PRODUCT, n), m->points + n,
	    (size_t)n * sizeof(double));
	for (const struct mws_tree *t = m->tree; t < m->tree + m->ntree; t++) {
		const struct mws_node *root = m->node + t->node;

		w.phi = phi + t->group * width;
		w.phi[width - 1] += (double)t->mean;
		if (root->link >> w.shift == 0)
			continue;
		if (n == 4)
			visit_4(&w, root, 0);
		else
			visit_n(&w, root, 0);
	}
}

/* Linear in x, so exact: weight times distance from the reference. */
static void
linear(const struct mws *m, const float *x, double *phi)
{
	const size_t nx = m->h->nfeatures;
	int card = m->h->kind == MWS_SCORECARD;

	for (uint32_t g = 0; g < m->h->ngroups; g++, phi += nx + 1) {
		double base = card ? m->h->intercept + m->h->slope * m->bias[0]
		                   : m->bias[g];

		for (size_t j = 0; j < nx; j++) {
			double weight =
			    card ? m->h->slope : m->weight[g * nx + j];
			double from = isnan(m->reference[j])
			                  ? 0
			                  : (double)m->reference[j];
			double to = isnan(x[j]) ? 0 : (double)x[j];

			phi[j] = weight * (to - from);
			base += weight * from;
		}
		phi[nx] = base;
	}
}

void
explain_features(const struct mws *m, const float *x, double *phi)
{
	const size_t width = (size_t)m->h->nfeatures + 1;

	memset(phi, 0, m->h->ngroups * width * sizeof(*phi));
	if (m->h->kind == MWS_LINEAR || m->h->kind == MWS_SCORECARD) {
		linear(m, x, phi);
		return;
	}
	for (uint32_t g = 0; g < m->h->ngroups; g++)
		phi[g * width + width - 1] = m->bias[g];
	if (m->h->kind == MWS_TREES)
		trees(m, x, phi);
}

/* The contribution of a feature to the fields that it reads, or the bias. */
static void
share_out(const struct mws *m, int i, double phi, double *out)
{
	const struct feature *f = &m->prep.feature[i];
	int n = 0;

	if (f->op != PREP_EXPR) {
		out[f->field] += phi;
		return;
	}
	for (int k = 0; k < m->prep.nfields; k++)
		n += dsl_uses(m->prep.compiled[i], k);
	if (n == 0)
		out[m->prep.nfields] += phi;
	for (int k = 0; n > 0 && k < m->prep.nfields; k++)
		if (dsl_uses(m->prep.compiled[i], k))
			out[k] += phi / n;
}

void
explain_fields(const struct mws *m, const float *x, double *out)
{
	const size_t from = (size_t)m->h->nfeatures + 1;
	const size_t to = (size_t)m->h->nfields + 1;

	explain_features(m, x, m->phi);
	memset(out, 0, m->h->ngroups * to * sizeof(*out));
	for (uint32_t g = 0; g < m->h->ngroups; g++) {
		for (int i = 0; i < m->prep.nfeatures; i++)
			if (m->phi[g * from + (size_t)i] != 0)
				share_out(m, i, m->phi[g * from + (size_t)i],
				    out + g * to);
		out[g * to + to - 1] += m->phi[g * from + from - 1];
	}
}

int
explain_reasons(
    const struct mws *m, const double *by_field, int label, int *field, int n)
{
	const int nfields = m->prep.nfields;
	int both = m->h->task == MWS_REGRESSION, found = 0;
	double sign = 1, least = 1e-9; /* less is no reason */

	if (m->h->task == MWS_BINARY && label != m->h->positive)
		sign = -1;
	if (m->h->task == MWS_MULTICLASS)
		by_field += (size_t)label * ((size_t)nfields + 1);
	for (; found < n; found++) {
		double most = least;
		int best = -1;

		for (int k = 0; k < nfields; k++) {
			double push =
			    both ? fabs(by_field[k]) : sign * by_field[k];
			int taken = 0;

			for (int i = 0; i < found; i++)
				taken |= field[i] == k;
			if (!taken && push > most) {
				most = push;
				best = k;
			}
		}
		if (best == -1)
			break;
		field[found] = best;
	}
	return found;
}

/* Points and weights of Gauss-Legendre on [0, 1], by Newton's method on the
 * Legendre polynomial of degree n. */
static void
quadrature(double *t, double *weight, int n)
{
	for (int i = 0; i < n; i++) {
		double x = cos(M_PI * (i + 0.75) / (n + 0.5)), d = 1;

		for (int round = 0; round < 20; round++) {
			double p0 = 1, p1 = x;

			for (int k = 2; k <= n; k++) {
				double p2 =
				    ((2 * k - 1) * x * p1 - (k - 1) * p0) / k;

				p0 = p1;
				p1 = p2;
			}
			d = n * (x * p1 - p0) / (x * x - 1);
			x -= p1 / d;
		}
		t[i] = (1 - x) / 2;
		weight[i] = 1 / ((1 - x * x) * d * d);
	}
}

void
explain_init(struct mws *m)
{
	const size_t groups = m->h->ngroups, width = m->h->nfeatures;
	int n = (m->unique + 1) / 2;

	m->phi = arena_alloc(m->arena, groups * (width + 1) * sizeof(*m->phi));
	n = (n + POINTS_STEP - 1) / POINTS_STEP * POINTS_STEP;
	m->npoints = n > 0 ? n : POINTS_STEP;
	n = m->npoints;
	m->points = arena_alloc(m->arena, 3 * (size_t)n * sizeof(double));
	m->stack = arena_alloc(m->arena, (size_t)(MWS_DEPTH_MAX + 2) *
					     (VECTORS * (size_t)n + 2) *
					     sizeof(double));
	quadrature(m->points, m->points + n, n);
	for (int i = 0; i < n; i++)
		m->points[2 * n + i] = 1 / (1 - m->points[i]);
}
