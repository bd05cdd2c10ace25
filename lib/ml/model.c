#include "config.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xgboost/c_api.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/data/frame.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/ml/calibrate.h"
#include "lib/ml/fit.h"
#include "lib/ml/learner.h"
#include "lib/ml/model.h"
#include "lib/ml/psi.h"
#include "lib/ml/rows.h"
#include "lib/ml/scorer.h"
#include "lib/ml/spec.h"
#include "lib/ml/split.h"
#include "lib/ml/threshold.h"
#include "lib/ml/trees.h"
#include "lib/ml/trial.h"
#include "lib/ml/watch.h"
#include "lib/score/prep.h"

#include "lib/banned.h"

#define JSON_MAX  ((size_t)256 << 20)
#define CHECKED   2000 /* rows on which scorer and library must agree */
#define BATCH     1024
#define FILES_MAX 8

struct model {
	struct arena *arena;
	json_t *json, *reference;
	struct mws *mws;
	const void *scorer, *booster;
	size_t scorer_size, booster_size;
};

/* What model_fit works with. */
struct fitter {
	struct model *model;
	struct study *study;
	const struct split *split;
	const struct spec *spec;
	const json_t *result;
	json_t *config;
	struct arena *arena; /* gone when the fit is over */
	struct fit fit;
	struct learned learned;
	struct calibration calibration;
	double threshold;
	size_t *row, n;
	float *x;
	double *oof_p, *oof_y; /* of the rows that were validated */
	uint8_t *oof_fold;
	size_t noof;
};

static struct model *
model_new(void)
{
	struct arena *a = arena_new();
	struct model *m = arena_alloc(a, sizeof(*m));

	m->arena = a;
	return m;
}

void
model_free(struct model *m)
{
	if (m == NULL)
		return;
	json_decref(m->json);
	json_decref(m->reference);
	arena_free(m->arena);
}

/* The validated rows of the out-of-fold predictions. */
static int
take_oof(struct fitter *f, const struct watch *w, struct err *err)
{
	const double *p = trial_oof(f->study, f->config, w, err);
	size_t n = f->n, k = f->spec->task == TASK_MULTICLASS
	                         ? (size_t)f->split->target.nclasses
	                         : 1;

	if (p == NULL)
		return -1;
	f->oof_p = arena_alloc(f->arena, (n * k + 1) * sizeof(*f->oof_p));
	f->oof_y = arena_alloc(f->arena, (n + 1) * sizeof(*f->oof_y));
	f->oof_fold = arena_alloc(f->arena, n + 1);
	for (size_t i = 0; i < n; i++) {
		if (isnan(p[i * k]))
			continue;
		memcpy(f->oof_p + f->noof * k, p + i * k, k * sizeof(*p));
		f->oof_y[f->noof] = f->split->target.y[i];
		f->oof_fold[f->noof++] = f->split->fold[i];
	}
	return 0;
}

/* More rows bear more rounds: as many more as there are more rows than a fold
 * was trained on.  By time the folds say too little about that. */
static int
all_rounds(const struct split *s, long long rounds)
{
	if (rounds <= 1)
		return 1;
	if (s->spec->split != SPLIT_TIME)
		rounds += rounds / (s->nfolds - 1);
	return (int)rounds;
}

static int
learn_all(struct fitter *f, const struct watch *w, struct err *err)
{
	const json_t *params = json_object_get(f->config, "params");
	const struct learner *l =
	    &learners[learner_find(json_str(f->config, "learner", ""))];
	long long rounds = json_int(f->result, "rounds", 0);
	struct learner_input in = {
		.spec = f->spec,
		.target = &f->split->target,
		.fit = &f->fit,
		.params = params,
		.rounds_max = all_rounds(f->split, rounds),
		.y = f->split->target.y,
		.n = f->n,
		.seed = trial_seed(f->split, -1),
		.watch = w,
		.done = 0.5,
		.share = 0.4,
	};
	struct arena *a = f->model->arena;
	int r;

	if (fit_make(
		f->split, f->row, f->n, l->prep, params, a, &f->fit, err) == -1)
		return -1;
	f->x = fit_training(&f->fit, f->split, f->row, f->n, f->arena, err);
	if (f->x == NULL)
		return -1;
	in.x = f->x;
	if (l->prep == FIT_TREES) {
		in.train = trees_data(f->x, in.y, in.n,
		    (size_t)f->fit.prep->nfeatures, f->spec->threads, err);
		if (in.train == NULL)
			return -1;
	}
	r = l->learn(&in, a, &f->learned, err);
	trees_data_free(in.train);
	return r;
}

