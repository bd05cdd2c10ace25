/*
 * From a booster of XGBoost to packed trees.
 */
#include "config.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/err.h"
#include "lib/score/mws.h"
#include "lib/score/pack.h"
#include "lib/score/pack_parts.h"
#include "lib/score/prep.h"
#include "lib/score/ubj.h"

#define NODES_MAX (1 << 24) /* of one tree */

/* What a walk down a tree remembers: the edges above. */
struct edge {
	uint32_t feature;
	float share;
};

struct booster {
	const struct ubj *trees, *info;
	size_t ntrees;
	uint32_t *ncodes; /* a feature: codes that its splits know, or 0 */
	uint32_t *slot;   /* a feature: its slot, 0 if no split looks at it */
	char *number;     /* a feature: some split compares it */
	uint32_t nfeatures;
	struct edge *above;
	struct arena *a;
	struct arena *tree; /* what lives as long as one tree */
	struct err *e;
};

struct objective {
	const char *name;
	enum pack_link link;
	int base; /* how base_score becomes a margin: LINK_* whose inverse */
};

/* clang-format off */
static const struct objective objectives[] = {
	{ "binary:logistic",       LINK_SIGMOID,  LINK_SIGMOID },
	{ "reg:logistic",          LINK_SIGMOID,  LINK_SIGMOID },
	{ "multi:softprob",        LINK_SOFTMAX,  LINK_IDENTITY },
	{ "reg:squarederror",      LINK_IDENTITY, LINK_IDENTITY },
	{ "reg:squaredlogerror",   LINK_IDENTITY, LINK_IDENTITY },
	{ "reg:pseudohubererror",  LINK_IDENTITY, LINK_IDENTITY },
	{ "reg:absoluteerror",     LINK_IDENTITY, LINK_IDENTITY },
	{ "count:poisson",         LINK_EXP,      LINK_EXP },
	{ "reg:gamma",             LINK_EXP,      LINK_EXP },
	{ "reg:tweedie",           LINK_EXP,      LINK_EXP },
	{ 0 }
};
/* clang-format on */

static int
bad(struct booster *b, const char *what)
{
	return err_set(
	    b->e, ERR_INVALID, "the booster cannot be packed: %s", what);
}

/* An integer of an array, or -2 when it is none. */
static int
integer(const struct ubj *v, size_t i)
{
	double x = ubj_num(v, i);

	return x >= -1 && x <= INT_MAX ? (int)x : -2;
}

static int
read_categories(struct booster *b, const struct ubj *in, struct pack_tree *t)
{
	const struct ubj *nodes = ubj_get(in, "categories_nodes");
	const struct ubj *start = ubj_get(in, "categories_segments");
	const struct ubj *size = ubj_get(in, "categories_sizes");

	t->category = ubj_get(in, "categories");
	for (size_t i = 0; i < ubj_len(nodes); i++) {
		int k = integer(nodes, i), at = integer(start, i),
		    n = integer(size, i);

		if (k < 0 || (size_t)k >= t->n || at < 0 || n < 0 ||
		    (size_t)at + (size_t)n > ubj_len(t->category) ||
		    !t->node[k].category)
			return bad(b, "a set of categories does not fit");
		t->node[k].set = (uint32_t)at;
		t->node[k].nset = (uint32_t)n;
	}
	return 0;
}

