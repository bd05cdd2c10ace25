#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xgboost/c_api.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/ml/learner.h"
#include "lib/ml/spec.h"
#include "lib/ml/split.h"
#include "lib/ml/trees.h"
#include "lib/ml/watch.h"
#include "lib/score/prep.h"

#include "lib/banned.h"

#define LINEAR_ROUNDS 60 /* log loss then changes in the third digit */

/* Below so many cells a thread costs more than it gives, and where others
 * want the processors too, twenty times more: threads wait for each other at
 * every node. */
#define CELLS_PER_THREAD ((size_t)250 * 1000)

struct xgb_data {
	DMatrixHandle handle;
	double *y;
	size_t n;
};

struct setting {
	const char *name, *value;
};

static int
useful_threads(int threads, size_t n, size_t width)
{
	size_t most = 1 + n * width / CELLS_PER_THREAD;

	return most < (size_t)threads ? (int)most : threads;
}

static int
failed(struct err *err)
{
	return err_set(err, ERR_INTERNAL, "xgboost: %.400s", XGBGetLastError());
}

struct xgb_data *
trees_data(const float *x, const double *y, size_t n, size_t width, int threads,
    struct err *err)
{
	struct xgb_data *d = calloc(1, sizeof(*d));
	float *label = malloc((n + 1) * sizeof(*label));
	int r = -1;

	if (d == NULL || label == NULL ||
	    (d->y = malloc((n + 1) * sizeof(*y))) == NULL)
		abort();
	d->n = n;
	memcpy(d->y, y, n * sizeof(*y));
	for (size_t i = 0; i < n; i++)
		label[i] = (float)y[i];
	if (XGDMatrixCreateFromMat_omp(x, n, width, NAN, &d->handle, threads) !=
	    0)
		failed(err);
	else if (XGDMatrixSetFloatInfo(d->handle, "label", label, n) != 0)
		failed(err);
	else
		r = 0;
	free(label);
	if (r == 0)
		return d;
	trees_data_free(d);
	return NULL;
}

void
trees_data_free(struct xgb_data *d)
{
	if (d == NULL)
		return;
	if (d->handle != NULL)
		XGDMatrixFree(d->handle);
	free(d->y);
	free(d);
}

static void
booster_free(void *booster)
{
	XGBoosterFree(booster);
}

static int
set_params(BoosterHandle b, const struct setting *s, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (XGBoosterSetParam(b, s[i].name, s[i].value) != 0)
			return failed(err);
	return 0;
}

static int
set_number(BoosterHandle b, const char *name, double v, struct err *err)
{
	char text[40];

	snprintf(text, sizeof(text), "%.9g", v);
	return XGBoosterSetParam(b, name, text) == 0 ? 0 : failed(err);
}

static int
tree_threads(const struct learner_input *in)
{
	return useful_threads(
	    in->spec->threads, in->n, (size_t)in->fit->prep->nfeatures);
}

/* Where boosting begins: the share of positives, the mean of values. */
static double
start_score(const struct learner_input *in)
{
	double sum = 0;

	if (in->target->task == TASK_MULTICLASS)
		return 0.5;
	for (size_t i = 0; i < in->n; i++)
		sum += in->y[i];
	return sum / (double)in->n;
}

/* A booster with all that is common; it ends with the arena. */
static BoosterHandle
booster_new(const struct learner_input *in, const char *kind, int threads,
    struct arena *a, struct err *err)
{
	static const char *const objective[TASK__MAX] = {
		[TASK_BINARY] = "binary:logistic",
		[TASK_MULTICLASS] = "multi:softprob",
		[TASK_REGRESSION] = "reg:squarederror",
	};
	DMatrixHandle data[2];
	BoosterHandle b;
	int n = 0;
	const struct setting settings[] = {
		{ "booster", kind },
		{ "objective", objective[in->target->task] },
		{ "verbosity", "0" },
		{ "validate_parameters", "0" },
		{ "disable_default_eval_metric", "1" },
		/* A round's random numbers depend on its number alone. */
		{ "seed_per_iteration", "1" },
	};

	data[n++] = in->train->handle;
	if (in->valid != NULL)
		data[n++] = in->valid->handle;
	if (XGBoosterCreate(data, (bst_ulong)n, &b) != 0) {
		failed(err);
		return NULL;
	}
	arena_defer(a, booster_free, b);
	if (set_params(b, settings, nitems(settings), err) == -1 ||
	    set_number(b, "seed", (double)(in->seed & 0x7fffffff), err) == -1 ||
	    set_number(b, "nthread", threads, err) == -1 ||
	    set_number(b, "base_score", start_score(in), err) == -1)
		return NULL;
	if (in->target->task == TASK_MULTICLASS &&
	    set_number(b, "num_class", in->target->nclasses, err) == -1)
		return NULL;
	return b;
}