static void
calibrate(struct fitter *f)
{
	f->threshold = 0.5;
	if (f->spec->task != TASK_BINARY)
		return;
	calibrate_fit(&f->calibration,
	    f->learned.kind == MWS_CONSTANT ? CALIBRATE_NONE
					    : f->spec->calibration,
	    f->oof_p, f->oof_y, f->oof_fold, f->noof, f->model->arena);
	for (size_t i = 0; i < f->noof; i++)
		f->oof_p[i] = calibrate_apply(&f->calibration, f->oof_p[i]);
	f->threshold = threshold_choose(f->spec, f->oof_p, f->oof_y, f->noof);
}

/* The scorer must say what the library says, to the last bit. */
static int
check_scorer(const struct fitter *f, const struct mws *mws, struct err *err)
{
	size_t n = f->n < CHECKED ? f->n : CHECKED;
	size_t width = (size_t)f->fit.prep->nfeatures;
	int k = mws_ngroups(mws);
	float *a = arena_alloc(f->arena, (n * (size_t)k + 1) * sizeof(*a));
	float *b = arena_alloc(f->arena, (n * (size_t)k + 1) * sizeof(*b));

	if (f->learned.kind != MWS_TREES)
		return 0;
	if (trees_reference(f->learned.booster, f->learned.booster_size,
		f->learned.rounds, f->x, n, width, k, a, err) == -1)
		return -1;
	mws_margins(mws, f->x, n, b);
	for (size_t i = 0; i < n; i++)
		mws_link(mws, b + i * (size_t)k);
	for (size_t i = 0; i < n * (size_t)k; i++)
		if (a[i] != b[i])
			return err_set(err, ERR_INTERNAL,
			    "the packed scorer says %.9g where xgboost says "
			    "%.9g",
			    (double)b[i], (double)a[i]);
	return 0;
}

static int
make_scorer(struct fitter *f, struct err *err)
{
	struct model *m = f->model;
	struct scorer s = { 0 };

	if (scorer_make(f->spec, &f->split->target, &f->fit, &f->learned,
		&f->calibration, f->threshold, m->arena, &s, err) == -1 ||
	    check_scorer(f, s.mws, err) == -1)
		return -1;
	m->mws = s.mws;
	m->scorer = s.data;
	m->scorer_size = s.size;
	m->booster = f->learned.booster;
	m->booster_size = f->learned.booster_size;
	return 0;
}

static json_t *
schema_json(const struct prep *p)
{
	static const char *const kinds[] = { [FIELD_NUMBER] = "number",
		[FIELD_CATEGORY] = "category",
		[FIELD_DATETIME] = "datetime" };
	json_t *schema = json_array();

	for (int i = 0; i < p->nfields; i++) {
		const struct prep_field *f = &p->field[i];
		json_t *one = json_pack(
		    "{s:s,s:s}", "field", f->name, "kind", kinds[f->kind]);

		if (f->kind == FIELD_CATEGORY) {
			json_t *levels = json_array();

			for (int j = 0; j < f->nlevels; j++)
				json_array_append_new(
				    levels, json_string(f->level[j]));
			json_object_set_new(one, "levels", levels);
		}
		json_array_append_new(schema, one);
	}
	return schema;
}

static json_t *
calibration_json(const struct fitter *f)
{
	const struct calibration *c = &f->calibration;
	json_t *v = json_object(), *x = json_array(), *y = json_array();

	json_object_set_new(v, "method",
	    json_string(calibration_kind_names[c->kind == CALIBRATE_AUTO
						   ? CALIBRATE_NONE
						   : c->kind]));
	if (f->spec->task == TASK_BINARY) {
		json_object_set_new(
		    v, "ece_before", json_finite(c->ece_before));
		json_object_set_new(v, "ece_after", json_finite(c->ece_after));
		json_object_set_new(
		    v, "brier_before", json_finite(c->brier_before));
		json_object_set_new(
		    v, "brier_after", json_finite(c->brier_after));
	}
	if (c->kind == CALIBRATE_PLATT) {
		json_object_set_new(v, "a", json_real(c->a));
		json_object_set_new(v, "b", json_real(c->b));
	}
	for (int i = 0; i < c->n; i++) {
		json_array_append_new(x, json_real(c->x[i]));
		json_array_append_new(y, json_real(c->y[i]));
	}
	if (c->kind == CALIBRATE_ISOTONIC) {
		json_object_set(v, "x", x);
		json_object_set(v, "y", y);
	}
	json_decref(x);
	json_decref(y);
	return v;
}

