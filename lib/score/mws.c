/*
 * Opening a packed model, and what it says of itself.
 */
#include "config.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/err.h"
#include "lib/score/dsl.h"
#include "lib/score/mws.h"
#include "lib/score/mws_file.h"
#include "lib/score/mws_map.h"

/* Batches take as many rows at a time as stay in the cache, at least as many
 * as go side by side. */
enum { ROWS_BYTES = 64 * 1024, ROWS_LEAST = 8, ROWS_MOST = 64 };

static void
build_fields(struct mws *m)
{
	const char **level =
	    arena_alloc(m->arena, (m->nlevel + 1) * sizeof(*level));

	for (size_t i = 0; i < m->nlevel; i++)
		level[i] = m->text + m->level[i];
	m->prep.nfields = (int)m->h->nfields;
	m->prep.field = arena_alloc(
	    m->arena, ((size_t)m->h->nfields + 1) * sizeof(*m->prep.field));
	for (uint32_t i = 0; i < m->h->nfields; i++) {
		const struct mws_field *f = &m->field[i];

		m->prep.field[i] = (struct prep_field){
			.name = m->text + f->name,
			.kind = (enum field_kind)f->kind,
			.level = level + f->level,
			.nlevels = (int)f->nlevels,
			.refuse = f->refuse,
		};
	}
}

static void
build_features(struct mws *m)
{
	m->prep.nfeatures = (int)m->h->nfeatures;
	m->prep.feature = arena_alloc(
	    m->arena, ((size_t)m->h->nfeatures + 1) * sizeof(*m->prep.feature));
	for (uint32_t i = 0; i < m->h->nfeatures; i++) {
		const struct mws_feature *f = &m->feature[i];

		m->prep.feature[i] = (struct feature){
			.name = m->text + f->name,
			.op = (enum prep_op)f->op,
			.field = f->field,
			.shift = f->shift,
			.scale = f->scale,
			.missing = f->missing,
			.unknown = f->unknown,
			.table = m->table + f->table,
			.edge = m->edge + f->edge,
			.nedges = (int)f->nedges,
			.part = (enum date_part)f->part,
			.expr = m->text + f->expr,
		};
	}
}

static void
build_scratch(struct mws *m)
{
	const struct mws_header *h = m->h;
	size_t nslots = h->kind == MWS_TREES ? h->nslots : 1;

	m->x =
	    arena_alloc(m->arena, ((size_t)h->nfeatures + 1) * sizeof(*m->x));
	m->nrows = ROWS_BYTES / (nslots * sizeof(*m->slots));
	if (m->nrows < ROWS_LEAST)
		m->nrows = ROWS_LEAST;
	if (m->nrows > ROWS_MOST)
		m->nrows = ROWS_MOST;
	m->slots = arena_alloc(m->arena, nslots * m->nrows * sizeof(*m->slots));
	m->slot_feature =
	    arena_alloc(m->arena, nslots * sizeof(*m->slot_feature));
	for (size_t i = 0; h->kind == MWS_TREES && i < m->nslot; i++) {
		const struct mws_slot *s = &m->slot[i];

		m->slot_feature[s->slot] = s->feature;
		if (s->ncodes == 0)
			m->slot_feature[s->slot + 1] = s->feature;
	}
	m->group_depth = arena_alloc(m->arena, m->ntree / MWS_WALKS + 1);
	for (size_t i = 0; h->kind == MWS_TREES && i < m->ntree; i++) {
		unsigned char *depth = &m->group_depth[i / MWS_WALKS];

		if (m->tree[i].depth > *depth)
			*depth = (unsigned char)m->tree[i].depth;
	}
	explain_init(m);
}

/* Which fields matter: nobody is warned of others. */
static void
build_used(struct mws *m)
{
	m->used = arena_alloc(m->arena, (size_t)m->prep.nfields + 1);
	for (int i = 0; i < m->prep.nfeatures; i++) {
		const struct feature *f = &m->prep.feature[i];

		if (f->op != PREP_EXPR) {
			m->used[f->field] = 1;
			continue;
		}
		for (int k = 0; k < m->prep.nfields; k++)
			if (dsl_uses(m->prep.compiled[i], k))
				m->used[k] = 1;
	}
}

