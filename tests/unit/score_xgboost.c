/*
 * The packed scorer against libxgboost: the same floats on every row, and the
 * same contributions within 1e-5, for every kind of model that is packed.
 */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xgboost/c_api.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/score/explain.h"
#include "lib/score/mws.h"
#include "lib/score/mws_map.h"
#include "lib/score/pack.h"
#include "lib/score/prep.h"
#include "tests/tap.h"

enum { NX = 12, TRAIN = 1500, TEST = 3000 };

struct option {
	const char *key, *value;
};

struct setting {
	const char *name;
	enum mws_task task;
	int nlabels, rounds, categories;
	struct option option[8];
};

/* clang-format off */
static const struct setting settings[] = {
	{ "binary", MWS_BINARY, 2, 60, 0,
	  { { "objective", "binary:logistic" }, { "max_depth", "6" } } },
	{ "binary with its own base score", MWS_BINARY, 2, 20, 0,
	  { { "objective", "binary:logistic" }, { "base_score", "0.137" } } },
	{ "regression", MWS_REGRESSION, 0, 43, 0,
	  { { "objective", "reg:squarederror" }, { "max_depth", "8" } } },
	{ "regression on one stump", MWS_REGRESSION, 0, 1, 0,
	  { { "objective", "reg:squarederror" }, { "max_depth", "1" } } },
	{ "regression with no split", MWS_REGRESSION, 0, 3, 0,
	  { { "objective", "reg:squarederror" }, { "gamma", "1e9" } } },
	{ "counts", MWS_REGRESSION, 0, 20, 0,
	  { { "objective", "count:poisson" }, { "base_score", "2.5" } } },
	{ "gamma", MWS_REGRESSION, 0, 20, 0, { { "objective", "reg:gamma" } } },
	{ "tweedie", MWS_REGRESSION, 0, 20, 0, { { "objective", "reg:tweedie" } } },
	{ "absolute error", MWS_REGRESSION, 0, 20, 0,
	  { { "objective", "reg:absoluteerror" } } },
	{ "multiclass", MWS_MULTICLASS, 4, 25, 0,
	  { { "objective", "multi:softprob" }, { "num_class", "4" } } },
	{ "deep trees", MWS_BINARY, 2, 10, 0,
	  { { "objective", "binary:logistic" }, { "max_depth", "30" },
	    { "min_child_weight", "0" }, { "lambda", "0" }, { "eta", "0.1" } } },
	{ "leafwise", MWS_BINARY, 2, 20, 0,
	  { { "objective", "binary:logistic" }, { "grow_policy", "lossguide" },
	    { "max_depth", "0" }, { "max_leaves", "40" } } },
	{ "exact", MWS_BINARY, 2, 20, 0,
	  { { "objective", "binary:logistic" }, { "tree_method", "exact" } } },
	{ "pruned", MWS_BINARY, 2, 30, 0,
	  { { "objective", "binary:logistic" }, { "tree_method", "exact" },
	    { "gamma", "0.5" } } },
	{ "random forest", MWS_BINARY, 2, 1, 0,
	  { { "objective", "binary:logistic" }, { "num_parallel_tree", "37" },
	    { "subsample", "0.6" }, { "colsample_bynode", "0.5" }, { "eta", "1" },
	    { "max_depth", "12" } } },
	{ "multiclass forest", MWS_MULTICLASS, 4, 2, 0,
	  { { "objective", "multi:softprob" }, { "num_class", "4" },
	    { "num_parallel_tree", "9" }, { "subsample", "0.6" } } },
	{ "categories", MWS_BINARY, 2, 40, 1,
	  { { "objective", "binary:logistic" }, { "max_depth", "8" },
	    { "max_cat_to_onehot", "1" } } },
	{ "categories one by one", MWS_BINARY, 2, 40, 1,
	  { { "objective", "binary:logistic" }, { "max_cat_to_onehot", "1000" } } },
	{ "categories, some of each", MWS_MULTICLASS, 4, 20, 1,
	  { { "objective", "multi:softprob" }, { "num_class", "4" },
	    { "max_cat_to_onehot", "6" } } },
	{ "few categories", MWS_REGRESSION, 0, 30, 2,
	  { { "objective", "reg:squarederror" }, { "max_cat_to_onehot", "1" } } },
};
/* clang-format on */

