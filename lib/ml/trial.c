#include "config.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/data/frame.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/ml/fit.h"
#include "lib/ml/learner.h"
#include "lib/ml/rows.h"
#include "lib/ml/scorer.h"
#include "lib/ml/spec.h"
#include "lib/ml/split.h"
#include "lib/ml/trees.h"
#include "lib/ml/trial.h"
#include "lib/ml/watch.h"
#include "lib/score/prep.h"

#include "lib/banned.h"

#define FOLDS_MAX 16

/* Cells of all prepared folds together, beyond which none is kept. */
#define CACHE_MAX ((size_t)64 << 20)

/* A fold, prepared. */
struct prepared {
	struct arena *arena;
	struct fit fit;
	size_t *row, *valid_row;
	size_t n, nvalid;
	double *y, *valid_y;
	float *x, *valid_x; /* x: not with trees, which have it in `train` */
	struct xgb_data *train, *valid;
};

/* What came of a configuration in this process. */
struct memo {
	struct memo *next;
	char *key;
	double *oof;
	bool done[FOLDS_MAX];
	double score[FOLDS_MAX];
	int rounds[FOLDS_MAX];
};

struct study {
	const struct split *split;
	struct arena *arena;
	struct prepared *trees[FOLDS_MAX];
	struct memo *memos;
};

struct study *
study_new(const struct split *s)
{
	struct arena *a = arena_new();
	struct study *study = arena_alloc(a, sizeof(*study));

	study->arena = a;
	study->split = s;
	return study;
}

static void
prepared_free(struct prepared *p)
{
	if (p == NULL)
		return;
	trees_data_free(p->train);
	trees_data_free(p->valid);
	arena_free(p->arena);
}

void
study_free(struct study *s)
{
	if (s == NULL)
		return;
	for (int f = 0; f < FOLDS_MAX; f++)
		prepared_free(s->trees[f]);
	arena_free(s->arena);
}

const struct split *
study_split(const struct study *s)
{
	return s->split;
}

int
trial_first_fold(const struct split *s)
{
	return s->spec->split == SPLIT_TIME ? 1 : 0;
}

unsigned long
trial_seed(const struct split *s, int fold)
{
	return (unsigned long)(s->spec->seed * 1000003u + (unsigned)(fold + 1));
}

static bool
trains(const struct split *s, size_t row, int fold)
{
	return s->spec->split == SPLIT_TIME ? s->fold[row] < fold
	                                    : s->fold[row] != fold;
}

static void
fold_rows(struct prepared *p, const struct split *s, int fold)
{
	size_t n = s->frame->nrows;

	p->row = arena_alloc(p->arena, n * sizeof(*p->row));
	p->valid_row = arena_alloc(p->arena, n * sizeof(*p->valid_row));
	p->y = arena_alloc(p->arena, n * sizeof(*p->y));
	p->valid_y = arena_alloc(p->arena, n * sizeof(*p->valid_y));
	for (size_t i = 0; i < n; i++)
		if (s->fold[i] == fold) {
			p->valid_y[p->nvalid] = s->target.y[i];
			p->valid_row[p->nvalid++] = i;
		} else if (trains(s, i, fold)) {
			p->y[p->n] = s->target.y[i];
			p->row[p->n++] = i;
		}
}

static int
fold_tables(struct prepared *p, const struct split *s, struct err *err)
{
	size_t width = (size_t)p->fit.prep->nfeatures;
	struct rows *rows = rows_bind(p->fit.prep, s->frame, 1, p->arena, err);

	if (rows == NULL)
		return -1;
	p->valid_x = arena_alloc(
	    p->arena, (p->nvalid * width + 1) * sizeof(*p->valid_x));
	rows_matrix(rows, p->valid_row, p->nvalid, p->valid_x);
	return 0;
}

/* libxgboost has its own copy of the table: ours is given back at once. */
static int
fold_matrices(struct prepared *p, const struct split *s, struct err *err)
{
	struct arena *a = arena_new();
	size_t width = (size_t)p->fit.prep->nfeatures;
	float *x = fit_training(&p->fit, s, p->row, p->n, a, err);
	int threads = s->spec->threads;

	if (x != NULL)
		p->train = trees_data(x, p->y, p->n, width, threads, err);
	if (p->train != NULL)
		p->valid = trees_data(
		    p->valid_x, p->valid_y, p->nvalid, width, threads, err);
	arena_free(a);
	return p->valid == NULL ? -1 : 0;
}

static struct prepared *
prepare(const struct split *s, const struct learner *l, const json_t *params,
    int fold, struct err *err)
{
	struct arena *a = arena_new();
	struct prepared *p = arena_alloc(a, sizeof(*p));
	int r;

	p->arena = a;
	fold_rows(p, s, fold);
	r = fit_make(s, p->row, p->n, l->prep, params, a, &p->fit, err);
	if (r == 0)
		r = fold_tables(p, s, err);
	if (r == 0 && l->prep == FIT_TREES)
		r = fold_matrices(p, s, err);
	else if (r == 0 && (p->x = fit_training(
				&p->fit, s, p->row, p->n, a, err)) == NULL)
		r = -1;
	if (r == 0)
		return p;
	prepared_free(p);
	return NULL;
}

