/*
 * The packed scorer against libxgboost on real tables: the examples of Debian's
 * weka package, and what stands in $MODELWRIGHT_DATASETS.  Every row of each,
 * as it is and with values taken away or never seen: from JSON to the answer,
 * the same float.
 */
#include "config.h"

#include <err.h>
#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xgboost/c_api.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/data/frame.h"
#include "lib/err.h"
#include "lib/score/answer.h"
#include "lib/score/mws.h"
#include "lib/score/mws_file.h"
#include "lib/score/pack.h"
#include "lib/score/prep.h"
#include "tests/tap.h"

enum { ROUNDS = 20, COLUMNS_MAX = 300, LEVELS_MAX = 500, CLASSES_MAX = 50 };

struct table {
	struct frame *f;
	struct arena *a;
	const struct column *target;
	const struct column **column; /* of each field */
	struct prep prep;
	struct pack pack;
	size_t *row, nrows; /* those with a target */
	float *x, *y;
};

static uint64_t seed = 3;

static double
uniform(void)
{
	seed = seed * 6364136223846793005U + 1442695040888963407U;
	return (double)(seed >> 11) / 9007199254740992.0;
}

static void
must(int r)
{
	if (r != 0)
		errx(1, "xgboost: %s", XGBGetLastError());
}

/* Numbers as they are, categories as codes; one that training never saw is a
 * code past the last. */
static void
schema(struct table *t)
{
	size_t n = t->f->ncols;
	int k = 0;

	t->prep.field = arena_alloc(t->a, n * sizeof(*t->prep.field));
	t->prep.feature = arena_alloc(t->a, n * sizeof(*t->prep.feature));
	t->column = arena_alloc(t->a, n * sizeof(*t->column));
	for (size_t j = 0; j < n && k < COLUMNS_MAX; j++) {
		const struct column *c = &t->f->column[j];
		float *code;

		if (c == t->target || c->nlevels > LEVELS_MAX)
			continue;
		t->prep.field[k] = (struct prep_field){
			.name = c->name,
			.kind = c->code != NULL ? FIELD_CATEGORY : FIELD_NUMBER,
			.level = c->level,
			.nlevels = c->code != NULL ? (int)c->nlevels : 0,
		};
		code = arena_alloc(t->a, (c->nlevels + 1) * sizeof(*code));
		for (size_t i = 0; i < c->nlevels; i++)
			code[i] = (float)i;
		t->prep.feature[k] = (struct feature){
			.name = c->name,
			.op = c->code != NULL ? PREP_LOOKUP : PREP_NUMBER,
			.field = k,
			.scale = 1,
			.missing = NAN,
			.unknown = (float)c->nlevels,
			.table = code,
		};
		t->column[k++] = c;
	}
	t->prep.nfields = t->prep.nfeatures = k;
}

static void
raw_row(const struct table *t, size_t row, struct raw *raw)
{
	for (int j = 0; j < t->prep.nfields; j++) {
		const struct column *c = t->column[j];

		raw[j] = (struct raw){ .kind = RAW_MISSING };
		if (c->code != NULL && c->code[row] >= 0)
			raw[j] = (struct raw){ .kind = RAW_LEVEL,
				.level = c->code[row] };
		else if (c->code == NULL && !isnan(c->number[row]))
			raw[j] = (struct raw){ .kind = RAW_NUMBER,
				.number = c->number[row] };
	}
}

static int
table_init(struct table *t, const char *path, enum data_format format)
{
	struct err e = { 0 };

	*t = (struct table){ .a = arena_new() };
	if ((t->f = frame_read(path, format, ON_ERROR_NULL, &e)) == NULL) {
		printf("# %s: %s\n", path, e.text);
		return -1;
	}
	t->target = &t->f->column[t->f->ncols - 1];
	if (t->target->nlevels == 1 || t->target->nlevels > CLASSES_MAX)
		return -1;
	schema(t);
	t->row = arena_alloc(t->a, t->f->nrows * sizeof(*t->row));
	for (size_t i = 0; i < t->f->nrows; i++)
		if (t->target->code != NULL ? t->target->code[i] >= 0
					    : !isnan(t->target->number[i]))
			t->row[t->nrows++] = i;
	t->x = arena_alloc(t->a,
	    (t->nrows + 1) * (size_t)(t->prep.nfields + 1) * sizeof(*t->x));
	t->y = arena_alloc(t->a, (t->nrows + 1) * sizeof(*t->y));
	return t->nrows < 2 || t->prep.nfields == 0 ? -1 : 0;
}

