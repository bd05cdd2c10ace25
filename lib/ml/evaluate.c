#include "config.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/data/frame.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/ml/curves.h"
#include "lib/ml/evaluate.h"
#include "lib/ml/fairness.h"
#include "lib/ml/fit.h"
#include "lib/ml/importance.h"
#include "lib/ml/metric.h"
#include "lib/ml/model.h"
#include "lib/ml/psi.h"
#include "lib/ml/rng.h"
#include "lib/ml/rows.h"
#include "lib/ml/scorer.h"
#include "lib/ml/seal.h"
#include "lib/ml/search.h"
#include "lib/ml/spec.h"
#include "lib/ml/split.h"
#include "lib/ml/threshold.h"
#include "lib/ml/trial.h"
#include "lib/ml/watch.h"
#include "lib/score/mws.h"
#include "lib/score/prep.h"

#include "lib/banned.h"

#define REPLICATES   1000
#define PARTIALS     6
#define NOISY_MAX    5000 /* rows that noise is tried on */
#define ECE_BINS     10
#define STREAM_NOISE 0x6e6f6973

/* Rows with the truth and what is predicted of them. */
struct view {
	const struct split *split;
	const struct frame *frame;
	const size_t *rows; /* of the frame; NULL: the first n */
	struct scored scored;
	struct arena *arena;
};

static const char *const *
classes(const struct view *v)
{
	return v->split->target.class;
}

static int
columns(const struct split *s)
{
	return s->target.task == TASK_MULTICLASS ? s->target.nclasses : 1;
}

/* What somebody would say who knows the development target and no feature. */
static void
constant_prediction(const struct split *s, double *p)
{
	size_t n = s->frame->nrows;
	int k = columns(s);

	for (int c = 0; c < k; c++)
		p[c] = 0;
	for (size_t i = 0; i < n; i++)
		if (k > 1)
			p[(int)s->target.y[i]] += 1 / (double)n;
		else
			p[0] += s->target.y[i] / (double)n;
}

static json_t *
baseline_json(const struct view *v)
{
	struct scored s = v->scored;
	double *p = arena_alloc(v->arena, (s.n * (size_t)s.k + 1) * sizeof(*p));

	for (size_t i = 0; i < s.n; i++)
		constant_prediction(v->split, p + i * (size_t)s.k);
	s.p = p;
	s.threshold = 0.5;
	return metric_json(&s, REPLICATES, v->split->spec->seed);
}

static json_t *
class_names(const struct split *s)
{
	json_t *a = json_array();

	for (int i = 0; i < s->target.nclasses; i++)
		json_array_append_new(a, json_string(s->target.class[i]));
	return a;
}

/* What every evaluation has, whatever rows it is of. */
static json_t *
common_json(const struct view *v, const char *rows_name)
{
	const struct spec *spec = v->split->spec;
	const struct target *t = &v->split->target;
	json_t *doc = json_object();

	json_object_set_new(doc, "task", json_string(task_names[t->task]));
	json_object_set_new(doc, "target", json_string(spec->target));
	if (t->task == TASK_BINARY) {
		json_object_set_new(doc, "positive", json_string(t->class[1]));
		json_object_set_new(
		    doc, "threshold", json_real(v->scored.threshold));
		json_object_set_new(doc, "threshold_rule",
		    json_string(threshold_rule_names[spec->threshold_rule]));
	}
	json_object_set_new(doc, "classes", class_names(v->split));
	json_object_set_new(doc, "rows",
	    json_pack("{s:I,s:I}", "development",
		(json_int_t)v->split->frame->nrows, "holdout",
		(json_int_t)v->split->holdout_rows));
	json_object_set_new(
	    doc, "metric", json_string(metric_kinds[spec->objective].name));
	json_object_set_new(
	    doc, rows_name, metric_json(&v->scored, REPLICATES, spec->seed));
	json_object_set_new(doc, "baseline", baseline_json(v));
	if (t->task != TASK_REGRESSION)
		json_object_set_new(
		    doc, "confusion", curves_confusion(&v->scored, classes(v)));
	json_object_set_new(doc, "curves", curves_make(&v->scored, classes(v)));
	json_object_set_new(doc, "fairness",
	    fairness_make(spec, &v->scored, classes(v), v->frame, v->rows));
	return doc;
}

