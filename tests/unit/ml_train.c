/*
 * Trials, searches, models and evaluations on tables whose truth is known.
 */
#include "config.h"

#include <dirent.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/data/frame.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/ml/evaluate.h"
#include "lib/ml/metric.h"
#include "lib/ml/model.h"
#include "lib/ml/search.h"
#include "lib/ml/spec.h"
#include "lib/ml/split.h"
#include "lib/ml/trial.h"
#include "lib/ml/watch.h"
#include "tests/tap.h"
#include "tests/unit/ml_table.h"

#define ROWS 600

static struct arena *arena;
static struct frame *frame;
static char scratch[] = "/tmp/ml_train.XXXXXX";
static int saved;

struct session {
	struct spec *spec;
	struct split *split;
	struct study *study;
	json_t *results;
};

static json_t *
parse(const char *text)
{
	json_error_t wrong;
	json_t *v = json_loads(text, 0, &wrong);

	if (v == NULL) {
		fprintf(stderr, "%s: %s\n", text, wrong.text);
		abort();
	}
	return v;
}

static void
session_open(
    struct session *s, const struct frame *f, const char *run, int threads)
{
	struct err e = { 0 };
	json_t *v = parse(run);

	s->spec = spec_from_json(v, arena, &e);
	json_decref(v);
	if (s->spec != NULL) {
		s->spec->threads = threads;
		s->split = split_make(f, s->spec, &e);
	}
	if (s->spec == NULL || s->split == NULL) {
		printf("Bail out! %s: %s: %s\n", run, e.pointer, e.text);
		exit(1);
	}
	s->study = study_new(s->split);
	s->results = json_array();
}

static void
session_close(struct session *s)
{
	json_decref(s->results);
	study_free(s->study);
	split_free(s->split);
}

/* Search until done, or until there are `most` results. */
static void
search(struct session *s, size_t most)
{
	struct err e = { 0 };

	while (json_array_size(s->results) < most) {
		json_t *next = search_next(s->spec, s->results, &e), *r;

		if (json_object_get(next, "done") != NULL) {
			json_decref(next);
			return;
		}
		r = trial_run(s->study, next, NULL, &e);
		json_decref(next);
		if (r == NULL) {
			printf("Bail out! trial: %s\n", e.text);
			exit(1);
		}
		json_array_append_new(s->results, r);
	}
}

/* Results without what may differ. */
static char *
results_text(const struct session *s)
{
	json_t *copy = json_deep_copy(s->results), *r;
	char *text;
	size_t i;

	json_array_foreach (copy, i, r)
		json_object_del(r, "seconds");
	text = json_text(copy, arena);
	json_decref(copy);
	return text;
}

static struct model *
fit(struct session *s, const json_t *result, char digest[DIGEST_HEX],
    char **dir)
{
	struct err e = { 0 };
	struct model *m = model_fit(s->study, result, NULL, &e);
	char *path = arena_printf(arena, "%s/%d", scratch, saved++);

	if (m == NULL || mkdir(path, 0700) == -1 ||
	    model_save(m, path, digest, &e) == -1) {
		printf("Bail out! fit: %s\n", e.text);
		exit(1);
	}
	if (dir != NULL)
		*dir = path;
	return m;
}

static double
score_of(const struct session *s, const char *learner)
{
	json_t *r;
	size_t i;

	json_array_foreach (s->results, i, r)
		if (strcmp(
			json_str(json_object_get(r, "config"), "learner", ""),
			learner) == 0 &&
		    json_int(r, "rung", 0) == 1)
			return json_num(r, "score", NAN);
	return NAN;
}

/* clang-format off */
#define BINARY     "{\"template\":\"binary_classification\",\"target\":\"outcome\",\"positive\":\"bad\",\"protected\":[\"sex\",\"age\"],\"budget\":{\"trials\":14},\"params\":{\"exclude\":[\"kind\",\"loss\"]}}"
#define MULTICLASS "{\"template\":\"multiclass_classification\",\"target\":\"kind\",\"budget\":{\"trials\":8},\"params\":{\"exclude\":[\"outcome\",\"loss\"]}}"
#define VALUES     "{\"template\":\"regression\",\"target\":\"loss\",\"budget\":{\"trials\":10},\"params\":{\"exclude\":[\"kind\",\"outcome\"],\"derived\":[{\"name\":\"size\",\"expr\":\"log(amount)\"}]}}"
#define SCORECARD  "{\"template\":\"scorecard\",\"target\":\"outcome\",\"budget\":{\"trials\":6},\"params\":{\"exclude\":[\"kind\",\"loss\"]}}"
#define TIMED      "{\"template\":\"binary_classification\",\"target\":\"outcome\",\"budget\":{\"trials\":8},\"params\":{\"exclude\":[\"kind\",\"loss\"],\"split\":\"time\",\"split_column\":\"opened\"}}"
/* clang-format on */