/* Levels of each feature, 0 for a number, in the two kinds of tables. */
static const int levels[3][NX] = {
	{ 0 },
	{ 0, 0, 4, 0, 90, 0, 2, 12, 0, 40, 0, 0 },
	{ 0, 0, 4, 0, 7, 0, 2, 12, 0, 30, 0, 0 },
};

static uint64_t seed = 1;

static double
uniform(void)
{
	seed = seed * 6364136223846793005U + 1442695040888963407U;
	return (double)(seed >> 11) / 9007199254740992.0;
}

static void
must(int r)
{
	if (r != 0) {
		printf("Bail out! xgboost: %s\n", XGBGetLastError());
		exit(1);
	}
}

/* Rows with gaps; `odd` adds codes that training never sees. */
static void
fill(float *x, float *y, int n, const struct setting *s, int odd)
{
	for (int i = 0; i < n; i++, x += NX) {
		double sum = 0;

		for (int j = 0; j < NX; j++) {
			int k = levels[s->categories][j];

			x[j] = k == 0 ? (float)(uniform() * 4 - 2)
			              : (float)(int)(uniform() * k);
			if (k == 0 && j % 3 == 0)
				x[j] = roundf(x[j] * 4) / 4;
			sum += k == 0 ? sin(3 * x[j]) * (j + 1)
			              : (int)(x[j] * 7) % 5;
			if (uniform() < 0.1)
				x[j] = NAN;
			if (odd && k != 0 && uniform() < 0.1)
				x[j] = (float[]){ 33, 64, 100, 1000, -1, 2.5f,
					16777216, 3e9f }[(int)(uniform() * 8)];
			if (odd && k == 0 && uniform() < 0.03)
				x[j] = (float[]){ 0, -0.0f, 1e30f,
					-1e30f }[(int)(uniform() * 4)];
		}
		sum += uniform() * 6;
		if (s->task == MWS_REGRESSION)
			y[i] = (float)fabs(sum) + 0.1f;
		else if (s->task == MWS_BINARY)
			y[i] = sum > 8;
		else
			y[i] = (float)((int)fabs(sum / 4) % s->nlabels);
	}
}

static BoosterHandle
train(const struct setting *s, const float *x, const float *y)
{
	const char *type[NX], *name[NX];
	DMatrixHandle d;
	BoosterHandle b;

	must(XGDMatrixCreateFromMat(x, TRAIN, NX, NAN, &d));
	must(XGDMatrixSetFloatInfo(d, "label", y, TRAIN));
	for (int j = 0; j < NX; j++) {
		type[j] = levels[s->categories][j] != 0 ? "c" : "q";
		name[j] = "x";
	}
	if (s->categories)
		must(XGDMatrixSetStrFeatureInfo(d, "feature_type", type, NX));
	(void)name;
	must(XGBoosterCreate(&d, 1, &b));
	must(XGBoosterSetParam(b, "tree_method", "hist"));
	must(XGBoosterSetParam(b, "nthread", "1"));
	must(XGBoosterSetParam(b, "verbosity", "0"));
	must(XGBoosterSetParam(b, "seed", "7"));
	for (const struct option *o = s->option; o->key != NULL; o++)
		must(XGBoosterSetParam(b, o->key, o->value));
	for (int i = 0; i < s->rounds; i++)
		must(XGBoosterUpdateOneIter(b, i, d));
	must(XGDMatrixFree(d));
	return b;
}