/* The class that partial dependence is told of: the most frequent. */
static int
told_class(const struct split *s)
{
	double *share = calloc((size_t)columns(s), sizeof(*share));
	int best = 0;

	if (share == NULL)
		abort();
	constant_prediction(s, share);
	for (int c = 1; c < columns(s); c++)
		if (share[c] > share[best])
			best = c;
	free(share);
	return best;
}

static int
add_explanations(json_t *doc, const struct split *s, const struct mws *mws,
    const struct frame *f, const struct watch *w, struct err *err)
{
	json_t *importance = importance_make(mws, f, w, err), *curves;

	if (importance == NULL)
		return -1;
	json_object_set_new(doc, "importance", importance);
	curves = importance_partial(
	    mws, f, importance, PARTIALS, told_class(s), w, err);
	if (curves == NULL)
		return -1;
	json_object_set_new(doc, "partial_dependence", curves);
	return 0;
}

/* Standard deviations of the development rows, one a field; 0 for categories.
 */
static double *
field_sds(const struct prep *p, const struct frame *f, struct arena *a)
{
	double *sd = arena_alloc(a, ((size_t)p->nfields + 1) * sizeof(*sd));

	for (int i = 0; i < p->nfields; i++) {
		int at = frame_find(f, p->field[i].name);
		const double *x = at == -1 ? NULL : f->column[at].number;
		double n = 0, mean = 0, sq = 0;

		for (size_t j = 0; x != NULL && j < f->nrows; j++)
			if (!isnan(x[j])) {
				double d = x[j] - mean;

				mean += d / ++n;
				sq += d * (x[j] - mean);
			}
		sd[i] = n > 1 ? sqrt(sq / (n - 1)) : 0;
	}
	return sd;
}

/* How much worse the objective gets when each number is off by some noise. */
static json_t *
sensitivity(const struct view *v, const struct mws *mws, const struct watch *w,
    struct err *err)
{
	static const double noise[] = { 0.05, 0.1, 0.2, 0.5 };
	const struct prep *prep = mws_prep(mws);
	enum metric m = v->split->spec->objective;
	struct arena *a = arena_new();
	struct scored s = v->scored;
	size_t k = (size_t)s.k, width = (size_t)prep->nfeatures;
	struct rows *rows = rows_bind(prep, v->frame, 0, a, err);
	struct raw *raw =
	    arena_alloc(a, ((size_t)prep->nfields + 1) * sizeof(*raw));
	double *sd = field_sds(prep, v->split->frame, a), before, *p;
	json_t *out = json_array();
	int failed = rows == NULL;
	float *x;

	s.n = s.n < NOISY_MAX ? s.n : NOISY_MAX;
	before = metric_value(m, &s);
	x = arena_alloc(a, (s.n * width + 1) * sizeof(*x));
	p = arena_alloc(a, (s.n * k + 1) * sizeof(*p));
	s.p = p;
	for (size_t level = 0; level < nitems(noise) && !failed; level++) {
		struct rng r;
		double drop;

		if (watch_tick(w, (double)level / nitems(noise), err) == -1) {
			failed = 1;
			break;
		}
		rng_init(&r, v->split->spec->seed, STREAM_NOISE + level);
		for (size_t i = 0; i < s.n; i++) {
			rows_raw(rows, v->rows == NULL ? i : v->rows[i], raw);
			for (int j = 0; j < prep->nfields; j++)
				if (raw[j].kind == RAW_NUMBER && sd[j] > 0)
					raw[j].number += noise[level] * sd[j] *
					                 rng_normal(&r);
			prep_row(prep, raw, x + i * width);
		}
		scorer_predict(mws, x, s.n, p);
		drop = metric_kinds[m].sign * (before - metric_value(m, &s));
		json_array_append_new(
		    out, json_pack("{s:f,s:o}", "noise_sd", noise[level],
			     "metric_drop", json_finite(drop)));
	}
	arena_free(a);
	if (!failed)
		return out;
	json_decref(out);
	return NULL;
}