static const char *const runs[] = { BINARY, MULTICLASS, VALUES, SCORECARD,
	TIMED };

/* One run undisturbed with one thread; again, with two threads, broken off in
 * the middle and gone on with in another study: nothing may differ. */
static void
sameness(const char *run)
{
	struct session a, b, c;
	char one[DIGEST_HEX], two[DIGEST_HEX];
	struct err e = { 0 };
	json_t *doc, *doc2;

	session_open(&a, frame, run, 1);
	search(&a, 1000);
	ok((int)json_array_size(a.results) == search_planned(a.spec),
	    "%s: as many trials as planned", a.spec->template);
	struct model *m = fit(&a, search_best(a.spec, a.results), one, NULL);

	session_open(&b, frame, run, 2);
	search(&b, json_array_size(a.results) / 2);
	session_open(&c, frame, run, 2);
	json_array_extend(c.results, b.results);
	search(&c, 1000);
	ok(strcmp(results_text(&a), results_text(&c)) == 0,
	    "%s: a search that is resumed goes on exactly", a.spec->template);
	struct model *n = fit(&c, search_best(c.spec, c.results), two, NULL);

	ok(strcmp(one, two) == 0,
	    "%s: the same bundle, with another number of threads",
	    a.spec->template);
	doc = evaluate_holdout(m, a.split, a.results, NULL, &e);
	doc2 = evaluate_holdout(n, c.split, a.results, NULL, &e);
	ok(doc != NULL && json_equal(doc, doc2),
	    "%s: and the same evaluation (%s)", a.spec->template,
	    doc == NULL ? e.text : "");
	json_decref(doc);
	json_decref(doc2);
	model_free(m);
	model_free(n);
	session_close(&a);
	session_close(&b);
	session_close(&c);
}

static int
sorted_desc(const json_t *importance)
{
	for (size_t i = 1; i < json_array_size(importance); i++)
		if (json_num(json_array_get(importance, i), "value", 0) >
		    json_num(json_array_get(importance, i - 1), "value", 0))
			return 0;
	return json_array_size(importance) > 0;
}

static double
number_at(const json_t *doc, const char *a, const char *b, const char *c)
{
	const json_t *v = json_object_get(json_object_get(doc, a), b);

	return json_number_value(c == NULL ? v : json_object_get(v, c));
}

static void
check_document(const struct session *s, const json_t *doc, const char *rows)
{
	static const char *const members[] = { "task", "target", "classes",
		"rows", "metric", "baseline", "curves", "importance",
		"partial_dependence", "fairness", "stability", "sensitivity",
		"calibration" };
	const char *metric = metric_kinds[s->spec->objective].name;
	int missing = 0;

	for (size_t i = 0; i < nitems(members); i++)
		if (json_object_get(doc, members[i]) == NULL) {
			printf("# no %s\n", members[i]);
			missing++;
		}
	ok(missing == 0, "%s %s: nothing is missing", s->spec->template, rows);
	ok(metric_kinds[s->spec->objective].sign *
		    (number_at(doc, rows, metric, "value") -
			number_at(doc, "baseline", metric, "value")) >
		0,
	    "%s %s: better than the baseline", s->spec->template, rows);
	ok(sorted_desc(json_object_get(doc, "importance")),
	    "%s %s: importance is sorted", s->spec->template, rows);
}