/* The trial's result without what depends on the machine or the order. */
static json_t *
validation_json(const json_t *result)
{
	static const char *const members[] = { "metric", "score", "sd", "folds",
		"rounds" };
	json_t *v = json_object();

	for (size_t i = 0; i < nitems(members); i++) {
		json_t *member = json_object_get(result, members[i]);

		if (member != NULL)
			json_object_set(v, members[i], member);
	}
	return v;
}

static json_t *
libraries_json(void)
{
	int major = 0, minor = 0, patch = 0;
	char text[40];

	XGBoostVersion(&major, &minor, &patch);
	snprintf(text, sizeof(text), "%d.%d.%d", major, minor, patch);
	return json_pack(
	    "{s:s,s:s}", "xgboost", text, "modelwright", PACKAGE_VERSION);
}

static json_t *
describe(const struct fitter *f)
{
	const struct target *t = &f->split->target;
	json_t *v = json_object(), *classes = json_array();

	for (int i = 0; i < t->nclasses; i++)
		json_array_append_new(classes, json_string(t->class[i]));
	json_object_set_new(v, "format", json_integer(1));
	json_object_set_new(v, "task", json_string(task_names[t->task]));
	json_object_set_new(v, "target", json_string(f->spec->target));
	if (t->task == TASK_BINARY)
		json_object_set_new(v, "positive", json_string(t->class[1]));
	json_object_set_new(v, "classes", classes);
	json_object_set(v, "learner", f->config);
	json_object_set_new(v, "rounds", json_integer(f->learned.rounds));
	json_object_set_new(v, "schema", schema_json(f->fit.prep));
	json_object_set_new(v, "preparation", prep_to_json(f->fit.prep));
	if (t->task == TASK_BINARY) {
		json_object_set_new(v, "threshold", json_real(f->threshold));
		json_object_set_new(v, "threshold_rule",
		    json_string(threshold_rule_names[f->spec->threshold_rule]));
	}
	json_object_set_new(v, "calibration", calibration_json(f));
	json_object_set_new(v, "cross_validation", validation_json(f->result));
	if (f->learned.detail != NULL)
		json_object_set(v, "scorecard", f->learned.detail);
	json_object_set_new(v, "lineage",
	    json_pack("{s:s,s:o,s:o}", "dataset_digest",
		f->spec->dataset_digest, "specification", spec_to_json(f->spec),
		"split", split_to_json(f->split)));
	json_object_set_new(v, "libraries", libraries_json());
	return v;
}

struct model *
model_fit(struct study *study, const json_t *result, const struct watch *w,
    struct err *err)
{
	struct fitter f = { .model = model_new(),
		.study = study,
		.split = study_split(study),
		.result = result,
		.arena = arena_new() };
	int r = -1;

	f.spec = f.split->spec;
	f.n = f.split->frame->nrows;
	f.row = arena_alloc(f.arena, (f.n + 1) * sizeof(*f.row));
	for (size_t i = 0; i < f.n; i++)
		f.row[i] = i;
	f.config =
	    learner_config(json_object_get(result, "config"), f.spec, err);
	if (f.config != NULL && take_oof(&f, w, err) == 0 &&
	    learn_all(&f, w, err) == 0) {
		calibrate(&f);
		if (make_scorer(&f, err) == 0) {
			json_t *ref = psi_reference(
			    f.fit.prep, f.split->frame, f.row, f.n);

			if (f.spec->task != TASK_MULTICLASS)
				json_object_set_new(
				    ref, "score", psi_score(f.oof_p, f.noof));
			f.model->reference = ref;
			f.model->json = describe(&f);
			r = 0;
		}
	}
	json_decref(f.config);
	arena_free(f.arena);
	if (r == 0)
		return f.model;
	model_free(f.model);
	return NULL;
}

const json_t *
model_json(const struct model *m)
{
	return m->json;
}

const json_t *
model_reference(const struct model *m)
{
	return m->reference;
}

const struct mws *
model_mws(const struct model *m)
{
	return m->mws;
}

static char *
pretty(const json_t *v, struct arena *a)
{
	char *text = json_dumps(v, JSON_INDENT(1) | JSON_SORT_KEYS);
	char *copy;

	if (text == NULL)
		abort();
	copy = arena_printf(a, "%s\n", text);
	free(text);
	return copy;
}

static int
write_file(const char *dir, const char *name, const void *data, size_t n,
    struct arena *a, struct err *err)
{
	const char *path = arena_printf(a, "%s/%s", dir, name);
	FILE *f = fopen(path, "wxe");

