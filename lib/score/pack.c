/*
 * The writer of packed models: schema, preparation, head and frame.
 */
#include "config.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/err.h"
#include "lib/score/pack.h"
#include "lib/score/pack_parts.h"
#include "lib/score/prep.h"

uint32_t
pack_add(struct pack_parts *p, enum mws_section_id id, const void *data,
    size_t n, size_t size)
{
	uint32_t at = (uint32_t)(p->section[id].len / size);

	if (n > 0)
		buf_add(&p->section[id], data, n);
	return at;
}

static uint32_t
add_text(struct pack_parts *p, const char *s)
{
	return pack_add(p, SECTION_TEXT, s, strlen(s) + 1, 1);
}

/* A table of n texts, at most half full; texts that come twice keep the first
 * place. */
static uint32_t
add_hash(struct pack_parts *p, const char *const *text, uint32_t n,
    uint32_t *bits, struct arena *a)
{
	uint32_t mask, *table, at;

	*bits = 0;
	if (n == 0)
		return 0;
	for (*bits = 1; (uint32_t)1 << *bits < 2 * n;)
		++*bits;
	mask = ((uint32_t)1 << *bits) - 1;
	table = arena_alloc(a, ((size_t)mask + 1) * sizeof(*table));
	for (uint32_t i = 0; i < n; i++) {
		uint32_t k = mws_hash(text[i], strlen(text[i])) & mask;

		while (table[k] != 0)
			k = (k + 1) & mask;
		table[k] = i + 1;
	}
	at = pack_add(p, SECTION_HASH, table,
	    ((size_t)mask + 1) * sizeof(*table), sizeof(*table));
	return at;
}

static void
add_fields(struct pack_parts *p, const struct prep *prep, struct arena *a)
{
	const char **name =
	    arena_alloc(a, ((size_t)prep->nfields + 1) * sizeof(*name));

	for (int i = 0; i < prep->nfields; i++) {
		const struct prep_field *f = &prep->field[i];
		struct mws_field out = {
			.name = add_text(p, f->name),
			.kind = f->kind,
			.refuse = f->refuse,
			.nlevels = (uint32_t)f->nlevels,
			.level = (uint32_t)(p->section[SECTION_LEVEL].len /
					    sizeof(uint32_t)),
		};

		for (int k = 0; k < f->nlevels; k++) {
			uint32_t at = add_text(p, f->level[k]);

			pack_add(p, SECTION_LEVEL, &at, sizeof(at), sizeof(at));
		}
		out.hash = add_hash(p, (const char *const *)f->level,
		    (uint32_t)f->nlevels, &out.hash_bits, a);
		pack_add(p, SECTION_FIELD, &out, sizeof(out), sizeof(out));
		name[i] = f->name;
	}
	p->h.nfields = (uint32_t)prep->nfields;
	p->h.name_hash = add_hash(p, name, p->h.nfields, &p->h.name_bits, a);
}

static void
add_features(struct pack_parts *p, const struct prep *prep)
{
	for (int i = 0; i < prep->nfeatures; i++) {
		const struct feature *f = &prep->feature[i];
		struct mws_feature out = {
			.name = add_text(p, f->name),
			.op = f->op,
			.field = f->field,
			.part = f->part,
			.missing = f->missing,
			.unknown = f->unknown,
			.shift = f->shift,
			.scale = f->scale,
		};

		if (f->op == PREP_LOOKUP)
			out.ntable = (uint32_t)prep->field[f->field].nlevels;
		if (f->op == PREP_BINS) {
			out.nedges = (uint32_t)f->nedges;
			out.ntable = out.nedges + 1;
		}
		if (f->op == PREP_EXPR)
			out.expr = add_text(p, f->expr);
		out.table = pack_add(p, SECTION_TABLE, f->table,
		    out.ntable * sizeof(float), sizeof(float));
		out.edge = pack_add(p, SECTION_EDGE, f->edge,
		    out.nedges * sizeof(double), sizeof(double));
		pack_add(p, SECTION_FEATURE, &out, sizeof(out), sizeof(out));
	}
	p->h.nfeatures = (uint32_t)prep->nfeatures;
}

static void
add_labels(struct pack_parts *p, const struct pack *in)
{
	for (int i = 0; i < in->nlabels; i++) {
		uint32_t at = add_text(p, in->label[i]);

		pack_add(p, SECTION_LABEL, &at, sizeof(at), sizeof(at));
	}
	p->h.task = in->task;
	p->h.nlabels = (uint32_t)in->nlabels;
	p->h.ngroups = in->task == MWS_MULTICLASS ? p->h.nlabels : 1;
	p->h.positive = in->positive;
	p->h.adverse = in->adverse;
	p->h.threshold = in->threshold;
}

static void
add_calibration(struct pack_parts *p, const struct pack *in)
{
	p->h.calibration = in->calibration;
	if (in->calibration == CALIBRATION_PLATT) {
		p->h.platt_a = in->platt_a;
		p->h.platt_b = in->platt_b;
	}
	if (in->calibration != CALIBRATION_ISOTONIC)
		return;
	p->h.nknots = (uint64_t)in->nknots;
	pack_add(p, SECTION_KNOT, in->knot_x,
	    (size_t)in->nknots * sizeof(double), sizeof(double));
	pack_add(p, SECTION_KNOT, in->knot_y,
	    (size_t)in->nknots * sizeof(double), sizeof(double));
}