static void
table_done(struct table *t)
{
	frame_free(t->f);
	arena_free(t->a);
}

static BoosterHandle
train(struct table *t)
{
	size_t width = (size_t)t->prep.nfields, half = t->nrows / 2;
	struct raw *raw = arena_alloc(t->a, width * sizeof(*raw));
	const char **type = arena_alloc(t->a, width * sizeof(*type));
	int k = t->target->code != NULL ? (int)t->target->nlevels : 0;
	DMatrixHandle d;
	BoosterHandle b;
	char n[16];

	for (size_t i = 0; i < half; i++) {
		raw_row(t, t->row[2 * i], raw);
		prep_row(&t->prep, raw, t->x + i * width);
		t->y[i] = k > 0 ? (float)t->target->code[t->row[2 * i]]
		                : (float)t->target->number[t->row[2 * i]];
	}
	for (size_t j = 0; j < width; j++)
		type[j] = t->prep.feature[j].op == PREP_LOOKUP ? "c" : "q";
	must(XGDMatrixCreateFromMat(t->x, half, width, NAN, &d));
	must(XGDMatrixSetFloatInfo(d, "label", t->y, half));
	must(XGDMatrixSetStrFeatureInfo(d, "feature_type", type, width));
	must(XGBoosterCreate(&d, 1, &b));
	snprintf(n, sizeof(n), "%d", k);
	if (k > 2)
		must(XGBoosterSetParam(b, "num_class", n));
	must(XGBoosterSetParam(b, "objective",
	    k > 2    ? "multi:softprob"
	    : k == 2 ? "binary:logistic"
		     : "reg:squarederror"));
	must(XGBoosterSetParam(b, "tree_method", "hist"));
	must(XGBoosterSetParam(b, "nthread", "1"));
	must(XGBoosterSetParam(b, "verbosity", "0"));
	for (int i = 0; i < ROUNDS; i++)
		must(XGBoosterUpdateOneIter(b, i, d));
	must(XGDMatrixFree(d));
	return b;
}

static void
close_mws(void *m)
{
	mws_close(m);
}

static struct mws *
packed(struct table *t, BoosterHandle b)
{
	int k = t->target->code != NULL ? (int)t->target->nlevels : 0;
	struct pack p = {
		.task = k > 2    ? MWS_MULTICLASS
		        : k == 2 ? MWS_BINARY
		                 : MWS_REGRESSION,
		.prep = &t->prep,
		.label = t->target->level,
		.nlabels = k,
		.positive = k == 2,
		.adverse = -1,
		.threshold = 0.5,
		.kind = MWS_TREES,
	};
	struct err e = { 0 };
	struct buf out;
	bst_ulong n;
	struct mws *m;
	void *mem;

	must(XGBoosterSaveModelToBuffer(
	    b, "{\"format\":\"ubj\"}", &n, (const char **)&p.booster));
	p.booster_size = n;
	buf_init(&out, MWS_SIZE_MAX);
	if (pack_build(&p, &out, &e) == -1)
		errx(1, "%s", e.text);
	if (posix_memalign(&mem, MWS_ALIGN, out.len) != 0)
		err(1, NULL);
	memcpy(mem, out.data, out.len);
	arena_defer(t->a, free, mem);
	if ((m = mws_view(mem, out.len, &e)) == NULL)
		errx(1, "%s", e.text);
	arena_defer(t->a, close_mws, m);
	buf_done(&out);
	return m;
}

/* A row as a caller would send it. */
static json_t *
body(const struct table *t, const struct raw *raw)
{
	json_t *v = json_object();

	for (int j = 0; j < t->prep.nfields; j++) {
		const struct prep_field *f = &t->prep.field[j];

		if (raw[j].kind == RAW_NUMBER)
			json_object_set_new(
			    v, f->name, json_real(raw[j].number));
		else if (raw[j].kind == RAW_LEVEL)
			json_object_set_new(
			    v, f->name, json_string(f->level[raw[j].level]));
		else if (raw[j].kind == RAW_UNKNOWN)
			json_object_set_new(
			    v, f->name, json_string("never seen"));
	}
	return v;
}

