/*
 * Packed models as files: what they answer, and that a damaged or hostile one
 * is refused or at least does no harm (run under ASan too).
 */
#include "config.h"

#include <err.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/score/explain.h"
#include "lib/score/mws.h"
#include "lib/score/mws_file.h"
#include "lib/score/ubj.h"
#include "tests/tap.h"
#include "tests/unit/score_booster.h"
#include "tests/unit/score_model.h"

static struct arena *a;

static struct pack
tree_pack(struct buf *booster)
{
	static struct prep_field field[] = { { "x0", FIELD_NUMBER },
		{ "x1", FIELD_NUMBER }, { "x2", FIELD_NUMBER } };
	static struct feature feature[] = {
		{ "x0", PREP_NUMBER, 0, .scale = 1, .missing = NAN },
		{ "x1", PREP_NUMBER, 1, .scale = 1, .missing = NAN },
		{ "x2", PREP_NUMBER, 2, .scale = 1, .missing = NAN },
	};
	static struct prep prep = { field, 3, feature, 3, NULL };

	booster_write(booster);
	return (struct pack){
		.task = MWS_REGRESSION,
		.prep = &prep,
		.adverse = -1,
		.kind = MWS_TREES,
		.booster = booster->data,
		.booster_size = booster->len,
	};
}

static void
test_trees(const struct pack *p)
{
	const struct mws *m = model_open(p, a);
	/* clang-format off */
	const struct { float x[3], want; } t[] = {
		{ { 1, 0, 5 }, 0.5f + 0.25f - 0.125f },
		{ { 1.5f, 0, 5 }, 0.5f + 0.5f - 0.125f },
		{ { 1.5f, 1, 5 }, 0.5f - 1 - 0.125f },
		{ { 1.5f, 2, 5 }, 0.5f + 0.5f - 0.125f },
		{ { 1.5f, 7, 5 }, 0.5f + 0.5f - 0.125f },
		{ { 1.5f, NAN, 5 }, 0.5f - 1 - 0.125f },
		{ { NAN, 1, 5 }, 0.5f + 0.25f - 0.125f },
		{ { 0, 0, 0 }, 0.5f + 0.25f + 4 },
		{ { -3, 0, 33 }, 0.5f + 0.25f + 3 },
		{ { -3, 0, 32 }, 0.5f + 0.25f - 0.125f },
		{ { -3, 0, 34 }, 0.5f + 0.25f - 0.125f },
		{ { -3, 0, 400 }, 0.5f + 0.25f - 0.125f },
		{ { -3, 0, -1 }, 0.5f + 0.25f - 0.125f },
		{ { -3, 0, NAN }, 0.5f + 0.25f - 0.125f },
		{ { NAN, NAN, 33 }, 0.5f + 0.25f + 4 },
	};
	/* clang-format on */

	for (size_t i = 0; i < nitems(t); i++) {
		float got, many[3];
		double phi[4];

		mws_margin(m, t[i].x, &got);
		mws_margins(m, t[i].x, 1, many);
		explain_features(m, t[i].x, phi);
		ok(got == t[i].want && many[0] == got, "(%g, %g, %g) gives %g",
		    (double)t[i].x[0], (double)t[i].x[1], (double)t[i].x[2],
		    (double)got);
		ok(fabs(phi[0] + phi[1] + phi[2] + phi[3] - (double)got) < 1e-6,
		    "and its contributions sum up to it");
	}
	/* Row (1.5, 1, 5) by hand, v(known features) with the training rows'
	 * shares for the others.  First tree: v() = 0.2, v(0) = 0.125, v(1) =
	 * -0.25, v(0, 1) = -1.  Second: v() = 0.78125, v(0) = 0.90625, v(2) =
	 * v(0, 2) = -0.125. */
	const double want[] = {
		((0.125 - 0.2) + (-1 + 0.25)) / 2 + (0.90625 - 0.78125) / 2,
		((-0.25 - 0.2) + (-1 - 0.125)) / 2,
		((-0.125 - 0.78125) + (-0.125 - 0.90625)) / 2,
		0.5 + 0.2 + 0.78125,
	};
	double phi[4];

	explain_features(m, (float[]){ 1.5f, 1, 5 }, phi);
	ok(fabs(phi[0] - want[0]) < 1e-6 && fabs(phi[1] - want[1]) < 1e-6 &&
		fabs(phi[2] - want[2]) < 1e-6 && fabs(phi[3] - want[3]) < 1e-6,
	    "contributions are Shapley's, by hand: %g %g %g %g", phi[0], phi[1],
	    phi[2], phi[3]);
}