/* What is not trees. */
static int
add_plain(struct pack_parts *p, const struct pack *in, struct err *e)
{
	size_t nx = p->h.nfeatures, groups = p->h.ngroups;
	const float zero = 0;

	if (in->bias == NULL || (in->kind == MWS_LINEAR && in->weight == NULL))
		return err_set(
		    e, ERR_INVALID, "a linear model needs weights and a bias");
	p->h.link = in->link;
	p->h.intercept = in->intercept;
	p->h.slope = in->slope;
	pack_add(
	    p, SECTION_BIAS, in->bias, groups * sizeof(double), sizeof(double));
	if (in->kind == MWS_LINEAR)
		pack_add(p, SECTION_WEIGHT, in->weight,
		    groups * nx * sizeof(double), sizeof(double));
	for (size_t j = 0; in->kind != MWS_CONSTANT && j < nx; j++)
		pack_add(p, SECTION_REFERENCE,
		    in->reference != NULL ? &in->reference[j] : &zero,
		    sizeof(float), sizeof(float));
	return 0;
}

/* Header and sections into one piece. */
static int
assemble(struct pack_parts *p, struct buf *out, struct err *e)
{
	static const char zeros[MWS_ALIGN];
	const size_t head = offsetof(struct mws_header, task);
	uint64_t at = (sizeof(p->h) + MWS_ALIGN - 1) / MWS_ALIGN * MWS_ALIGN;

	/* clang-format off */
	static const size_t size[SECTION__MAX] = {
		1, sizeof(struct mws_field), 4, 4, sizeof(struct mws_feature),
		4, 8, 4, 8, 8, 8, 4, sizeof(struct mws_slot),
		sizeof(struct mws_tree), 8, 4, sizeof(struct mws_cold),
	};
	/* clang-format on */

	for (int i = 0; i < SECTION__MAX; i++) {
		struct buf *b = &p->section[i];

		p->h.section[i].at = at;
		p->h.section[i].n = b->len / size[i];
		if (b->len % MWS_ALIGN != 0)
			buf_add(b, zeros, MWS_ALIGN - b->len % MWS_ALIGN);
		if (b->over)
			return err_set(
			    e, ERR_TOO_LARGE, "the model is too large to pack");
		at += b->len;
	}
	memcpy(p->h.magic, MWS_MAGIC, sizeof(p->h.magic));
	p->h.version = MWS_VERSION;
	p->h.order = MWS_ORDER;
	p->h.size = at;

	size_t start = out->len;

	buf_add(out, &p->h, sizeof(p->h));
	buf_add(out, zeros, (MWS_ALIGN - sizeof(p->h) % MWS_ALIGN) % MWS_ALIGN);
	for (int i = 0; i < SECTION__MAX; i++)
		buf_add(out, p->section[i].data, p->section[i].len);
	if (out->over)
		return err_set(
		    e, ERR_TOO_LARGE, "the model is too large to pack");

	uint64_t sum =
	    mws_sum(out->data + start + head, out->len - start - head);

	memcpy(out->data + start + offsetof(struct mws_header, sum), &sum,
	    sizeof(sum));
	return 0;
}

/* The reader has the last word. */
static int
check(const char *data, size_t n, struct err *e)
{
	auto_str char *copy = NULL;
	struct mws *m;
	void *p;

	if (posix_memalign(&p, MWS_ALIGN, n) != 0)
		err(1, "pack");
	copy = memcpy(p, data, n);
	if ((m = mws_view(copy, n, e)) == NULL)
		return -1;
	mws_close(m);
	return 0;
}

static int
build(struct pack_parts *p, const struct pack *in, struct arena *a,
    struct buf *out, struct err *e)
{
	size_t start = out->len;

	/* The empty text is at 0, for all that have none. */
	add_text(p, "");
	p->h.kind = in->kind;
	add_fields(p, in->prep, a);
	add_features(p, in->prep);
	add_labels(p, in);
	add_calibration(p, in);
	if ((in->kind == MWS_TREES ? pack_trees(p, in, a, e)
				   : add_plain(p, in, e)) == -1 ||
	    assemble(p, out, e) == -1)
		return -1;
	return check(out->data + start, out->len - start, e);
}

int
pack_build(const struct pack *in, struct buf *out, struct err *e)
{
	struct pack_parts *p;
	struct arena *a = arena_new();
	struct prep prep = *in->prep;
	int r;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		err(1, "pack");
	for (int i = 0; i < SECTION__MAX; i++)
		buf_init(&p->section[i], MWS_SIZE_MAX);
	r = prep_compile(&prep, a, e);
	if (r == 0)
		r = build(p, in, a, out, e);
	for (int i = 0; i < SECTION__MAX; i++)
		buf_done(&p->section[i]);
	free(p);
	arena_free(a);
	return r;
}

static int
write_all(int fd, const char *s, size_t n)
{
	while (n > 0) {
		ssize_t k = write(fd, s, n);

		if (k == -1 && errno != EINTR)
			return -1;
		if (k > 0) {
			s += k;
			n -= (size_t)k;
		}
	}
	return 0;
}

int
pack_write(const struct pack *in, const char *path, struct err *e)
{
	auto_fd int fd = -1;
	struct buf b;
	int r;

	buf_init(&b, MWS_SIZE_MAX);
	if ((r = pack_build(in, &b, e)) == 0) {
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd == -1 || write_all(fd, b.data, b.len) == -1 ||
		    fsync(fd) == -1)
			r = err_file(e, "write", path);
	}
	buf_done(&b);
	return r;
}