static int
read_tree(struct booster *b, const struct ubj *in, struct pack_tree *t)
{
	const struct ubj *left = ubj_get(in, "left_children");
	const struct ubj *right = ubj_get(in, "right_children");
	const struct ubj *feature = ubj_get(in, "split_indices");
	const struct ubj *value = ubj_get(in, "split_conditions");
	const struct ubj *where = ubj_get(in, "default_left");
	const struct ubj *type = ubj_get(in, "split_type");
	const struct ubj *cover = ubj_get(in, "sum_hessian");

	t->n = ubj_len(left);
	if (t->n == 0 || t->n > NODES_MAX || ubj_len(right) != t->n ||
	    ubj_len(feature) != t->n || ubj_len(value) != t->n ||
	    ubj_len(where) != t->n || ubj_len(cover) != t->n ||
	    (ubj_len(type) != 0 && ubj_len(type) != t->n))
		return bad(b, "a tree's arrays differ in length");
	t->node = arena_alloc(b->tree, t->n * sizeof(*t->node));
	for (size_t i = 0; i < t->n; i++) {
		struct pack_split *s = &t->node[i];
		int f = integer(feature, i);

		s->left = integer(left, i);
		s->right = integer(right, i);
		s->value = (float)ubj_num(value, i);
		s->cover = (float)ubj_num(cover, i);
		s->default_left = ubj_num(where, i) != 0;
		s->category = ubj_len(type) != 0 && ubj_num(type, i) == 1;
		s->feature = (uint32_t)f;
		if (s->left < 0)
			continue;
		if ((size_t)s->left >= t->n || s->right < 0 ||
		    (size_t)s->right >= t->n || f < 0 ||
		    (uint32_t)f >= b->nfeatures)
			return bad(b, "a node leads nowhere");
	}
	return read_categories(b, in, t);
}

static int
survey(struct booster *b, struct pack_tree *t, int i, int depth, int unique)
{
	struct pack_split *s = &t->node[i];
	struct edge *above = b->above;
	float sum;

	if (depth > MWS_DEPTH_MAX)
		return bad(b, "a tree is too deep");
	if (s->place != 0)
		return bad(b, "two nodes lead to one");
	s->place = 1;
	if (depth > t->depth)
		t->depth = depth;
	if (unique > t->unique)
		t->unique = unique;
	if (!isfinite(s->cover) || s->cover < 0)
		return bad(b, "a node has no cover");
	if (s->left < 0) {
		if (!isfinite(s->value))
			return bad(b, "a leaf is no number");
		s->mean = s->value;
		return 0;
	}
	if (!s->category && isnan(s->value))
		return bad(b, "a split at no number");

	uint32_t up = 0;

	for (int d = depth; d > 0 && up == 0; d--)
		if (above[d].feature == s->feature)
			up = (uint32_t)d;
	for (int k = 0; k < 2; k++) {
		struct pack_split *c = &t->node[k == 0 ? s->left : s->right];
		/* Where no row came, the shares say nothing: even ones. */
		float share = s->cover > 0 ? c->cover / s->cover : 0.5f;

		c->up = up;
		c->share = up != 0 ? share * above[up].share : share;
		if (!(c->share > 1e-30f))
			c->share = 1e-30f;
		above[depth + 1] = (struct edge){ s->feature, c->share };
		if (survey(b, t, k == 0 ? s->left : s->right, depth + 1,
			unique + (up == 0)) == -1)
			return -1;
	}
	/* As XGBoost's FillNodeMeanValues has it. */
	sum = t->node[s->left].mean * t->node[s->left].cover +
	      t->node[s->right].mean * t->node[s->right].cover;
	s->mean = s->cover > 0 ? sum / s->cover : 0;
	return 0;
}

/* Which features the splits look at, and how. */
static int
note_features(struct booster *b, const struct pack_tree *t)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct pack_split *s = &t->node[i];

		if (s->left < 0 || s->place == 0)
			continue;
		if (!s->category) {
			b->number[s->feature] = 1;
			continue;
		}
		if (b->ncodes[s->feature] == 0)
			b->ncodes[s->feature] = 1;
		for (uint32_t k = 0; k < s->nset; k++) {
			int c = integer(t->category, s->set + k);

			if (c < 0 || c >= 1 << 24)
				return bad(b, "a category has no code");
			if (b->ncodes[s->feature] <= (uint32_t)c)
				b->ncodes[s->feature] = (uint32_t)c + 1;
		}
	}
	return 0;
}