static struct mws *
view(const void *data, size_t n, struct err *e)
{
	struct mws *m;

	if ((m = calloc(1, sizeof(*m))) == NULL)
		err(1, "mws");
	m->arena = arena_new();
	if (mws_check(m, data, n, e) == -1) {
		mws_close(m);
		return NULL;
	}
	build_fields(m);
	build_features(m);
	if (prep_compile(&m->prep, m->arena, e) == -1) {
		mws_close(m);
		return NULL;
	}
	build_used(m);
	build_scratch(m);
	return m;
}

struct mws *
mws_view(const void *data, size_t n, struct err *e)
{
	if ((uintptr_t)data % MWS_ALIGN != 0)
		errx(1, "mws: a view must be aligned");
	return view(data, n, e);
}

struct mws *
mws_open(const char *path, struct err *e)
{
	auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;
	struct mws *m;
	void *map;

	if (fd == -1 || fstat(fd, &st) == -1) {
		err_set(e, ERR_INTERNAL, "cannot open '%s': %s", path,
		    strerror(errno));
		return NULL;
	}
	if (!S_ISREG(st.st_mode) || st.st_size <= 0 ||
	    (size_t)st.st_size > MWS_SIZE_MAX) {
		err_set(e, ERR_INVALID, "'%s' is no packed model", path);
		return NULL;
	}
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		err_set(e, ERR_INTERNAL, "cannot map '%s': %s", path,
		    strerror(errno));
		return NULL;
	}
	if ((m = view(map, (size_t)st.st_size, e)) == NULL) {
		munmap(map, (size_t)st.st_size);
		return NULL;
	}
	m->map = map;
	m->size = (size_t)st.st_size;
	return m;
}

void
mws_close(struct mws *m)
{
	if (m == NULL)
		return;
	if (m->map != NULL)
		munmap(m->map, m->size);
	arena_free(m->arena);
	free(m);
}

enum mws_task
mws_task(const struct mws *m)
{
	return (enum mws_task)m->h->task;
}

enum mws_kind
mws_kind(const struct mws *m)
{
	return (enum mws_kind)m->h->kind;
}

const struct prep *
mws_prep(const struct mws *m)
{
	return &m->prep;
}

int
mws_nlabels(const struct mws *m)
{
	return (int)m->h->nlabels;
}

const char *
mws_label(const struct mws *m, int i)
{
	return i >= 0 && i < (int)m->h->nlabels ? m->text + m->label[i] : NULL;
}

int
mws_positive(const struct mws *m)
{
	return m->h->positive;
}

int
mws_adverse(const struct mws *m)
{
	return m->h->adverse;
}

double
mws_threshold(const struct mws *m)
{
	return m->h->threshold;
}

int
mws_ngroups(const struct mws *m)
{
	return (int)m->h->ngroups;
}

/* Look n bytes up in a table of 1 << bits slots by linear probing. */
static int
find(const struct mws *m, uint32_t table, uint32_t bits, const uint32_t *text,
    size_t stride, const char *s, size_t n)
{
	uint32_t mask = ((uint32_t)1 << bits) - 1, i, k;

	if (bits == 0 || memchr(s, '\0', n) != NULL)
		return -1;
	i = mws_hash(s, n) & mask;
	for (uint32_t probes = 0; probes <= mask; probes++) {
		const char *t;

		if ((k = m->hash[table + i]) == 0)
			return -1;
		t = m->text + text[(k - 1) * stride];
		if (strncmp(t, s, n) == 0 && t[n] == '\0')
			return (int)k - 1;
		i = (i + 1) & mask;
	}
	return -1;
}

int
mws_field(const struct mws *m, const char *name, size_t n)
{
	return find(m, m->h->name_hash, m->h->name_bits, &m->field->name,
	    sizeof(*m->field) / sizeof(uint32_t), name, n);
}

int
mws_level(const struct mws *m, int field, const char *text, size_t n)
{
	const struct mws_field *f;

	if (field < 0 || field >= (int)m->h->nfields)
		return -1;
	f = &m->field[field];
	return find(m, f->hash, f->hash_bits, m->level + f->level, 1, text, n);
}
