/*
 * Time of one prediction: the packed scorer beside libxgboost's in-place
 * predict, on the same models and rows, which must give the same floats.
 *	bench/scorer [RESULT.json]
 */
#include "config.h"

#include <err.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xgboost/c_api.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/score/explain.h"
#include "lib/score/mws.h"
#include "lib/score/mws_file.h"
#include "lib/score/pack.h"
#include "lib/score/prep.h"

enum { NX = 28, TRAIN = 20000, TEST = 10000, ROUNDS = 15 };

struct setting {
	const char *name;
	int trees, categories;
	const char *depth;
};

/* clang-format off */
static const struct setting settings[] = {
	{ "100 trees, depth 6",             100, 0, "6" },
	{ "500 trees, depth 8",             500, 0, "8" },
	{ "100 trees, depth 6, categories", 100, 1, "6" },
	{ "500 trees, depth 8, categories", 500, 1, "8" },
};

/* Levels of each feature of a table with categories; 0 is a number. */
static const int levels[NX] = {
	0, 0, 8, 0, 0, 16, 0, 7, 0, 14, 0, 6, 0, 5, 0, 2, 0, 40, 0, 0, 0, 25,
	0, 0, 3, 0, 0, 10
};
/* clang-format on */

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
	if (r != 0)
		errx(1, "xgboost: %s", XGBGetLastError());
}

/* Of this process: what else runs here does not count. */
static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void
fill(float *x, float *y, int n, const struct setting *s)
{
	for (int i = 0; i < n; i++, x += NX) {
		double sum = 0;

		for (int j = 0; j < NX; j++) {
			int k = s->categories ? levels[j] : 0;

			x[j] = k == 0 ? (float)(uniform() * 4 - 2)
			              : (float)(int)(uniform() * k);
			sum += k == 0 ? sin(3 * (double)x[j]) * (j % 7)
			              : (int)(x[j] * 7) % 5 - 2;
			if (uniform() < 0.05)
				x[j] = NAN;
		}
		y[i] = sum + uniform() * 8 - 4 > 0;
	}
}

static BoosterHandle
train(const struct setting *s, const float *x, const float *y)
{
	const char *type[NX];
	DMatrixHandle d;
	BoosterHandle b;

	must(XGDMatrixCreateFromMat(x, TRAIN, NX, NAN, &d));
	must(XGDMatrixSetFloatInfo(d, "label", y, TRAIN));
	for (int j = 0; j < NX; j++)
		type[j] = levels[j] != 0 ? "c" : "q";
	if (s->categories)
		must(XGDMatrixSetStrFeatureInfo(d, "feature_type", type, NX));
	must(XGBoosterCreate(&d, 1, &b));
	must(XGBoosterSetParam(b, "objective", "binary:logistic"));
	must(XGBoosterSetParam(b, "tree_method", "hist"));
	must(XGBoosterSetParam(b, "max_depth", s->depth));
	must(XGBoosterSetParam(b, "eta", "0.1"));
	must(XGBoosterSetParam(b, "min_child_weight", "0.1"));
	must(XGBoosterSetParam(b, "nthread", "1"));
	for (int i = 0; i < s->trees; i++)
		must(XGBoosterUpdateOneIter(b, i, d));
	must(XGDMatrixFree(d));
	return b;
}

