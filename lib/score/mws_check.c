/*
 * The checks of a packed model: after them, no index in it leads outside it
 * and no walk through it goes on for ever.
 */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/score/mws.h"
#include "lib/score/mws_file.h"
#include "lib/score/mws_map.h"
#include "lib/score/pack.h"

/* clang-format off */
static const size_t element[SECTION__MAX] = {
	[SECTION_TEXT]      = 1,
	[SECTION_FIELD]     = sizeof(struct mws_field),
	[SECTION_LEVEL]     = sizeof(uint32_t),
	[SECTION_HASH]      = sizeof(uint32_t),
	[SECTION_FEATURE]   = sizeof(struct mws_feature),
	[SECTION_TABLE]     = sizeof(float),
	[SECTION_EDGE]      = sizeof(double),
	[SECTION_LABEL]     = sizeof(uint32_t),
	[SECTION_BIAS]      = sizeof(double),
	[SECTION_WEIGHT]    = sizeof(double),
	[SECTION_KNOT]      = sizeof(double),
	[SECTION_REFERENCE] = sizeof(float),
	[SECTION_SLOT]      = sizeof(struct mws_slot),
	[SECTION_TREE]      = sizeof(struct mws_tree),
	[SECTION_NODE]      = sizeof(struct mws_node),
	[SECTION_WIDE]      = sizeof(uint32_t),
	[SECTION_COLD]      = sizeof(struct mws_cold),
};
/* clang-format on */

static int
bad(struct err *e, const char *what)
{
	return err_set(e, ERR_INVALID, "the packed model is damaged: %s", what);
}

static int
check_head(const void *data, size_t n, struct err *e)
{
	const struct mws_header *h = data;
	const size_t head = offsetof(struct mws_header, task);

	if (n < sizeof(*h) || memcmp(h->magic, MWS_MAGIC, sizeof(h->magic)))
		return err_set(e, ERR_INVALID, "this is no packed model");
	if (h->order != MWS_ORDER)
		return err_set(e, ERR_INVALID,
		    "the packed model is of a machine with another byte order");
	if (h->version != MWS_VERSION)
		return err_set(e, ERR_INVALID,
		    "the packed model has version %u, this program reads %d",
		    h->version, MWS_VERSION);
	if (h->size != n || n % MWS_ALIGN != 0)
		return bad(e, "it has been cut off or added to");
	if (mws_sum((const char *)data + head, n - head) != h->sum)
		return bad(e, "its checksum does not fit");
	return 0;
}

static const void *
section(const struct mws *m, enum mws_section_id id)
{
	return (const char *)m->h + m->h->section[id].at;
}

static int
check_sections(struct mws *m, size_t size, struct err *e)
{
	for (int i = 0; i < SECTION__MAX; i++) {
		const struct mws_section *s = &m->h->section[i];

		if (s->at < sizeof(*m->h) || s->at > size ||
		    s->at % MWS_ALIGN != 0 ||
		    s->n > (size - s->at) / element[i])
			return bad(e, "a section lies outside it");
	}
	m->text = section(m, SECTION_TEXT);
	m->field = section(m, SECTION_FIELD);
	m->level = section(m, SECTION_LEVEL);
	m->hash = section(m, SECTION_HASH);
	m->feature = section(m, SECTION_FEATURE);
	m->table = section(m, SECTION_TABLE);
	m->edge = section(m, SECTION_EDGE);
	m->label = section(m, SECTION_LABEL);
	m->bias = section(m, SECTION_BIAS);
	m->weight = section(m, SECTION_WEIGHT);
	m->knot = section(m, SECTION_KNOT);
	m->reference = section(m, SECTION_REFERENCE);
	m->slot = section(m, SECTION_SLOT);
	m->tree = section(m, SECTION_TREE);
	m->node = section(m, SECTION_NODE);
	m->wide = section(m, SECTION_WIDE);
	m->cold = section(m, SECTION_COLD);
	m->ntext = m->h->section[SECTION_TEXT].n;
	m->nlevel = m->h->section[SECTION_LEVEL].n;
	m->nhash = m->h->section[SECTION_HASH].n;
	m->nwide = m->h->section[SECTION_WIDE].n;
	m->ntable = m->h->section[SECTION_TABLE].n;
	m->nedge = m->h->section[SECTION_EDGE].n;
	m->nslot = m->h->section[SECTION_SLOT].n;
	m->ntree = m->h->section[SECTION_TREE].n;
	m->nnode = m->h->section[SECTION_NODE].n;
	return 0;
}