static json_t *
calibration_json(const struct view *v, const char *method)
{
	bool is_class = v->scored.task != TASK_REGRESSION;

	return json_pack("{s:s,s:o}", "method", method, "ece",
	    json_finite(is_class ? metric_ece(&v->scored, ECE_BINS) : NAN));
}

/* The model's own account of its calibration, and the ECE of these rows. */
static json_t *
model_calibration(const struct view *v, const json_t *model)
{
	const json_t *c = json_object_get(model, "calibration");
	json_t *out = calibration_json(v, json_str(c, "method", "none"));

	json_object_set_new(
	    out, "ece_before", json_finite(json_num(c, "ece_before", NAN)));
	json_object_set_new(
	    out, "ece_after", json_finite(json_num(c, "ece_after", NAN)));
	return out;
}

/* Of scores and features; multiclass has no one score. */
static json_t *
stability(const struct view *v, const json_t *reference)
{
	const json_t *score = json_object_get(reference, "score");
	double psi =
	    score == NULL ? NAN : psi_scores(score, v->scored.p, v->scored.n);

	return json_pack("{s:o,s:o}", "score_psi", json_finite(psi), "features",
	    psi_features(reference, v->frame, v->rows, v->scored.n));
}

json_t *
evaluate_holdout(const struct model *m, const struct split *s,
    const json_t *results, const struct watch *w, struct err *err)
{
	const struct sealed *sealed = s->sealed;
	struct view v = {
		.split = s, .frame = sealed->frame, .arena = arena_new()
	};
	size_t k = (size_t)columns(s);
	double *p = arena_alloc(v.arena, (sealed->n * k + 1) * sizeof(*p));
	json_t *doc = NULL, *noise = NULL;
	int r = -1;

	if (model_predict(m, sealed->frame, NULL, sealed->n, p, err) == 0) {
		v.scored = (struct scored){ s->target.task, (int)k, sealed->n,
			sealed->y, p,
			json_num(model_json(m), "threshold", 0.5) };
		doc = common_json(&v, "holdout");
		r = add_explanations(
		    doc, s, model_mws(m), sealed->frame, w, err);
	}
	if (r == 0 && (noise = sensitivity(&v, model_mws(m), w, err)) == NULL)
		r = -1;
	if (r == 0) {
		json_object_set_new(doc, "sensitivity", noise);
		json_object_set_new(
		    doc, "stability", stability(&v, model_reference(m)));
		json_object_set_new(
		    doc, "calibration", model_calibration(&v, model_json(m)));
		json_object_set_new(
		    doc, "search", search_to_json(s->spec, results));
	}
	arena_free(v.arena);
	if (r == 0)
		return doc;
	json_decref(doc);
	return NULL;
}

/* The validated rows, and their predictions. */
static int
view_oof(struct view *v, struct study *study, const json_t *config,
    const struct watch *w, struct err *err)
{
	const struct split *s = v->split;
	const double *oof = trial_oof(study, config, w, err);
	size_t n = s->frame->nrows, k = (size_t)columns(s), m = 0;
	size_t *rows = arena_alloc(v->arena, (n + 1) * sizeof(*rows));
	double *p = arena_alloc(v->arena, (n * k + 1) * sizeof(*p));
	double *y = arena_alloc(v->arena, (n + 1) * sizeof(*y));
	double threshold = 0.5;

	if (oof == NULL)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (isnan(oof[i * k]))
			continue;
		memcpy(p + m * k, oof + i * k, k * sizeof(*p));
		y[m] = s->target.y[i];
		rows[m++] = i;
	}
	if (s->target.task == TASK_BINARY)
		threshold = threshold_choose(s->spec, p, y, m);
	v->frame = s->frame;
	v->rows = rows;
	v->scored =
	    (struct scored){ s->target.task, (int)k, m, y, p, threshold };
	return 0;
}