static struct mws *
packed(BoosterHandle b, size_t *bytes)
{
	static const char *label[] = { "no", "yes" };
	struct prep_field field[NX];
	struct feature feature[NX];
	struct prep prep = { field, NX, feature, NX, NULL };
	struct pack p = {
		.task = MWS_BINARY,
		.prep = &prep,
		.label = label,
		.nlabels = 2,
		.positive = 1,
		.adverse = -1,
		.threshold = 0.5,
		.kind = MWS_TREES,
	};
	struct err e = { 0 };
	struct buf out;
	struct mws *m;
	bst_ulong n;
	void *mem;

	for (int j = 0; j < NX; j++) {
		field[j] = (struct prep_field){ .name = "x" };
		feature[j] = (struct feature){
			.name = "x", .field = j, .scale = 1, .missing = NAN
		};
	}
	must(XGBoosterSaveModelToBuffer(
	    b, "{\"format\":\"ubj\"}", &n, (const char **)&p.booster));
	p.booster_size = n;
	buf_init(&out, MWS_SIZE_MAX);
	if (pack_build(&p, &out, &e) == -1)
		errx(1, "%s", e.text);
	if (posix_memalign(&mem, MWS_ALIGN, out.len) != 0)
		err(1, NULL);
	memcpy(mem, out.data, out.len);
	*bytes = out.len;
	buf_done(&out);
	if ((m = mws_view(mem, *bytes, &e)) == NULL)
		errx(1, "%s", e.text);
	return m;
}

static void
array_interface(char *text, size_t size, const float *x, int n)
{
	snprintf(text, size,
	    "{\"data\": [%zu, true], \"shape\": [%d, %d], \"typestr\": "
	    "\"<f4\", \"version\": 3}",
	    (size_t)x, n, NX);
}

static const float *
in_place(BoosterHandle b, const char *array, int type)
{
	static const char *const config[] = {
		"{\"type\": 0, \"training\": false, \"iteration_begin\": 0, "
		"\"iteration_end\": 0, \"strict_shape\": false, \"missing\": "
		"NaN, \"cache_id\": 0}",
		"{\"type\": 1, \"training\": false, \"iteration_begin\": 0, "
		"\"iteration_end\": 0, \"strict_shape\": false, \"missing\": "
		"NaN, \"cache_id\": 0}",
	};
	const bst_ulong *shape;
	const float *out;
	bst_ulong dim;

	must(XGBoosterPredictFromDense(
	    b, array, config[type], NULL, &shape, &dim, &out));
	return out;
}

static const float *
contributions(BoosterHandle b, DMatrixHandle d)
{
	const bst_ulong *shape;
	const float *out;
	bst_ulong dim;

	must(XGBoosterPredictFromDMatrix(b, d,
	    "{\"type\": 2, \"training\": false, \"iteration_begin\": 0, "
	    "\"iteration_end\": 0, \"strict_shape\": false}",
	    &shape, &dim, &out));
	return out;
}

/* Best of some rounds: least disturbed by what else runs here. */
static void
best(double *t, double ns)
{
	if (*t == 0 || ns < *t)
		*t = ns;
}

struct figures {
	double theirs, ours, their_batch, our_batch, their_shap, our_shap;
	double worst_shap;
	int differences;
};

static void
predictions(
    BoosterHandle b, const struct mws *m, const float *x, struct figures *f)
{
	enum { SOME = 300 };
	char(*array)[160] = calloc(SOME, sizeof(*array)), all[160];
	float *margin = calloc(TEST, sizeof(*margin)), one;
	const float *want;

	for (int i = 0; i < SOME; i++)
		array_interface(array[i], sizeof(array[i]), x + i * NX, 1);
	array_interface(all, sizeof(all), x, TEST);
	for (int round = 0; round < ROUNDS; round++) {
		double t = now();

		for (int i = 0; i < SOME; i++)
			in_place(b, array[i], 0);
		best(&f->theirs, (now() - t) / SOME);
		t = now();
		for (int i = 0; i < TEST; i++) {
			mws_margin(m, x + i * NX, &one);
			mws_link(m, &one);
			margin[i] = one;
		}
		best(&f->ours, (now() - t) / TEST);
		t = now();
		want = in_place(b, all, 0);
		best(&f->their_batch, (now() - t) / TEST);
		for (int i = 0; i < TEST; i++)
			f->differences += margin[i] != want[i];
		t = now();
		mws_margins(m, x, TEST, margin);
		best(&f->our_batch, (now() - t) / TEST);
		want = in_place(b, all, 1);
		for (int i = 0; i < TEST; i++)
			f->differences += margin[i] != want[i];
	}
	free(array);
	free(margin);
}