/* [at, at + n) within a total. */
static int
within(uint64_t at, uint64_t n, uint64_t total)
{
	return at <= total && n <= total - at;
}

static int
check_counts(const struct mws *m, struct err *e)
{
	const struct mws_header *h = m->h;
	const struct mws_section *s = h->section;
	uint64_t want = h->task == MWS_MULTICLASS ? h->nlabels : 1;

	if (h->task >= MWS_TASK__MAX || h->kind >= MWS_KIND__MAX ||
	    h->link >= LINK__MAX || h->calibration >= CALIBRATION__MAX)
		return bad(e, "an unknown kind of model");
	if (h->nfields > PREP_FIELDS_MAX || h->nfeatures > PREP_FEATURES_MAX ||
	    h->nlabels > MWS_LABELS_MAX || m->nlevel > PREP_LEVELS_MAX ||
	    h->nfields != s[SECTION_FIELD].n ||
	    h->nfeatures != s[SECTION_FEATURE].n ||
	    h->nlabels != s[SECTION_LABEL].n || h->ngroups != s[SECTION_BIAS].n)
		return bad(e, "its counts do not fit");
	if ((h->task == MWS_REGRESSION) != (h->nlabels == 0) ||
	    (h->task == MWS_BINARY && h->nlabels != 2) || h->ngroups != want ||
	    (h->calibration != CALIBRATION_NONE && h->task != MWS_BINARY) ||
	    ((h->link == LINK_SOFTMAX) != (h->task == MWS_MULTICLASS)))
		return bad(e, "its labels do not fit its task");
	if ((h->task == MWS_BINARY && (h->positive < 0 || h->positive > 1)) ||
	    h->adverse < -1 || h->adverse >= (int64_t)h->nlabels)
		return bad(e, "a label that is not there");
	if ((uint64_t)h->ngroups * (h->nfeatures + 1) > MWS_NUMBERS_MAX)
		return bad(e, "too many labels for so many features");
	if (h->kind == MWS_LINEAR &&
	    s[SECTION_WEIGHT].n != (uint64_t)h->ngroups * h->nfeatures)
		return bad(e, "its weights do not fit");
	if (s[SECTION_REFERENCE].n != h->nfeatures &&
	    (h->kind == MWS_LINEAR || h->kind == MWS_SCORECARD))
		return bad(e, "its reference does not fit");
	if (h->nknots > m->h->size || s[SECTION_KNOT].n != 2 * h->nknots ||
	    (h->calibration == CALIBRATION_ISOTONIC && h->nknots == 0))
		return bad(e, "its calibration does not fit");
	if (h->kind == MWS_TREES && s[SECTION_COLD].n != m->nnode)
		return bad(e, "its nodes do not fit");
	return 0;
}

static int
check_hash(const struct mws *m, uint32_t at, uint32_t bits, uint32_t n)
{
	if (bits == 0)
		return n == 0;
	if (bits > 24 || !within(at, (uint64_t)1 << bits, m->nhash))
		return 0;
	for (uint32_t i = 0; i < (uint32_t)1 << bits; i++)
		if (m->hash[at + i] > n)
			return 0;
	return 1;
}