/* The rows of one side of the first validated fold, predicted by its model. */
struct side {
	size_t *row, n;
	double *p, score;
};

static int
predict_side(const struct view *v, const struct mws *mws, int fold,
    bool validated, struct side *side, struct err *err)
{
	const struct split *s = v->split;
	const struct prep *prep = mws_prep(mws);
	size_t n = s->frame->nrows, k = (size_t)columns(s);
	struct arena *a = v->arena;
	struct rows *rows = rows_bind(prep, s->frame, 1, a, err);
	double *y = arena_alloc(a, (n + 1) * sizeof(*y));
	struct scored scored;
	float *x;

	if (rows == NULL)
		return -1;
	*side = (struct side){ .row = arena_alloc(a, (n + 1) * sizeof(size_t)),
		.p = arena_alloc(a, (n * k + 1) * sizeof(double)) };
	for (size_t i = 0; i < n; i++) {
		bool in =
		    s->spec->split == SPLIT_TIME
			? (validated ? s->fold[i] == fold : s->fold[i] < fold)
			: (s->fold[i] == fold) == validated;

		if (in) {
			y[side->n] = s->target.y[i];
			side->row[side->n++] = i;
		}
	}
	x = arena_alloc(
	    a, (side->n * (size_t)prep->nfeatures + 1) * sizeof(*x));
	rows_matrix(rows, side->row, side->n, x);
	scorer_predict(mws, x, side->n, side->p);
	scored = (struct scored){ s->target.task, (int)k, side->n, y, side->p,
		v->scored.threshold };
	side->score = metric_value(s->spec->objective, &scored);
	return 0;
}

/* What needs a model: that of the first validated fold. */
static int
add_fold_model(json_t *doc, struct view *v, struct study *study,
    const json_t *config, const struct watch *w, struct err *err)
{
	int fold = trial_first_fold(v->split);
	int sign = metric_kinds[v->split->spec->objective].sign;
	struct side train, valid;
	struct scorer scorer;
	struct fit fit;
	auto_json json_t *reference = NULL;
	json_t *noise;

	if (trial_fold(study, config, fold, w, v->arena, &fit, &scorer, err) ==
		-1 ||
	    add_explanations(
		doc, v->split, scorer.mws, v->split->frame, w, err) == -1 ||
	    predict_side(v, scorer.mws, fold, false, &train, err) == -1 ||
	    predict_side(v, scorer.mws, fold, true, &valid, err) == -1)
		return -1;
	json_object_set_new(doc, "overfit",
	    json_pack("{s:o,s:o,s:o}", "train", json_finite(train.score),
		"validated", json_finite(valid.score), "gap",
		json_finite(sign * (train.score - valid.score))));
	reference =
	    psi_reference(fit.prep, v->split->frame, train.row, train.n);
	if (columns(v->split) == 1)
		json_object_set_new(
		    reference, "score", psi_score(train.p, train.n));
	v->rows = valid.row;
	v->scored.n = valid.n;
	v->scored.p = valid.p;
	for (size_t i = 0; i < valid.n; i++)
		((double *)v->scored.y)[i] = v->split->target.y[valid.row[i]];
	json_object_set_new(doc, "stability", stability(v, reference));
	if ((noise = sensitivity(v, scorer.mws, w, err)) == NULL)
		return -1;
	json_object_set_new(doc, "sensitivity", noise);
	return 0;
}

json_t *
evaluate_development(struct study *study, const json_t *config,
    const struct watch *w, struct err *err)
{
	struct view v = { .split = study_split(study), .arena = arena_new() };
	json_t *doc = NULL;
	int r = view_oof(&v, study, config, w, err);

	if (r == 0) {
		doc = common_json(&v, "oof");
		json_object_set_new(
		    doc, "calibration", calibration_json(&v, "none"));
		r = add_fold_model(doc, &v, study, config, w, err);
	}
	arena_free(v.arena);
	if (r == 0)
		return doc;
	json_decref(doc);
	return NULL;
}