/* Trees share the prepared fold; the others are quick to prepare, and big. */
static struct prepared *
fold_get(struct study *s, const struct learner *l, const json_t *params,
    int fold, struct err *err)
{
	struct prepared *p;
	size_t cells;

	if (l->prep == FIT_TREES && s->trees[fold] != NULL)
		return s->trees[fold];
	if ((p = prepare(s->split, l, params, fold, err)) == NULL)
		return NULL;
	cells = (p->n + p->nvalid) * (size_t)p->fit.prep->nfeatures;
	if (l->prep == FIT_TREES &&
	    cells * (size_t)s->split->nfolds <= CACHE_MAX)
		s->trees[fold] = p;
	return p;
}

static void
fold_put(struct study *s, struct prepared *p, int fold)
{
	if (s->trees[fold] != p)
		prepared_free(p);
}

static struct memo *
memo_get(struct study *s, const json_t *config)
{
	struct arena *a = arena_new();
	const char *key = json_text(config, a);
	struct memo *m = s->memos;

	while (m != NULL && strcmp(m->key, key) != 0)
		m = m->next;
	if (m == NULL) {
		m = arena_alloc(s->arena, sizeof(*m));
		m->key = arena_strdup(s->arena, key);
		m->next = s->memos;
		s->memos = m;
	}
	arena_free(a);
	return m;
}

static size_t
columns(const struct split *s)
{
	return s->spec->task == TASK_MULTICLASS ? (size_t)s->target.nclasses
	                                        : 1;
}

static double *
oof_get(struct study *s, struct memo *m)
{
	size_t n = s->split->frame->nrows * columns(s->split);

	if (m->oof == NULL) {
		m->oof = arena_alloc(s->arena, n * sizeof(*m->oof));
		for (size_t i = 0; i < n; i++)
			m->oof[i] = NAN;
	}
	return m->oof;
}

/* Where we are among the folds of a trial. */
struct progress {
	const struct watch *watch;
	double done, share;
};

static int
train_fold(const struct split *s, const struct learner *l, const json_t *params,
    struct prepared *p, int fold, const struct progress *progress,
    struct arena *a, struct learned *learned, struct scorer *scorer,
    struct err *err)
{
	struct learner_input in = {
		.spec = s->spec,
		.target = &s->target,
		.fit = &p->fit,
		.params = params,
		.rounds_max = s->spec->rounds_max,
		.x = p->x,
		.y = p->y,
		.n = p->n,
		.train = p->train,
		.valid = p->valid,
		.seed = trial_seed(s, fold),
		.watch = progress->watch,
		.done = progress->done,
		.share = progress->share,
	};

	if (l->learn(&in, a, learned, err) == -1)
		return -1;
	/* A scorecard has left features out. */
	if (l->prep == FIT_WOE && fold_tables(p, s, err) == -1)
		return -1;
	return scorer_make(
	    s->spec, &s->target, &p->fit, learned, NULL, 0.5, a, scorer, err);
}

static int
run_fold(struct study *study, struct memo *m, const json_t *config, int fold,
    const struct progress *progress, struct err *err)
{
	const struct split *s = study->split;
	const struct learner *l =
	    &learners[learner_find(json_str(config, "learner", ""))];
	const json_t *params = json_object_get(config, "params");
	size_t k = columns(s);
	struct prepared *p = fold_get(study, l, params, fold, err);
	struct learned learned = { 0 };
	struct scorer scorer = { 0 };
	struct arena *a;
	double *out, *oof;
	int r;

	if (p == NULL)
		return -1;
	a = arena_new();
	r = train_fold(
	    s, l, params, p, fold, progress, a, &learned, &scorer, err);
	if (r == 0) {
		struct scored scored;

		out = arena_alloc(a, (p->nvalid * k + 1) * sizeof(*out));
		scorer_predict(scorer.mws, p->valid_x, p->nvalid, out);
		scored = (struct scored){ s->spec->task, (int)k, p->nvalid,
			p->valid_y, out, 0.5 };
		m->score[fold] = metric_value(s->spec->objective, &scored);
		m->rounds[fold] = learned.rounds;
		m->done[fold] = true;
		oof = oof_get(study, m);
		for (size_t i = 0; i < p->nvalid; i++)
			memcpy(oof + p->valid_row[i] * k, out + i * k,
			    k * sizeof(*out));
	}
	arena_free(a);
	fold_put(study, p, fold);
	return r;
}