static void
evaluations(const char *run)
{
	struct err e = { 0 };
	struct session s;
	char digest[DIGEST_HEX];
	const json_t *best;
	json_t *doc;

	session_open(&s, frame, run, 1);
	search(&s, 1000);
	best = search_best(s.spec, s.results);
	struct model *m = fit(&s, best, digest, NULL);

	doc = evaluate_holdout(m, s.split, s.results, NULL, &e);
	check_document(&s, doc, "holdout");
	if (s.spec->nprotect == 2) {
		const json_t *sex =
		    json_array_get(json_object_get(doc, "fairness"), 0);
		const json_t *age =
		    json_array_get(json_object_get(doc, "fairness"), 1);

		ok(strcmp(json_str(sex, "favourable", ""), "good") == 0,
		    "nobody wants to be bad");
		ok(json_array_size(json_object_get(sex, "groups")) == 2 &&
			json_num(sex, "selection_rate_ratio", 0) > 0.7,
		    "a coin flip is treated alike (%.2f)",
		    json_num(sex, "selection_rate_ratio", 0));
		ok(json_array_size(json_object_get(age, "groups")) == 5 &&
			json_num(age, "selection_rate_ratio", 1) < 0.8 &&
			json_is_false(json_object_get(age, "four_fifths")),
		    "what the outcome hangs on is not (%.2f)",
		    json_num(age, "selection_rate_ratio", 1));
	}
	json_decref(doc);
	doc = evaluate_development(
	    s.study, json_object_get(best, "config"), NULL, &e);
	ok(doc != NULL, "development rows are evaluated: %s", e.text);
	check_document(&s, doc, "oof");
	ok(json_object_get(doc, "holdout") == NULL &&
		json_object_get(doc, "overfit") != NULL,
	    "without a word of the holdout");
	json_decref(doc);
	model_free(m);
	session_close(&s);
}

/* City says nothing and has 60 levels: encoded by the target that the row
 * itself is part of, it would seem to say a lot. */
static void
no_leak(void)
{
	static const char run[] =
	    "{\"template\":\"binary_classification\",\"target\":\"outcome\","
	    "\"params\":{\"exclude\":[\"kind\",\"loss\",\"amount\",\"age\","
	    "\"purpose\",\"sex\",\"opened\"]}}";
	struct session s;

	session_open(&s, frame, run, 1);
	search(&s, 3);
	ok(fabs(score_of(&s, "logistic") - 0.5) < 0.08 &&
		fabs(score_of(&s, "xgboost") - 0.5) < 0.08,
	    "what says nothing scores one half (%.3f, %.3f)",
	    score_of(&s, "logistic"), score_of(&s, "xgboost"));
	session_close(&s);
}

static void
learns(void)
{
	struct session s;

	session_open(&s, frame, BINARY, 1);
	search(&s, 5);
	ok(fabs(score_of(&s, "baseline") - 0.5) < 1e-12,
	    "the baseline tells nobody apart");
	ok(score_of(&s, "logistic") > 0.68 && score_of(&s, "xgboost") > 0.68 &&
		score_of(&s, "scorecard") > 0.7 &&
		score_of(&s, "random_forest") > 0.68,
	    "the others do (%.3f, %.3f, %.3f, %.3f)", score_of(&s, "logistic"),
	    score_of(&s, "xgboost"), score_of(&s, "scorecard"),
	    score_of(&s, "random_forest"));
	session_close(&s);
	session_open(&s, frame, VALUES, 1);
	search(&s, 3);
	ok(score_of(&s, "ridge") < 45 && score_of(&s, "ridge") > 28,
	    "ridge finds a line but for the noise (%.2f)",
	    score_of(&s, "ridge"));
	session_close(&s);
}

static int
stop_after(void *arg, double fraction)
{
	int *left = arg;

	return fraction >= 0 && fraction <= 1 && (*left)-- <= 0;
}

static void
cancel(void)
{
	struct session s, undisturbed;
	struct err e = { 0 };
	int left = 40;
	struct watch w = { stop_after, &left };
	json_t *request = parse("{\"trial\":1,\"config\":{\"learner\":"
				"\"xgboost\"}}"),
	       *r, *r2;

	session_open(&s, frame, BINARY, 1);
	session_open(&undisturbed, frame, BINARY, 1);
	r = trial_run(s.study, request, &w, &e);
	ok(r == NULL && e.code == ERR_CANCELLED,
	    "a trial that is told to stops in the middle");
	r = trial_run(s.study, request, NULL, &e);
	r2 = trial_run(undisturbed.study, request, NULL, &e);
	json_object_del(r, "seconds");
	json_object_del(r2, "seconds");
	ok(json_equal(r, r2), "and runs again as if nothing had been");
	json_decref(r);
	json_decref(r2);
	json_decref(request);
	session_close(&s);
	session_close(&undisturbed);
}

/* clang-format off */
static const struct {
	const char *request, *pointer, *text;
} refused[] = {
	{ "{\"config\":{}}", "/learner", "nothing is no learner" },
	{ "{\"config\":{\"learner\":\"ridge\"}}", "/learner", "'ridge' is no learner of this run" },
	{ "{\"config\":{\"learner\":\"xgboost\",\"params\":{\"depth\":3}}}", "/params/depth", "no such parameter" },
	{ "{\"config\":{\"learner\":\"xgboost\",\"params\":{\"max_depth\":3.5}}}", "/params/max_depth", "whole number" },
	{ "{\"config\":{\"learner\":\"xgboost\",\"params\":{\"eta\":7}}}", "/params/eta", "from 0.0001 to 1" },
	{ "{\"config\":{\"learner\":\"xgboost\",\"x\":1}}", "", "no member 'x'" },
	{ "{\"config\":{\"learner\":\"xgboost\"},\"folds\":[5]}", "/folds", "from 0 to 4" },
};
/* clang-format on */