static void
explanations(
    BoosterHandle b, const struct mws *m, const float *x, struct figures *f)
{
	enum { SOME = 10 };
	DMatrixHandle d[SOME];
	double phi[NX + 1];

	for (int i = 0; i < SOME; i++)
		must(XGDMatrixCreateFromMat(x + i * NX, 1, NX, NAN, &d[i]));
	for (int round = 0; round < ROUNDS; round++) {
		double t = now();

		for (int i = 0; i < SOME; i++)
			contributions(b, d[i]);
		best(&f->their_shap, (now() - t) / SOME);
		t = now();
		for (int i = 0; i < SOME; i++)
			explain_features(m, x + i * NX, phi);
		best(&f->our_shap, (now() - t) / SOME);
	}
	for (int i = 0; i < SOME; i++) {
		const float *want = contributions(b, d[i]);

		explain_features(m, x + i * NX, phi);
		for (int j = 0; j <= NX; j++)
			f->worst_shap =
			    fmax(f->worst_shap, fabs(phi[j] - (double)want[j]));
		must(XGDMatrixFree(d[i]));
	}
}

static json_t *
whole(double x)
{
	return json_integer((json_int_t)llround(x));
}

static json_t *
pair(double theirs, double ours)
{
	return json_pack("{sososo}", "xgboost_ns", whole(theirs), "packed_ns",
	    whole(ours), "ratio", json_real(round(theirs / ours * 10) / 10));
}

static json_t *
measure(const struct setting *s)
{
	float *x = calloc((size_t)TRAIN * NX, sizeof(*x));
	float *y = calloc(TRAIN, sizeof(*y));
	float *test = calloc((size_t)TEST * NX, sizeof(*test));
	struct figures f = { 0 };
	size_t bytes;
	BoosterHandle b;
	struct mws *m;

	fill(x, y, TRAIN, s);
	fill(test, y, TEST, s);
	seed = 1;
	fill(x, y, TRAIN, s);
	b = train(s, x, y);
	m = packed(b, &bytes);
	predictions(b, m, test, &f);
	explanations(b, m, test, &f);
	must(XGBoosterFree(b));
	mws_close(m);
	free(x);
	free(y);
	free(test);
	printf("%-32s %8.0f %7.0f %5.1fx %8.0f %7.0f %5.1fx %9.0f %8.0f "
	       "%5.1fx  %d differ, shap %.0e\n",
	    s->name, f.theirs, f.ours, f.theirs / f.ours, f.their_batch,
	    f.our_batch, f.their_batch / f.our_batch, f.their_shap, f.our_shap,
	    f.their_shap / f.our_shap, f.differences, f.worst_shap);
	fflush(stdout);
	if (f.differences != 0 || f.worst_shap > 1e-5)
		errx(1, "%s: the packed scorer differs from XGBoost", s->name);
	return json_pack("{sssIsososososisf}", "model", s->name, "bytes",
	    (json_int_t)bytes, "single_row", pair(f.theirs, f.ours),
	    "batch_of_10000", pair(f.their_batch, f.our_batch), "contributions",
	    pair(f.their_shap, f.our_shap), "rows_compared", whole(TEST),
	    "differences", f.differences, "contribution_error", f.worst_shap);
}

int
main(int argc, char **argv)
{
	auto_json json_t *models = json_array(), *doc = NULL;

	printf("%-32s %25s %23s %25s\n", "ns a row: XGBoost, packed", "one row",
	    "in batches", "contributions");
	for (size_t i = 0; i < nitems(settings); i++)
		json_array_append_new(models, measure(&settings[i]));
	doc = json_pack("{ssssso}", "benchmark", "scorer", "peer",
	    "libxgboost 1.7 XGBoosterPredictFromDense, nthread 1; CPU time, "
	    "best "
	    "of 15 rounds",
	    "models", json_incref(models));
	if (argc > 1 && json_dump_file(doc, argv[1],
			    JSON_INDENT(2) | JSON_REAL_PRECISION(6)) == -1)
		err(1, "%s", argv[1]);
	return 0;
}