/* The folds asked for, all of them by default; their number, or -1. */
static int
read_folds(
    const struct split *s, const json_t *request, int *fold, struct err *err)
{
	const json_t *given = json_object_get(request, "folds"), *v;
	int first = trial_first_fold(s), n = 0;
	size_t i;

	if (given == NULL || json_array_size(given) == 0) {
		for (int f = first; f < s->nfolds; f++)
			fold[n++] = f;
		return n;
	}
	json_array_foreach ((json_t *)given, i, v) {
		json_int_t f = json_is_integer(v) ? json_integer_value(v) : -1;

		if (f < first || f >= s->nfolds || n == s->nfolds)
			return err_ptr(err, ERR_INVALID, "/folds",
			    "must be folds from %d to %d", first,
			    s->nfolds - 1);
		fold[n++] = (int)f;
	}
	return n;
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static json_t *
result_json(const struct split *s, const json_t *request, json_t *config,
    const struct memo *m, const int *fold, int n)
{
	json_t *r = json_object(), *folds = json_array(), *slot;
	double mean = 0, sq = 0, rounds = 0;

	for (int i = 0; i < n; i++) {
		mean += m->score[fold[i]] / n;
		rounds += (double)m->rounds[fold[i]] / n;
	}
	for (int i = 0; i < n; i++) {
		double d = m->score[fold[i]] - mean;

		sq += d * d;
		json_array_append_new(
		    folds, json_pack("{s:i,s:I,s:o,s:i}", "fold", fold[i],
			       "rows", (json_int_t)s->fold_rows[fold[i]],
			       "score", json_finite(m->score[fold[i]]),
			       "rounds", m->rounds[fold[i]]));
	}
	json_object_set_new(
	    r, "trial", json_integer(json_int(request, "trial", 0)));
	json_object_set_new(
	    r, "rung", json_integer(json_int(request, "rung", 1)));
	if ((slot = json_object_get(request, "slot")) != NULL)
		json_object_set(r, "slot", slot);
	json_object_set(r, "config", config);
	json_object_set_new(
	    r, "metric", json_string(metric_kinds[s->spec->objective].name));
	json_object_set_new(r, "score", json_finite(n > 0 ? mean : NAN));
	json_object_set_new(
	    r, "sd", json_finite(n > 1 ? sqrt(sq / (n - 1)) : NAN));
	json_object_set_new(r, "folds", folds);
	json_object_set_new(
	    r, "rounds", json_integer((json_int_t)(rounds + 0.5)));
	return r;
}

json_t *
trial_run(struct study *study, const json_t *request, const struct watch *watch,
    struct err *err)
{
	const struct split *s = study->split;
	auto_json json_t *config =
	    learner_config(json_object_get(request, "config"), s->spec, err);
	double begin = now();
	struct err wrong = { 0 };
	struct memo *m;
	int fold[FOLDS_MAX], n, ran = 0;
	json_t *result;

	if (config == NULL || (n = read_folds(s, request, fold, err)) == -1)
		return NULL;
	m = memo_get(study, config);
	for (int i = 0; i < n; i++) {
		struct progress p = { watch, (double)i / n, 1.0 / n };

		if (m->done[fold[i]]) {
			ran++;
			continue;
		}
		if (run_fold(study, m, config, fold[i], &p, &wrong) == 0) {
			ran++;
			continue;
		}
		if (wrong.code == ERR_INVALID || wrong.code == ERR_TOO_LARGE)
			break;
		*err = wrong;
		return NULL;
	}
	result = result_json(s, request, config, m, fold, ran == n ? n : 0);
	if (ran < n)
		json_object_set_new(result, "error", json_string(wrong.text));
	json_object_set_new(result, "seconds", json_real(now() - begin));
	return result;
}

const double *
trial_oof(struct study *study, const json_t *given, const struct watch *watch,
    struct err *err)
{
	const struct split *s = study->split;
	auto_json json_t *config = learner_config(given, s->spec, err);
	int first = trial_first_fold(s), n = s->nfolds - first;
	struct memo *m;

	if (config == NULL)
		return NULL;
	m = memo_get(study, config);
	for (int f = first; f < s->nfolds; f++) {
		struct progress p = { watch, (double)(f - first) / n, 1.0 / n };

		if (!m->done[f] && run_fold(study, m, config, f, &p, err) == -1)
			return NULL;
	}
	return oof_get(study, m);
}

static void
prepared_done(void *p)
{
	prepared_free(p);
}

int
trial_fold(struct study *study, const json_t *given, int fold,
    const struct watch *watch, struct arena *a, struct fit *fit,
    struct scorer *scorer, struct err *err)
{
	const struct split *s = study->split;
	auto_json json_t *config = learner_config(given, s->spec, err);
	struct progress progress = { watch, 0, 1 };
	struct learned learned = { 0 };
	const struct learner *l;
	struct prepared *p;

	if (config == NULL)
		return -1;
	l = &learners[learner_find(json_str(config, "learner", ""))];
	p = fold_get(study, l, json_object_get(config, "params"), fold, err);
	if (p == NULL)
		return -1;
	if (study->trees[fold] != p)
		arena_defer(a, prepared_done, p);
	if (train_fold(s, l, json_object_get(config, "params"), p, fold,
		&progress, a, &learned, scorer, err) == -1)
		return -1;
	*fit = p->fit;
	return 0;
}
