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
 * Sums over leaves are made once an edge.  With P(n), the product of the
 *factors z (1 - t) + o t of the features above node n, and T(n), the sum over
 *the leaves below n of v times the factors on the way down from n, an edge from
 *n to c on a feature that is new there gives (o - z) P(n) T(c).  A feature that
 * an edge higher up was on already has one factor only, that of the lower edge:
 * so the higher one's is divided out, and what its term counted for leaves
 * below c is taken back.
 */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/score/dsl.h"
#include "lib/score/explain.h"
#include "lib/score/mws.h"
#include "lib/score/mws_map.h"

/* Four points of the quadrature; floats carry more digits than XGBoost's own
 * sums do. */
typedef float points __attribute__((vector_size(16)));

enum { LANES = 4, VECTORS_MAX = MWS_DEPTH_MAX / 2 / LANES };

/* An edge on the way down. */
struct edge {
	float o, z;
};

struct walk {
	const struct mws *m;
	const struct mws_value *slots;
	points *phi;            /* [nfeatures][n] */
	points *factor, *above; /* [depth][n]: of the edge; P */
	points *below;          /* [depth][n]: T */
	points *t;
	struct edge *edge; /* [depth] */
	uint32_t mask, shift;
};

typedef void visit_fn(const struct walk *, const struct mws_node *, int);

/* The edge from a node at depth - 1 whose feature is new on this path. */
static inline __attribute__((always_inline)) void
new_edge(const struct walk *w, const struct mws_node *c, int depth,
    struct edge e, points *phi, points *sum, int n, visit_fn *visit)
{
	const points *above = w->above + (depth - 1) * n;
	points *factor = w->factor + depth * n;

	if (c->link >> w->shift == 0) {
		float v = mws_unkey((int32_t)c->value);

		for (int q = 0; q < n; q++) {
			phi[q] += above[q] * ((e.o - e.z) * v);
			sum[q] += (e.z + (e.o - e.z) * w->t[q]) * v;
		}
		return;
	}
	w->edge[depth] = e;
	for (int q = 0; q < n; q++) {
		factor[q] = e.z + (e.o - e.z) * w->t[q];
		w->above[depth * n + q] = above[q] * factor[q];
	}
	visit(w, c, depth);
	for (int q = 0; q < n; q++) {
		points below = w->below[depth * n + q];

		phi[q] += above[q] * below * (e.o - e.z);
		sum[q] += factor[q] * below;
	}
}

/* The same where the edge at depth `up` has the same feature. */
static inline __attribute__((always_inline)) void
known_edge(const struct walk *w, const struct mws_node *c, int depth, int up,
    struct edge e, points *phi, points *sum, int n, visit_fn *visit)
{
	const points *above = w->above + (depth - 1) * n;
	const struct edge higher = w->edge[up];
	points *factor = w->factor + depth * n;
	int leaf = c->link >> w->shift == 0;

	e.o *= higher.o;
	w->edge[depth] = e;
	for (int q = 0; q < n; q++) {
		factor[q] = e.z + (e.o - e.z) * w->t[q];
		w->above[depth * n + q] =
		    above[q] * factor[q] / w->factor[up * n + q];
	}
	if (!leaf)
		visit(w, c, depth);
	for (int q = 0; q < n; q++) {
		points by = 1 / w->factor[up * n + q];
		points below = w->below[depth * n + q];
		points share = factor[q] * by;

		if (leaf)
			below = (points){ 0 } + mws_unkey((int32_t)c->value);
		phi[q] += above[q] * by * below *
		          ((e.o - e.z) - share * (higher.o - higher.z));
		sum[q] += share * below;
	}
}

/* Both edges below an inner node, and its T. */
static inline __attribute__((always_inline)) void
visit_node(const struct walk *w, const struct mws_node *node, int depth, int n,
    visit_fn *visit)
{
	uint32_t right = mws_goes_right(w->m, node, w->slots);
	uint32_t feature = w->m->slot_feature[node->link & w->mask];
	const struct mws_node *c = node + (node->link >> w->shift);
	const struct mws_cold *cold = &w->m->cold[c - w->m->node];
	points *phi = w->phi + (size_t)feature * (size_t)n;
	points sum[VECTORS_MAX];

	for (int q = 0; q < n; q++)
		sum[q] = (points){ 0 };
	for (uint32_t k = 0; k < 2; k++) {
		struct edge e = { k == right, cold[k].share };

		if (cold[k].up == 0)
			new_edge(w, c + k, depth + 1, e, phi, sum, n, visit);
		else
			known_edge(w, c + k, depth + 1, (int)cold[k].up, e, phi,
			    sum, n, visit);
	}
	for (int q = 0; q < n; q++)
		w->below[depth * n + q] = sum[q];
}