static struct mws *
packed(const struct setting *s, BoosterHandle b, int rounds, struct buf *out,
    char **copy)
{
	static const char *label[] = { "a", "b", "c", "d" };
	struct prep_field field[NX];
	struct feature feature[NX];
	struct prep prep = { field, NX, feature, NX, NULL };
	struct pack p = {
		.task = s->task,
		.prep = &prep,
		.label = label,
		.nlabels = s->nlabels,
		.positive = 1,
		.adverse = -1,
		.threshold = 0.5,
		.kind = MWS_TREES,
		.rounds = rounds,
	};
	struct err e = { 0 };
	struct mws *m;
	const char *bytes;
	bst_ulong n;
	void *mem;

	for (int j = 0; j < NX; j++) {
		static char name[NX][8];

		snprintf(name[j], sizeof(name[j]), "x%d", j);
		field[j] = (struct prep_field){ .name = name[j] };
		feature[j] = (struct feature){
			.name = name[j], .field = j, .scale = 1, .missing = NAN
		};
	}
	must(XGBoosterSaveModelToBuffer(b, "{\"format\":\"ubj\"}", &n, &bytes));
	p.booster = bytes;
	p.booster_size = n;
	out->len = 0;
	if (pack_build(&p, out, &e) == -1) {
		printf("# %s\n", e.text);
		return NULL;
	}
	if (posix_memalign(&mem, 64, out->len) != 0)
		exit(1);
	*copy = memcpy(mem, out->data, out->len);
	if ((m = mws_view(*copy, out->len, &e)) == NULL)
		printf("# %s\n", e.text);
	return m;
}

static const float *
predict(BoosterHandle b, const float *x, int n, int type, int rounds)
{
	DMatrixHandle d;
	char config[256];
	const bst_ulong *shape;
	const float *out;
	bst_ulong dim;

	must(XGDMatrixCreateFromMat(x, n, NX, NAN, &d));
	snprintf(config, sizeof(config),
	    "{\"type\": %d, \"training\": false, \"iteration_begin\": 0, "
	    "\"iteration_end\": %d, \"strict_shape\": false}",
	    type, rounds);
	must(XGBoosterPredictFromDMatrix(b, d, config, &shape, &dim, &out));
	must(XGDMatrixFree(d));
	return out;
}

static const float *
predict_in_place(BoosterHandle b, const float *x, int n)
{
	char array[256];
	const bst_ulong *shape;
	const float *out;
	bst_ulong dim;

	snprintf(array, sizeof(array),
	    "{\"data\": [%zu, true], \"shape\": [%d, %d], \"typestr\": "
	    "\"<f4\", \"version\": 3}",
	    (size_t)x, n, NX);
	must(XGBoosterPredictFromDense(b, array,
	    "{\"type\": 0, \"training\": false, \"iteration_begin\": 0, "
	    "\"iteration_end\": 0, \"strict_shape\": false, \"missing\": NaN, "
	    "\"cache_id\": 0}",
	    NULL, &shape, &dim, &out));
	return out;
}

static int
differences(const float *a, const float *b, size_t n)
{
	int bad = 0;

	for (size_t i = 0; i < n; i++)
		bad += memcmp(&a[i], &b[i], sizeof(*a)) != 0;
	return bad;
}