static void
add_slots(struct booster *b, struct pack_parts *p)
{
	uint32_t slot = 1;

	for (int pass = 0; pass < 3; pass++) {
		for (uint32_t f = 0; f < b->nfeatures; f++) {
			struct mws_slot s = { f, slot, b->ncodes[f] };
			int wide = s.ncodes + 2 > MWS_INLINE_BITS;

			if (pass == 0 ? !b->number[f]
				      : s.ncodes == 0 || wide != (pass == 2))
				continue;
			b->slot[f] = slot;
			slot += pass == 0 ? 2 : 1;
			pack_add(p, SECTION_SLOT, &s, sizeof(s), sizeof(s));
		}
		if (pass == 0)
			p->h.category_slot = slot;
		if (pass == 1)
			p->h.wide_slot = slot;
	}
	p->h.nslots = slot;
	for (p->h.slot_bits = 1; (uint32_t)1 << p->h.slot_bits < slot;)
		p->h.slot_bits++;
}

/* The set of codes that go right, then "unknown" and "missing". */
static uint32_t
set_of(const struct booster *b, const struct pack_tree *t,
    const struct pack_split *s, struct pack_parts *p)
{
	uint32_t n = b->ncodes[s->feature], words = (n + 2 + 31) / 32;
	uint32_t *set = arena_alloc(b->tree, words * sizeof(*set));

	for (uint32_t k = 0; k < s->nset; k++) {
		uint32_t c = (uint32_t)integer(t->category, s->set + k);

		set[c / 32] |= (uint32_t)1 << c % 32;
	}
	if (!s->default_left)
		set[(n + 1) / 32] |= (uint32_t)1 << (n + 1) % 32;
	if (words == 1)
		return set[0];
	return pack_add(
	    p, SECTION_WIDE, set, words * sizeof(*set), sizeof(*set));
}

static int
add_tree(struct booster *b, struct pack_tree *t, struct pack_parts *p)
{
	uint32_t n = pack_layout(t, b->tree);
	struct mws_node *node;
	struct mws_cold *cold;
	struct mws_tree out = {
		.nnodes = n,
		.group = t->group,
		.depth = (uint16_t)t->depth,
		.nfeatures = (uint16_t)t->unique,
		.mean = t->node[0].mean,
	};

	/* Every tree begins on a cache line. */
	n = (n + 7) / 8 * 8;
	node = arena_alloc(b->tree, n * sizeof(*node));
	cold = arena_alloc(b->tree, n * sizeof(*cold));
	for (size_t i = 0; i < t->n; i++) {
		const struct pack_split *s = &t->node[i];
		struct mws_node *to = &node[s->place];
		uint32_t slot, distance;

		if (s->place == 0 && i != 0)
			continue; /* XGBoost pruned it */
		cold[s->place] = (struct mws_cold){ s->share, s->up };
		if (s->left < 0) {
			to->value = (uint32_t)mws_key(s->value);
			continue;
		}
		slot = b->slot[s->feature];
		distance = (uint32_t)(t->node[s->left].place - s->place);
		if (distance >= (uint32_t)1 << (32 - p->h.slot_bits))
			return bad(b, "a tree is too large");
		if (s->category)
			to->value = set_of(b, t, s, p);
		else
			to->value = (uint32_t)mws_key(s->value + 0.0f);
		if (!s->category && !s->default_left)
			slot++;
		to->link = distance << p->h.slot_bits | slot;
	}
	out.node =
	    pack_add(p, SECTION_NODE, node, n * sizeof(*node), sizeof(*node));
	pack_add(p, SECTION_COLD, cold, n * sizeof(*cold), sizeof(*cold));
	pack_add(p, SECTION_TREE, &out, sizeof(out), sizeof(out));
	return 0;
}

static int
add_base(struct booster *b, const struct ubj *learner, struct pack_parts *p)
{
	const char *name =
	    ubj_text(ubj_get(ubj_get(learner, "objective"), "name"), b->a);
	float base = (float)ubj_number(
	    ubj_get(ubj_get(learner, "learner_model_param"), "base_score"));
	const struct objective *o = objectives;
	double margin;

	while (o->name != NULL && (name == NULL || strcmp(o->name, name) != 0))
		o++;
	if (o->name == NULL)
		return err_set(b->e, ERR_INVALID,
		    "the booster cannot be packed: objective '%s'",
		    name != NULL ? name : "");
	if (!isfinite(base))
		return bad(b, "it has no base score");
	if (o->base == LINK_SIGMOID)
		base = -logf(1.0f / base - 1.0f);
	else if (o->base == LINK_EXP)
		base = logf(base);
	p->h.link = o->link;
	margin = (double)base;
	for (uint32_t g = 0; g < p->h.ngroups; g++)
		pack_add(
		    p, SECTION_BIAS, &margin, sizeof(margin), sizeof(margin));
	return 0;
}