/* The learner's own loss on the rows that it stops early by. */
static int
valid_loss(BoosterHandle b, const struct learner_input *in, double *loss,
    struct err *err)
{
	static const char config[] =
	    "{\"type\":0,\"training\":false,\"iteration_begin\":0,"
	    "\"iteration_end\":0,\"strict_shape\":true}";
	const struct xgb_data *v = in->valid;
	const bst_ulong *shape;
	bst_ulong dims;
	const float *p;
	double sum = 0;

	if (XGBoosterPredictFromDMatrix(
		b, v->handle, config, &shape, &dims, &p) != 0)
		return failed(err);
	for (size_t i = 0; i < v->n; i++) {
		double hit;

		if (in->target->task == TASK_REGRESSION) {
			sum += (p[i] - v->y[i]) * (p[i] - v->y[i]);
			continue;
		}
		hit = in->target->task == TASK_BINARY
		          ? (v->y[i] != 0 ? p[i] : 1.0 - p[i])
		          : p[i * shape[1] + (size_t)v->y[i]];
		sum -= log(hit > 1e-15 ? hit : 1e-15);
	}
	*loss = sum / (double)v->n;
	return 0;
}

static int
save(BoosterHandle b, struct arena *a, struct learned *out, struct err *err)
{
	const char *bytes;
	bst_ulong n;

	if (XGBoosterSaveModelToBuffer(b, "{\"format\":\"ubj\"}", &n, &bytes) !=
	    0)
		return failed(err);
	out->booster = arena_alloc(a, n);
	out->booster_size = n;
	memcpy(out->booster, bytes, n);
	return 0;
}

/* Boost round by round; stop when the loss has not sunk for `patience`. */
static int
boost(BoosterHandle b, const struct learner_input *in, int rounds, int patience,
    struct learned *out, struct err *err)
{
	double best = INFINITY, loss = 0;

	out->rounds = rounds;
	for (int i = 0; i < rounds; i++) {
		if (watch_tick(in->watch, in->done + in->share * i / rounds,
			err) == -1)
			return -1;
		if (XGBoosterUpdateOneIter(b, i, in->train->handle) != 0)
			return failed(err);
		if (in->valid == NULL)
			continue;
		if (valid_loss(b, in, &loss, err) == -1)
			return -1;
		if (loss < best) {
			best = loss;
			out->rounds = i + 1;
		} else if (i + 1 - out->rounds >= patience) {
			break;
		}
	}
	return 0;
}

static int
set_tree_params(BoosterHandle b, const json_t *params, struct err *err)
{
	static const struct setting method = { "tree_method", "hist" };
	const char *key;
	json_t *v;

	if (set_params(b, &method, 1, err) == -1)
		return -1;
	json_object_foreach ((json_t *)params, key, v)
		if (strcmp(key, "trees") != 0 &&
		    set_number(b, key, json_number_value(v), err) == -1)
			return -1;
	return 0;
}

/* Names for whoever opens booster.ubj with XGBoost's own tools. */
static int
name_features(BoosterHandle b, const struct learner_input *in, struct arena *a,
    struct err *err)
{
	const struct prep *p = in->fit->prep;
	const char **name =
	    arena_alloc(a, ((size_t)p->nfeatures + 1) * sizeof(*name));

	for (int i = 0; i < p->nfeatures; i++)
		name[i] = p->feature[i].name;
	if (XGBoosterSetStrFeatureInfo(
		b, "feature_name", name, (bst_ulong)p->nfeatures) != 0)
		return failed(err);
	return 0;
}

static enum pack_link
task_link(enum task t)
{
	return t == TASK_BINARY       ? LINK_SIGMOID
	       : t == TASK_MULTICLASS ? LINK_SOFTMAX
	                              : LINK_IDENTITY;
}

int
trees_boost(const struct learner_input *in, struct arena *a,
    struct learned *out, struct err *err)
{
	double eta = json_num(in->params, "eta", 0.1);
	/* The slower the rate, the longer a loss may pause. */
	int patience = (int)fmin(60, fmax(15, 3 / eta));
	BoosterHandle b = booster_new(in, "gbtree", tree_threads(in), a, err);

	*out = (struct learned){ .kind = MWS_TREES,
		.link = task_link(in->target->task) };
	if (b == NULL || set_tree_params(b, in->params, err) == -1 ||
	    boost(b, in, in->rounds_max, patience, out, err) == -1 ||
	    name_features(b, in, a, err) == -1)
		return -1;
	return save(b, a, out, err);
}