static void
test_lookup(const struct mws *m)
{
	const struct prep *p = mws_prep(m);
	int good = 1;

	for (int i = 0; i < p->nfields; i++) {
		const struct prep_field *f = &p->field[i];

		good &= mws_field(m, f->name, strlen(f->name)) == i;
		for (int k = 0; k < f->nlevels; k++)
			good &= mws_level(m, i, f->level[k],
				    strlen(f->level[k])) == k;
	}
	ok(good, "every field and level is found");
	ok(mws_field(m, "ag", 2) == -1 && mws_field(m, "age ", 4) == -1 &&
		mws_field(m, "", 0) == -1 && mws_level(m, 1, "x", 1) == -1 &&
		mws_level(m, 0, "x", 1) == -1 &&
		mws_level(m, 99, "x", 1) == -1 &&
		mws_field(m, "age\0x", 5) == -1,
	    "nothing else is");
}

static void
test_files(const struct pack *p)
{
	char dir[] = "/tmp/score_mws.XXXXXX";
	struct err e = { 0 };
	char *path;
	struct mws *m;
	FILE *f;

	if (mkdtemp(dir) == NULL)
		err(1, "mkdtemp");
	path = arena_printf(a, "%s/scorer.mws", dir);
	ok(pack_write(p, path, &e) == 0, "a model is written to a file");
	ok((m = mws_open(path, &e)) != NULL, "and mapped");
	mws_close(m);
	ok(pack_write(p, path, &e) == -1, "a file is not written over: %s",
	    e.text);
	if (truncate(path, 500) == -1)
		err(1, "truncate");
	ok(mws_open(path, &e) == NULL && e.code == ERR_INVALID,
	    "cut off, it is refused: %s", e.text);
	if (truncate(path, 0) == -1)
		err(1, "truncate");
	ok(mws_open(path, &e) == NULL, "empty, it is refused: %s", e.text);
	if ((f = fopen(path, "we")) == NULL || fputs("a,b\n1,2\n", f) < 0 ||
	    fclose(f) != 0)
		err(1, "%s", path);
	ok(mws_open(path, &e) == NULL, "a table is refused: %s", e.text);
	unlink(path);
	ok(mws_open(path, &e) == NULL && e.code == ERR_INTERNAL, "no file: %s",
	    e.text);
	ok(mws_open(dir, &e) == NULL, "a directory is refused: %s", e.text);
	rmdir(dir);
}

static uint64_t seed = 5;

static uint32_t
dice(uint32_t n)
{
	seed = seed * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)(seed >> 33) % n;
}

static void
sign(unsigned char *data, size_t n)
{
	const size_t head = offsetof(struct mws_header, task);
	uint64_t sum = mws_sum(data + head, n - head);

	memcpy(data + offsetof(struct mws_header, sum), &sum, sizeof(sum));
}