static int
open_booster(struct booster *b, const struct pack *in, struct pack_parts *p)
{
	const struct ubj *doc, *learner, *gbm, *model;
	const char *name;
	double parallel, features;

	if ((doc = ubj_parse(in->booster, in->booster_size, b->a, b->e)) ==
	    NULL)
		return -1;
	learner = ubj_get(doc, "learner");
	gbm = ubj_get(learner, "gradient_booster");
	model = ubj_get(gbm, "model");
	name = ubj_text(ubj_get(gbm, "name"), b->a);
	if (name == NULL || strcmp(name, "gbtree") != 0)
		return bad(b, "it is no gbtree");
	features = ubj_number(
	    ubj_get(ubj_get(learner, "learner_model_param"), "num_feature"));
	if (features != in->prep->nfeatures)
		return bad(b, "its features are not those of the preparation");
	b->nfeatures = (uint32_t)in->prep->nfeatures;
	b->trees = ubj_get(model, "trees");
	b->info = ubj_get(model, "tree_info");
	b->ntrees = ubj_len(b->trees);
	if (ubj_len(b->info) != b->ntrees)
		return bad(b, "it has no groups of trees");
	parallel = ubj_number(
	    ubj_get(ubj_get(model, "gbtree_model_param"), "num_parallel_tree"));
	if (!(parallel >= 1 && parallel <= 1e6))
		parallel = 1;
	if (in->rounds > 0) {
		double n = in->rounds * parallel * p->h.ngroups;

		if (n > (double)b->ntrees)
			return bad(b, "it has fewer rounds");
		b->ntrees = (size_t)n;
	}
	return add_base(b, learner, p);
}

/* Read tree i into the arena of trees, which forgets the one before. */
static int
load_tree(struct booster *b, const struct pack_parts *p, size_t i,
    struct pack_tree *t)
{
	int group = integer(b->info, i);

	arena_reset(b->tree);
	*t = (struct pack_tree){ .group = (uint32_t)group };
	if (group < 0 || t->group >= p->h.ngroups)
		return bad(b, "its groups are not the labels");
	if (read_tree(b, ubj_item(b->trees, i), t) == -1)
		return -1;
	return survey(b, t, 0, 0, 0);
}

static int
all_trees(struct booster *b, struct pack_parts *p)
{
	struct pack_tree t;

	for (size_t i = 0; i < b->ntrees; i++)
		if (load_tree(b, p, i, &t) == -1 || note_features(b, &t) == -1)
			return -1;
	for (uint32_t f = 0; f < b->nfeatures; f++)
		if (b->number[f] && b->ncodes[f] != 0)
			return bad(b, "a feature is number and category");
	add_slots(b, p);
	for (size_t i = 0; i < b->ntrees; i++)
		if (load_tree(b, p, i, &t) == -1 || add_tree(b, &t, p) == -1)
			return -1;
	return 0;
}

int
pack_trees(
    struct pack_parts *p, const struct pack *in, struct arena *a, struct err *e)
{
	struct booster b = { .a = a, .e = e };
	int r;

	if (open_booster(&b, in, p) == -1)
		return -1;
	b.ncodes = arena_alloc(a, (b.nfeatures + 1) * sizeof(*b.ncodes));
	b.slot = arena_alloc(a, (b.nfeatures + 1) * sizeof(*b.slot));
	b.number = arena_alloc(a, b.nfeatures + 1);
	b.above = arena_alloc(a, (MWS_DEPTH_MAX + 2) * sizeof(*b.above));
	b.tree = arena_new();
	r = all_trees(&b, p);
	arena_free(b.tree);
	return r;
}