static void
refusals(void)
{
	struct session s;

	session_open(&s, frame, BINARY, 1);
	for (size_t i = 0; i < nitems(refused); i++) {
		struct err e = { 0 };
		json_t *v = parse(refused[i].request);
		json_t *r = trial_run(s.study, v, NULL, &e);

		ok(r == NULL && e.code == ERR_INVALID &&
			strcmp(e.pointer, refused[i].pointer) == 0 &&
			strstr(e.text, refused[i].text) != NULL,
		    "%s is refused: %s: %s", refused[i].request, e.pointer,
		    e.text);
		json_decref(r);
		json_decref(v);
	}
	session_close(&s);
}

static void
budget(void)
{
	struct session s;
	struct err e = { 0 };
	json_t *r, *next;
	size_t i;

	session_open(&s, frame, BINARY, 1);
	search(&s, 6);
	json_array_foreach (s.results, i, r)
		json_object_set_new(r, "seconds", json_real(40));
	next = search_next(s.spec, s.results, &e);
	ok(json_int(next, "rung", -1) == 1 &&
		json_equal(json_object_get(next, "config"),
		    json_object_get(json_array_get(s.results, 5), "config")),
	    "when time runs short, what is good is finished first");
	json_decref(next);
	json_array_foreach (s.results, i, r)
		json_object_set_new(r, "seconds", json_real(60));
	next = search_next(s.spec, s.results, &e);
	ok(json_is_true(json_object_get(next, "done")) &&
		strstr(json_str(next, "reason", ""), "seconds") != NULL,
	    "when it is spent, the search ends");
	json_decref(next);
	session_close(&s);
}

/* A bundle says what the model said that it was saved from. */
static void
bundles(void)
{
	struct err e = { 0 };
	struct session s;
	char digest[DIGEST_HEX], *dir;
	struct model *m, *n;
	double p[ROWS], q[ROWS];
	size_t different = 0;
	FILE *f;

	session_open(&s, frame, BINARY, 1);
	search(&s, 3);
	m = fit(&s, json_array_get(s.results, 2), digest, &dir);
	n = model_load(dir, &e);
	ok(n != NULL, "a bundle is read: %s", e.text);
	if (n == NULL || model_predict(m, frame, NULL, ROWS, p, &e) == -1 ||
	    model_predict(n, frame, NULL, ROWS, q, &e) == -1)
		exit(1);
	for (int i = 0; i < ROWS; i++)
		different += p[i] != q[i] || !(p[i] > 0 && p[i] < 1);
	ok(different == 0, "and predicts the same, bit for bit");
	ok(json_equal(model_json(m), model_json(n)), "and says the same");
	model_free(n);
	f = fopen(arena_printf(arena, "%s/model.json", dir), "r+");
	fputc(' ', f);
	fclose(f);
	n = model_load(dir, &e);
	ok(n == NULL && strstr(e.text, "not what MANIFEST says") != NULL,
	    "a changed file is seen: %s", e.text);
	ok(model_save(m, dir, digest, &e) == -1,
	    "a bundle is never written over");
	model_free(m);
	session_close(&s);
}

static void
scorecards(void)
{
	struct session s;
	char digest[DIGEST_HEX];
	const json_t *card, *fields, *bins;
	struct model *m;
	int rising, falling, bent = 0, whole = 1;

	session_open(&s, frame, SCORECARD, 1);
	search(&s, 1000);
	ok(strcmp(json_str(
		      json_object_get(search_best(s.spec, s.results), "config"),
		      "learner", ""),
	       "scorecard") == 0,
	    "a scorecard run ends in a scorecard");
	m = fit(&s, search_best(s.spec, s.results), digest, NULL);
	card = json_object_get(model_json(m), "scorecard");
	fields = json_object_get(card, "fields");
	ok(json_array_size(fields) >= 2, "it has fields");
	for (size_t i = 0; i < json_array_size(fields); i++) {
		bins = json_object_get(json_array_get(fields, i), "bins");
		rising = falling = 0;
		for (size_t j = 0; j < json_array_size(bins); j++) {
			const json_t *b = json_array_get(bins, j), *o;
			double points = json_num(b, "points", 0.5), step;

			whole = whole && points == rint(points);
			if (json_object_get(b, "from") == NULL)
				continue;
			o = json_array_get(bins, j - 1);
			step = json_num(b, "positive_rate", 0) -
			       json_num(o, "positive_rate", 0);
			rising += step > 0;
			falling += step < 0;
			bent +=
			    (step > 0 && points > json_num(o, "points", 0)) ||
			    (step < 0 && points < json_num(o, "points", 0));
		}
		bent += rising > 0 && falling > 0;
	}
	ok(bent == 0, "the rate rises or falls all the way, points against it");
	ok(whole, "points are whole numbers");
	model_free(m);
	session_close(&s);
}