/* The numbers of an answer in the order of the groups. */
static void
numbers(const struct mws *m, const json_t *answer, float *out)
{
	const json_t *all = json_object_get(answer, "probabilities");

	if (mws_task(m) == MWS_MULTICLASS) {
		for (int i = 0; i < mws_nlabels(m); i++)
			out[i] = (float)json_number_value(
			    json_object_get(all, mws_label(m, i)));
		return;
	}
	out[0] = (float)json_number_value(json_object_get(
	    answer, mws_task(m) == MWS_BINARY ? "probability" : "value"));
}

static const float *
predict(BoosterHandle b, const struct table *t)
{
	const bst_ulong *shape;
	const float *out;
	bst_ulong dim;
	DMatrixHandle d;

	must(XGDMatrixCreateFromMat(
	    t->x, t->nrows, (bst_ulong)t->prep.nfields, NAN, &d));
	must(XGBoosterPredictFromDMatrix(b, d,
	    "{\"type\": 0, \"training\": false, \"iteration_begin\": 0, "
	    "\"iteration_end\": 0, \"strict_shape\": false}",
	    &shape, &dim, &out));
	must(XGDMatrixFree(d));
	return out;
}

/* How many numbers differ, with a share of the values spoiled. */
static size_t
differences(struct table *t, BoosterHandle b, const struct mws *m, double spoil)
{
	size_t width = (size_t)t->prep.nfields, k = (size_t)mws_ngroups(m);
	struct raw *raw = arena_alloc(t->a, width * sizeof(*raw));
	float *ours = arena_alloc(t->a, t->nrows * k * sizeof(*ours));
	struct arena *each = arena_new();
	const float *theirs;
	size_t bad = 0;

	for (size_t i = 0; i < t->nrows; i++) {
		struct err e = { 0 };
		json_t *v, *answer;

		raw_row(t, t->row[i], raw);
		for (size_t j = 0; j < width; j++)
			if (uniform() < spoil)
				raw[j].kind =
				    t->prep.field[j].kind == FIELD_CATEGORY &&
					    uniform() < 0.5
					? RAW_UNKNOWN
					: RAW_MISSING;
		prep_row(&t->prep, raw, t->x + i * width);
		v = body(t, raw);
		if (score_answer(m, v, 0, each, &answer, &e) == -1)
			errx(1, "%s", e.text);
		numbers(m, answer, ours + i * k);
		json_decref(v);
		arena_reset(each);
	}
	theirs = predict(b, t);
	for (size_t i = 0; i < t->nrows * k; i++)
		bad += ours[i] != theirs[i];
	arena_free(each);
	return bad;
}

static void
test_table(const char *path, enum data_format format)
{
	const char *name = strrchr(path, '/') + 1;
	struct err e = { 0 };
	BoosterHandle b;
	struct table t;
	struct mws *m;

	if (table_init(&t, path, format) == -1 ||
	    prep_compile(&t.prep, t.a, &e) == -1) {
		printf("# %s: not a table for this test\n", name);
		table_done(&t);
		return;
	}
	b = train(&t);
	m = packed(&t, b);
	ok(differences(&t, b, m, 0) == 0,
	    "%s: %zu rows, every float is XGBoost's", name, t.nrows);
	ok(differences(&t, b, m, 0.2) == 0,
	    "%s: with missing and unseen values too", name);
	must(XGBoosterFree(b));
	table_done(&t);
}

int
main(void)
{
	static const char *const weka[] = {
		"/usr/share/doc/weka/examples/*.arff",
		"/tmp/weka/usr/share/doc/weka/examples/*.arff",
	};
	const char *more = getenv("MODELWRIGHT_DATASETS");
	glob_t g = { 0 };

	for (size_t i = 0; i < nitems(weka) && g.gl_pathc == 0; i++)
		glob(weka[i], 0, NULL, &g);
	if (more != NULL) {
		char pattern[4096];

		snprintf(pattern, sizeof(pattern), "%s/*.csv", more);
		glob(pattern, GLOB_APPEND, NULL, &g);
	}
	if (g.gl_pathc == 0) {
		puts("1..0 # SKIP no data sets here");
		return 0;
	}
	for (size_t i = 0; i < g.gl_pathc; i++) {
		const char *dot = strrchr(g.gl_pathv[i], '.');

		test_table(g.gl_pathv[i],
		    strcmp(dot, ".arff") == 0 ? DATA_ARFF : DATA_CSV);
	}
	globfree(&g);
	return done();
}