int
trees_forest(const struct learner_input *in, struct arena *a,
    struct learned *out, struct err *err)
{
	BoosterHandle b = booster_new(in, "gbtree", tree_threads(in), a, err);

	*out = (struct learned){ .kind = MWS_TREES,
		.link = task_link(in->target->task) };
	if (b == NULL || set_tree_params(b, in->params, err) == -1 ||
	    set_number(b, "eta", 1, err) == -1 ||
	    set_number(b, "num_parallel_tree",
		json_num(in->params, "trees", 200), err) == -1 ||
	    watch_tick(in->watch, in->done, err) == -1)
		return -1;
	if (XGBoosterUpdateOneIter(b, 0, in->train->handle) != 0)
		return failed(err);
	out->rounds = 1;
	if (name_features(b, in, a, err) == -1)
		return -1;
	return save(b, a, out, err);
}

/* weights[feature * k + class] of the saved model, the biases last. */
static int
read_weights(BoosterHandle b, size_t width, size_t k, struct arena *a,
    struct learned *out, struct err *err)
{
	auto_json json_t *model = NULL;
	const json_t *w;
	const char *bytes;
	bst_ulong n;

	if (XGBoosterSaveModelToBuffer(
		b, "{\"format\":\"json\"}", &n, &bytes) != 0)
		return failed(err);
	if ((model = json_parse(bytes, n, err)) == NULL)
		return -1;
	w = json_object_get(
	    json_object_get(json_object_get(json_object_get(model, "learner"),
				"gradient_booster"),
		"model"),
	    "weights");
	if (json_array_size(w) != (width + 1) * k)
		return err_set(err, ERR_INTERNAL,
		    "xgboost: a linear model of %zu weights, not %zu",
		    json_array_size(w), (width + 1) * k);
	out->weight = arena_alloc(a, (width * k + 1) * sizeof(double));
	out->bias = arena_alloc(a, k * sizeof(double));
	for (size_t j = 0; j <= width; j++)
		for (size_t g = 0; g < k; g++) {
			double v =
			    json_number_value(json_array_get(w, j * k + g));

			if (j == width)
				out->bias[g] = v;
			else
				out->weight[g * width + j] = v;
		}
	return 0;
}

int
trees_multinomial(const struct learner_input *in, double alpha, double lambda,
    struct arena *a, struct learned *out, struct err *err)
{
	static const struct setting settings[] = {
		{ "updater", "coord_descent" },
		{ "feature_selector", "cyclic" },
		{ "eta", "1" },
	};
	size_t width = (size_t)in->fit->prep->nfeatures;
	struct learner_input own = *in;
	BoosterHandle b;
	int r = -1;

	*out = (struct learned){ .kind = MWS_LINEAR, .link = LINK_SOFTMAX };
	own.valid = NULL;
	own.train = trees_data(in->x, in->y, in->n, width, 1, err);
	if (own.train == NULL)
		return -1;
	b = booster_new(&own, "gblinear", 1, a, err);
	if (b != NULL && set_params(b, settings, nitems(settings), err) == 0 &&
	    set_number(b, "alpha", alpha, err) == 0 &&
	    set_number(b, "lambda", lambda, err) == 0 &&
	    boost(b, &own, LINEAR_ROUNDS, 0, out, err) == 0)
		r = read_weights(
		    b, width, (size_t)in->target->nclasses, a, out, err);
	out->rounds = 0;
	trees_data_free(own.train);
	return r;
}

int
trees_reference(const void *booster, size_t size, int rounds, const float *x,
    size_t n, size_t width, int k, float *p, struct err *err)
{
	struct arena *a = arena_new();
	DMatrixHandle d = NULL;
	BoosterHandle b = NULL;
	const bst_ulong *shape;
	const float *out;
	bst_ulong dims;
	char config[160];
	int r = 0;

	snprintf(config, sizeof(config),
	    "{\"type\":0,\"training\":false,\"iteration_begin\":0,"
	    "\"iteration_end\":%d,\"strict_shape\":true}",
	    rounds);
	if (XGDMatrixCreateFromMat_omp(x, n, width, NAN, &d, 1) != 0 ||
	    XGBoosterCreate(NULL, 0, &b) != 0 ||
	    XGBoosterSetParam(b, "nthread", "1") != 0 ||
	    XGBoosterLoadModelFromBuffer(b, booster, size) != 0 ||
	    XGBoosterPredictFromDMatrix(b, d, config, &shape, &dims, &out) != 0)
		r = failed(err);
	else
		memcpy(p, out, n * (size_t)k * sizeof(*p));
	if (b != NULL)
		XGBoosterFree(b);
	if (d != NULL)
		XGDMatrixFree(d);
	arena_free(a);
	return r;
}