static void
compare_predictions(const struct setting *s, BoosterHandle b,
    const struct mws *m, const float *x, int rounds)
{
	const int g = mws_ngroups(m);
	float *ours = calloc((size_t)TEST * (size_t)g, sizeof(*ours));
	float *batch = calloc((size_t)TEST * (size_t)g, sizeof(*batch));

	for (int i = 0; i < TEST; i++)
		mws_margin(m, x + i * NX, ours + i * g);
	mws_margins(m, x, TEST, batch);
	ok(differences(ours, predict(b, x, TEST, 1, rounds),
	       (size_t)TEST * (size_t)g) == 0,
	    "%s: every margin is XGBoost's float", s->name);
	ok(differences(ours, batch, (size_t)TEST * (size_t)g) == 0,
	    "%s: so it is in batches", s->name);
	for (int i = 0; i < TEST; i++)
		mws_link(m, ours + i * g);
	ok(differences(ours, predict(b, x, TEST, 0, rounds),
	       (size_t)TEST * (size_t)g) == 0,
	    "%s: every prediction is XGBoost's float", s->name);
	if (rounds == 0)
		ok(differences(ours, predict_in_place(b, x, TEST),
		       (size_t)TEST * (size_t)g) == 0,
		    "%s: and its in-place float", s->name);
	free(ours);
	free(batch);
}

static void
compare_contributions(const struct setting *s, BoosterHandle b,
    const struct mws *m, const float *x, int rounds)
{
	enum { ROWS = 200 };
	const size_t g = (size_t)mws_ngroups(m), width = g * (NX + 1);
	const float *theirs = predict(b, x, ROWS, 2, rounds);
	double *phi = calloc(width, sizeof(*phi)), worst = 0, gap = 0;
	float *margin = calloc(g, sizeof(*margin));

	for (size_t i = 0; i < ROWS; i++) {
		explain_features(m, x + i * NX, phi);
		mws_margin(m, x + i * NX, margin);
		for (size_t k = 0; k < width; k++) {
			double t = (double)theirs[i * width + k];
			double d = fabs(phi[k] - t) / fmax(1, fabs(t));

			worst = d > worst || isnan(d) ? d : worst;
		}
		for (size_t k = 0; k < g; k++) {
			double sum = -(double)margin[k];

			for (int j = 0; j <= NX; j++)
				sum += phi[k * (NX + 1) + (size_t)j];
			sum = fabs(sum) / fmax(1, fabs((double)margin[k]));
			gap = sum > gap || isnan(sum) ? sum : gap;
		}
	}
	ok(worst <= 1e-5, "%s: contributions are XGBoost's within 1e-5 (%.1e)",
	    s->name, worst);
	ok(gap <= 1e-5, "%s: contributions sum up to the margin (%.1e)",
	    s->name, gap);
	free(phi);
	free(margin);
}

static void
test_setting(const struct setting *s)
{
	float *x = calloc((size_t)TRAIN * NX, sizeof(*x));
	float *y = calloc((size_t)TEST, sizeof(*y));
	float *test = calloc((size_t)TEST * NX, sizeof(*test));
	char *copy = NULL, *again = NULL;
	struct buf one, two;
	struct mws *m;
	BoosterHandle b;

	buf_init(&one, MWS_SIZE_MAX);
	buf_init(&two, MWS_SIZE_MAX);
	seed = 42;
	fill(x, y, TRAIN, s, 0);
	b = train(s, x, y);
	fill(test, y, TEST, s, 1);
	if ((m = packed(s, b, 0, &one, &copy)) == NULL) {
		ok(0, "%s: packs", s->name);
	} else {
		compare_predictions(s, b, m, test, 0);
		compare_contributions(s, b, m, test, 0);
		mws_close(m);
		m = packed(s, b, 0, &two, &again);
		ok(one.len == two.len &&
			memcmp(one.data, two.data, one.len) == 0,
		    "%s: packing twice gives the same %zu bytes", s->name,
		    one.len);
		mws_close(m);
	}
	if (s->rounds > 10) {
		free(again);
		if ((m = packed(s, b, 7, &two, &again)) != NULL) {
			compare_predictions(s, b, m, test, 7);
			mws_close(m);
		}
	}
	must(XGBoosterFree(b));
	buf_done(&one);
	buf_done(&two);
	free(copy);
	free(again);
	free(x);
	free(y);
	free(test);
}

int
main(void)
{
	for (size_t i = 0; i < nitems(settings); i++)
		test_setting(&settings[i]);
	return done();
}