/* Every ARFF file of Debian's weka package with one class column at its end:
 * model_fit itself refuses a scorer that differs from libxgboost in a bit. */
static void
examples(void)
{
	static const struct {
		const char *file, *target, *template;
		double least; /* of accuracy, or of R2 */
	} sets[] = {
		{ "credit-g", "class", "binary_classification", 0.65 },
		{ "credit-g", "class", "scorecard", 0.65 },
		{ "diabetes", "class", "binary_classification", 0.65 },
		{ "breast-cancer", "Class", "binary_classification", 0.6 },
		{ "vote", "Class", "binary_classification", 0.9 },
		{ "ionosphere", "class", "binary_classification", 0.85 },
		{ "iris", "class", "multiclass_classification", 0.85 },
		{ "glass", "Type", "multiclass_classification", 0.6 },
		{ "cpu", "class", "regression", 0.7 },
		{ "cpu.with.vendor", "class", "regression", 0.7 },
	};
	const char *dir = getenv("MODELWRIGHT_EXAMPLES");

	if (dir == NULL) {
		ok(1, "data sets of others # SKIP MODELWRIGHT_EXAMPLES is "
		      "not set");
		return;
	}
	for (size_t i = 0; i < nitems(sets); i++) {
		struct err e = { 0 };
		struct frame *f = frame_read(
		    arena_printf(arena, "%s/%s.arff", dir, sets[i].file),
		    DATA_ARFF, ON_ERROR_FAIL, &e);
		bool values = strcmp(sets[i].template, "regression") == 0;
		struct session s;
		char digest[DIGEST_HEX];
		const json_t *best;
		double got;
		json_t *doc;

		if (f == NULL) {
			ok(0, "%s: %s", sets[i].file, e.text);
			continue;
		}
		session_open(&s, f,
		    arena_printf(arena,
			"{\"template\":\"%s\",\"target\":\"%s\","
			"\"budget\":{\"trials\":6}}",
			sets[i].template, sets[i].target),
		    1);
		search(&s, 1000);
		best = search_best(s.spec, s.results);
		struct model *m = fit(&s, best, digest, NULL);

		doc = evaluate_holdout(m, s.split, s.results, NULL, &e);
		got = number_at(
		    doc, "holdout", values ? "r2" : "accuracy", "value");
		ok(got >= sets[i].least, "%s, %s: %.3f by %s", sets[i].file,
		    sets[i].template, got,
		    json_str(json_object_get(best, "config"), "learner", ""));
		json_decref(doc);
		model_free(m);
		/* Trees, whatever was best. */
		if (!isnan(score_of(&s, "random_forest")))
			for (size_t j = 0; j < json_array_size(s.results); j++)
				model_free(fit(&s, json_array_get(s.results, j),
				    digest, NULL));
		session_close(&s);
		frame_free(f);
	}
}

static void
clean_up(void)
{
	for (int i = 0; i < saved; i++) {
		char *dir = arena_printf(arena, "%s/%d", scratch, i);
		DIR *d = opendir(dir);
		struct dirent *e;

		while (d != NULL && (e = readdir(d)) != NULL)
			if (e->d_name[0] != '.')
				unlink(arena_printf(
				    arena, "%s/%s", dir, e->d_name));
		if (d != NULL)
			closedir(d);
		rmdir(dir);
	}
	rmdir(scratch);
}

int
main(void)
{
	arena = arena_new();
	frame = table_make(ROWS, 5, arena);
	if (mkdtemp(scratch) == NULL)
		return 1;
	learns();
	no_leak();
	cancel();
	refusals();
	budget();
	bundles();
	scorecards();
	for (size_t i = 0; i < nitems(runs); i++)
		sameness(runs[i]);
	for (size_t i = 0; i < nitems(runs); i++)
		evaluations(runs[i]);
	examples();
	clean_up();
	arena_free(arena);
	return done();
}