	if (f == NULL)
		return err_file(err, "make", name);
	if (fwrite(data, 1, n, f) != n) {
		fclose(f);
		return err_file(err, "write", name);
	}
	if (fclose(f) != 0)
		return err_file(err, "write", name);
	return 0;
}

int
model_save(const struct model *m, const char *dir, char digest[DIGEST_HEX],
    struct err *err)
{
	struct arena *a = arena_new();
	const char *model = pretty(m->json, a);
	const char *reference = pretty(m->reference, a);
	struct {
		const char *name;
		const void *data;
		size_t size;
	} files[] = { /* in the order of their names */
		{ "booster.ubj", m->booster, m->booster_size },
		{ "model.json", model, strlen(model) },
		{ "reference.json", reference, strlen(reference) },
		{ "scorer.mws", m->scorer, m->scorer_size }
	};
	const char *manifest = "";
	int r = 0;

	for (size_t i = 0; i < nitems(files) && r == 0; i++) {
		char hex[DIGEST_HEX];

		if (files[i].data == NULL)
			continue;
		digest_mem(files[i].data, files[i].size, hex);
		manifest =
		    arena_printf(a, "%s%s  %s\n", manifest, hex, files[i].name);
		r = write_file(
		    dir, files[i].name, files[i].data, files[i].size, a, err);
	}
	if (r == 0)
		r = write_file(
		    dir, "MANIFEST", manifest, strlen(manifest), a, err);
	if (r == 0)
		digest_mem(manifest, strlen(manifest), digest);
	arena_free(a);
	return r;
}

/* Each line of MANIFEST: 64 hexadecimal digits, two blanks, a plain name. */
static int
check_manifest(const char *dir, struct arena *a, struct err *err)
{
	auto_file FILE *f = fopen(arena_printf(a, "%s/MANIFEST", dir), "re");
	char line[256], hex[DIGEST_HEX];
	int n = 0;

	if (f == NULL)
		return err_set(err, ERR_INVALID, "a bundle has no MANIFEST");
	while (fgets(line, sizeof(line), f) != NULL) {
		const char *name = line + DIGEST_HEX + 1;
		size_t len = strcspn(line, "\n");

		if (++n > FILES_MAX || len < DIGEST_HEX + 2 ||
		    line[len] != '\n' || strchr(line, '/') != NULL)
			return err_set(err, ERR_INVALID,
			    "MANIFEST: line %d is none of ours", n);
		line[len] = '\0';
		if (digest_file(arena_printf(a, "%s/%s", dir, name), hex, NULL,
			err) == -1)
			return -1;
		if (strncmp(hex, line, DIGEST_HEX - 1) != 0)
			return err_set(err, ERR_INVALID,
			    "'%s' is not what MANIFEST says", name);
	}
	return 0;
}

static void
close_mws(void *mws)
{
	mws_close(mws);
}

struct model *
model_load(const char *dir, struct err *err)
{
	struct model *m = model_new();
	struct arena *a = m->arena;

	if (check_manifest(dir, a, err) == -1 ||
	    (m->json = json_parse_file(arena_printf(a, "%s/model.json", dir),
		 JSON_MAX, err)) == NULL ||
	    (m->reference = json_parse_file(
		 arena_printf(a, "%s/reference.json", dir), JSON_MAX, err)) ==
		NULL ||
	    (m->mws = mws_open(arena_printf(a, "%s/scorer.mws", dir), err)) ==
		NULL) {
		model_free(m);
		return NULL;
	}
	arena_defer(a, close_mws, m->mws);
	return m;
}

int
model_predict(const struct model *m, const struct frame *f, const size_t *rows,
    size_t n, double *p, struct err *err)
{
	const struct prep *prep = mws_prep(m->mws);
	size_t width = (size_t)prep->nfeatures, k = (size_t)mws_ngroups(m->mws);
	struct arena *a = arena_new();
	struct rows *bound = rows_bind(prep, f, 0, a, err);
	float *x = arena_alloc(a, (BATCH * width + 1) * sizeof(*x));
	size_t row[BATCH];

	for (size_t from = 0; bound != NULL && from < n; from += BATCH) {
		size_t count = n - from < BATCH ? n - from : BATCH;

		for (size_t i = 0; i < count; i++)
			row[i] = rows == NULL ? from + i : rows[from + i];
		rows_matrix(bound, row, count, x);
		scorer_predict(m->mws, x, count, p + from * k);
	}
	arena_free(a);
	return bound == NULL ? -1 : 0;
}