/* Up to 8 features on a path need one vector. */
static void
visit_1(const struct walk *w, const struct mws_node *node, int depth)
{
	visit_node(w, node, depth, 1, visit_1);
}

static void
visit_2(const struct walk *w, const struct mws_node *node, int depth)
{
	visit_node(w, node, depth, 2, visit_2);
}

static void
visit_n(const struct walk *w, const struct mws_node *node, int depth)
{
	visit_node(w, node, depth, w->m->npoints / LANES, visit_n);
}

/* Add what has come together in floats to the doubles, and begin anew. */
static void
flush(const struct mws *m, points *part, double *phi, int n)
{
	for (uint32_t j = 0; j < m->h->nfeatures; j++)
		for (int q = 0; q < n; q++, part++) {
			points p = *part;

			phi[j] += (double)(p[0] + p[1] + (p[2] + p[3]));
			*part = (points){ 0 };
		}
}

static struct walk
scratch(const struct mws *m, int n)
{
	const int depths = (MWS_DEPTH_MAX + 2) * n;
	struct walk w = {
		.m = m,
		.slots = m->slots,
		.t = (points *)m->points,
		.shift = m->h->slot_bits,
		.mask = ((uint32_t)1 << m->h->slot_bits) - 1,
	};

	w.factor = (points *)m->stack;
	w.above = w.factor + depths;
	w.below = w.above + depths;
	w.phi = w.below + depths;
	w.edge = (struct edge *)(w.phi + (size_t)m->h->nfeatures * (size_t)n);
	return w;
}

static void
trees(const struct mws *m, const float *x, double *phi)
{
	const size_t width = (size_t)m->h->nfeatures + 1,
		     groups = m->h->ngroups;
	const int n = m->npoints / LANES;
	const struct walk w = scratch(m, n);
	visit_fn *visit = n == 1 ? visit_1 : n == 2 ? visit_2 : visit_n;
	/* Few enough trees a flush to keep the digits of floats. */
	size_t most = 8 + m->h->nfeatures / 16;

	mws_spread(m, x, m->slots);
	/* The weights of the quadrature go along with the product. */
	memcpy(w.above, m->points + m->npoints,
	    (size_t)m->npoints * sizeof(float));
	for (size_t g = 0; g < groups; g++) {
		size_t since = 0;

		for (size_t i = 0; i < m->ntree; i++) {
			const struct mws_tree *t = &m->tree[i];
			const struct mws_node *root = m->node + t->node;

			if (t->group != g)
				continue;
			phi[g * width + width - 1] += (double)t->mean;
			if (root->link >> w.shift != 0)
				visit(&w, root, 0);
			if (++since % most == 0)
				flush(m, w.phi, phi + g * width, n);
		}
		flush(m, w.phi, phi + g * width, n);
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

static void *
aligned(struct arena *a, size_t n)
{
	void *p;

	if (posix_memalign(&p, MWS_ALIGN, n) != 0)
		abort();
	arena_defer(a, free, p);
	return memset(p, 0, n);
}

void
explain_init(struct mws *m)
{
	const size_t groups = m->h->ngroups, width = m->h->nfeatures;
	double t[VECTORS_MAX * LANES], weight[VECTORS_MAX * LANES];
	int n = ((m->unique + 1) / 2 + LANES - 1) / LANES;
	size_t vectors;

	m->phi = arena_alloc(m->arena, groups * (width + 1) * sizeof(*m->phi));
	if (m->h->kind != MWS_TREES)
		return;
	n = n > 0 ? n : 1;
	m->npoints = n * LANES;
	quadrature(t, weight, m->npoints);
	m->points =
	    aligned(m->arena, 2 * (size_t)m->npoints * sizeof(*m->points));
	for (int i = 0; i < m->npoints; i++) {
		m->points[i] = (float)t[i];
		m->points[m->npoints + i] = (float)weight[i];
	}
	vectors = (3 * (MWS_DEPTH_MAX + 2) + width) * (size_t)n;
	m->stack =
	    aligned(m->arena, vectors * sizeof(points) +
				  (MWS_DEPTH_MAX + 2) * sizeof(struct edge));
}