static int
check_schema(const struct mws *m, struct err *e)
{
	const struct mws_header *h = m->h;

	if (m->ntext == 0 || m->text[m->ntext - 1] != '\0')
		return bad(e, "its texts have no end");
	for (size_t i = 0; i < m->nlevel; i++)
		if (m->level[i] >= m->ntext)
			return bad(e, "a text lies outside it");
	for (uint32_t i = 0; i < h->nlabels; i++)
		if (m->label[i] >= m->ntext)
			return bad(e, "a text lies outside it");
	for (uint32_t i = 0; i < h->nfields; i++) {
		const struct mws_field *f = &m->field[i];

		if (f->name >= m->ntext || f->kind > FIELD_DATETIME ||
		    !within(f->level, f->nlevels, m->nlevel) ||
		    !check_hash(m, f->hash, f->hash_bits, f->nlevels))
			return bad(e, "a field does not fit");
	}
	if (!check_hash(m, h->name_hash, h->name_bits, h->nfields))
		return bad(e, "its field names do not fit");
	for (uint32_t i = 0; i < h->nfeatures; i++) {
		const struct mws_feature *f = &m->feature[i];

		if (f->name >= m->ntext || f->expr >= m->ntext ||
		    !within(f->table, f->ntable, m->ntable) ||
		    !within(f->edge, f->nedges, m->nedge))
			return bad(e, "a feature does not fit");
		if ((f->op == PREP_LOOKUP &&
			(f->field < 0 || (uint32_t)f->field >= h->nfields ||
			    f->ntable != m->field[f->field].nlevels)) ||
		    (f->op == PREP_BINS && f->ntable != f->nedges + 1))
			return bad(e, "a table does not fit");
	}
	return 0;
}

static int
check_slots(const struct mws *m, struct err *e)
{
	const struct mws_header *h = m->h;

	if (h->slot_bits < 1 || h->slot_bits > 31 || h->nslots < 1 ||
	    h->nslots > (uint32_t)1 << h->slot_bits ||
	    h->nslots > 2 * PREP_FEATURES_MAX + 1 || h->category_slot < 1 ||
	    h->category_slot > h->wide_slot || h->wide_slot > h->nslots)
		return bad(e, "its slots do not fit");
	for (size_t i = 0; i < m->nslot; i++) {
		const struct mws_slot *s = &m->slot[i];
		uint64_t bits = (uint64_t)s->ncodes + 2;

		if (s->feature >= h->nfeatures || s->slot < 1 ||
		    s->slot >= h->nslots || s->ncodes > 1 << 24)
			return bad(e, "a slot does not fit");
		/* A slot's place says how it is looked at. */
		if (s->ncodes == 0 ? s->slot + 1 >= h->category_slot
				   : s->slot < h->category_slot ||
					 (s->slot < h->wide_slot) !=
					     (bits <= MWS_INLINE_BITS))
			return bad(e, "a slot does not fit");
	}
	return 0;
}

/* A tree is a tree: every node that is reached is reached once, from before
 * it, at most `depth` steps from the root.  depth[] is scratch for its
 * nodes. */
static int
check_tree(const struct mws *m, const struct mws_tree *t, unsigned char *depth,
    const uint32_t *words, struct err *e)
{
	const struct mws_header *h = m->h;
	const uint32_t mask = ((uint32_t)1 << h->slot_bits) - 1;

	if (t->nnodes == 0 || !within(t->node, t->nnodes, m->nnode) ||
	    t->group >= h->ngroups || t->depth > MWS_DEPTH_MAX ||
	    t->nfeatures > t->depth || !isfinite(t->mean))
		return bad(e, "a tree lies outside it");
	memset(depth, 0, t->nnodes);
	depth[0] = 1;
	for (uint32_t i = 0; i < t->nnodes; i++) {
		const struct mws_node *n = &m->node[t->node + i];
		const struct mws_cold *c = &m->cold[t->node + i];
		uint32_t slot = n->link & mask, next = n->link >> h->slot_bits;

		if (depth[i] == 0)
			continue; /* padding, which nothing leads to */
		if (!(c->share > 0 && c->share <= 1e6f) ||
		    (c->up != 0 && c->up >= depth[i] - 1U))
			return bad(e, "a node does not fit");
		if (next == 0) {
			if (slot != 0 ||
			    !isfinite(mws_unkey((int32_t)n->value)))
				return bad(e, "a leaf is none");
			continue;
		}
		if (slot == 0 || slot >= h->nslots || depth[i] > t->depth ||
		    next > t->nnodes || i + next + 1 >= t->nnodes)
			return bad(e, "a node leads outside its tree");
		if (slot >= h->wide_slot &&
		    (words[slot - h->wide_slot] == 0 ||
			!within(
			    n->value, words[slot - h->wide_slot], m->nwide)))
			return bad(e, "a set lies outside it");
		for (uint32_t k = i + next; k <= i + next + 1; k++) {
			if (depth[k] != 0)
				return bad(e, "two nodes lead to one");
			depth[k] = (unsigned char)(depth[i] + 1);
		}
	}
	return 0;
}