/* Use all of a model. */
static void
exercise(const struct mws *m)
{
	const struct prep *p = mws_prep(m);
	struct raw *raw =
	    arena_alloc(a, ((size_t)p->nfields + 1) * sizeof(*raw));
	float *x = arena_alloc(a, ((size_t)p->nfeatures + 1) * sizeof(*x));
	float *out = arena_alloc(a, (size_t)mws_ngroups(m) * sizeof(*out));
	double *phi = arena_alloc(a,
	    (size_t)mws_ngroups(m) * ((size_t)p->nfields + 1) * sizeof(*phi));

	mws_predict(m, raw, out);
	for (int i = 0; i < p->nfeatures; i++)
		x[i] = (float)i;
	mws_margins(m, x, 1, out);
	explain_fields(m, x, phi);
	for (int i = 0; i < p->nfields; i++)
		mws_level(m, i, "smith", 5);
	mws_field(m, "age", 3);
}

static void
test_damage(const struct pack *p, const char *name)
{
	struct err e = { 0 };
	unsigned char *data;
	struct buf b;
	void *mem;
	size_t found = 0, opened = 0;
	struct mws *m;

	buf_init(&b, MWS_SIZE_MAX);
	if (pack_build(p, &b, &e) == -1)
		errx(1, "%s", e.text);
	if (posix_memalign(&mem, MWS_ALIGN, b.len) != 0)
		err(1, NULL);
	data = mem;
	for (size_t i = 0; i < b.len; i++) {
		memcpy(data, b.data, b.len);
		data[i] ^= (unsigned char)(1 + dice(255));
		if ((m = mws_view(data, b.len, &e)) == NULL)
			found++;
		mws_close(m);
	}
	ok(found == b.len, "%s: any one byte that changed is noticed (%zu)",
	    name, b.len);
	for (int i = 0; i < 20000; i++) {
		size_t at = dice((uint32_t)b.len / 4) * 4;
		uint32_t v =
		    (uint32_t[]){ 0, 1, 0x7fffffff, 0xffffffff, dice(1000),
			    1U << dice(32), 0x7fc00000, 0x7f800000 }[dice(8)];

		memcpy(data, b.data, b.len);
		if (at >= 24)
			memcpy(data + at, &v, sizeof(v));
		sign(data, b.len);
		if ((m = mws_view(data, b.len, &e)) == NULL)
			continue;
		opened++;
		exercise(m);
		mws_close(m);
	}
	ok(opened > 0 && opened < 20000,
	    "%s: forged ones are refused or harmless (%zu opened)", name,
	    opened);
	free(mem);
	buf_done(&b);
}

static void
test_boosters(const struct pack *p, const struct buf *booster)
{
	unsigned char *data = malloc(booster->len);
	size_t packed = 0;
	struct pack q = *p;
	struct err e = { 0 };
	struct buf out;

	buf_init(&out, MWS_SIZE_MAX);
	q.booster = data;
	for (size_t n = 0; n < booster->len; n++) {
		memcpy(data, booster->data, booster->len);
		q.booster_size = n;
		out.len = 0;
		packed += pack_build(&q, &out, &e) == 0;
	}
	ok(packed == 0, "a booster that was cut off is not packed: %s", e.text);
	q.booster_size = booster->len;
	packed = 0;
	for (int i = 0; i < 20000; i++) {
		memcpy(data, booster->data, booster->len);
		data[dice((uint32_t)booster->len)] = (unsigned char)dice(256);
		out.len = 0;
		packed += pack_build(&q, &out, &e) == 0;
	}
	ok(packed > 0 && packed < 20000,
	    "damaged ones are refused or packed (%zu)", packed);
	buf_done(&out);
	free(data);
}

int
main(void)
{
	struct pack linear = model_pack(model_prep()), trees;
	struct buf booster;

	a = arena_new();
	buf_init(&booster, 1 << 20);
	trees = tree_pack(&booster);
	test_trees(&trees);
	test_lookup(model_open(&linear, a));
	test_files(&linear);
	test_damage(&linear, "linear");
	test_damage(&trees, "trees");
	test_boosters(&trees, &booster);
	buf_done(&booster);
	arena_free(a);
	return done();
}