static int
check_trees(struct mws *m, struct err *e)
{
	uint32_t largest = 1, nwide = m->h->nslots - m->h->wide_slot;
	unsigned char *depth;
	uint32_t *words;
	int r = 0;

	if (check_slots(m, e) == -1)
		return -1;
	for (size_t i = 0; i < m->ntree; i++)
		if (m->tree[i].nnodes > largest &&
		    m->tree[i].nnodes <= m->nnode)
			largest = m->tree[i].nnodes;
	depth = calloc(largest, 1);
	words = calloc((size_t)nwide + 1, sizeof(*words));
	if (depth == NULL || words == NULL)
		abort();
	/* Of the set of each wide slot; 0 when nobody fills it. */
	for (size_t i = 0; i < m->nslot; i++) {
		const struct mws_slot *s = &m->slot[i];
		uint32_t n = (s->ncodes + 2 + 31) / 32;

		if (s->slot >= m->h->wide_slot &&
		    words[s->slot - m->h->wide_slot] < n)
			words[s->slot - m->h->wide_slot] = n;
	}
	for (size_t i = 0; r == 0 && i < m->ntree; i++) {
		const struct mws_tree *t = &m->tree[i];

		r = check_tree(m, t, depth, words, e);
		if (t->depth > m->depth)
			m->depth = t->depth;
		if (t->nfeatures > m->unique)
			m->unique = t->nfeatures;
	}
	free(depth);
	free(words);
	return r;
}

static int
check_numbers(const struct mws *m, struct err *e)
{
	const struct mws_header *h = m->h;
	const struct mws_section *s = h->section;
	int good = isfinite(h->threshold) && isfinite(h->intercept) &&
	           isfinite(h->slope) && isfinite(h->platt_a) &&
	           isfinite(h->platt_b);

	for (uint64_t i = 0; i < s[SECTION_BIAS].n; i++)
		good &= isfinite(m->bias[i]) != 0;
	for (uint64_t i = 0; i < s[SECTION_WEIGHT].n; i++)
		good &= isfinite(m->weight[i]) != 0;
	for (uint64_t i = 0; i < s[SECTION_KNOT].n; i++)
		good &= isfinite(m->knot[i]) != 0;
	for (uint64_t i = 0; i < s[SECTION_REFERENCE].n; i++)
		good &= !isinf(m->reference[i]);
	for (uint64_t i = 1; i < h->nknots; i++)
		good &= m->knot[i] > m->knot[i - 1];
	return good ? 0 : bad(e, "a number is none");
}

int
mws_check(struct mws *m, const void *data, size_t n, struct err *e)
{
	if (check_head(data, n, e) == -1)
		return -1;
	m->h = data;
	if (check_sections(m, n, e) == -1 || check_counts(m, e) == -1 ||
	    check_schema(m, e) == -1 || check_numbers(m, e) == -1)
		return -1;
	return m->h->kind == MWS_TREES ? check_trees(m, e) : 0;
}

static uint64_t
mix(uint64_t h, uint64_t w)
{
	h = (h ^ w) * 0x9e3779b97f4a7c15U;
	return h << 29 | h >> 35;
}

uint64_t
mws_sum(const void *data, size_t n)
{
	const unsigned char *p = data;
	uint64_t h[4] = { 1, 2, 3, 4 }, w[4];

	for (; n >= sizeof(w); n -= sizeof(w), p += sizeof(w)) {
		memcpy(w, p, sizeof(w));
		for (int i = 0; i < 4; i++)
			h[i] = mix(h[i], w[i]);
	}
	return mix(mix(mix(h[0], h[1]), h[2]), h[3]);
}

uint32_t
mws_hash(const char *s, size_t n)
{
	uint32_t h = 2166136261U; /* FNV-1a */

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)s[i]) * 16777619U;
	return h ^ h >> 15;
}
