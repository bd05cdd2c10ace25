/*
 * One whole pipeline without the platform around it: read a table, split,
 * search, fit, evaluate, save; and, given a second table, score that.  Prints
 * a JSON object.
 *
 *	train_one [-T template] [-n trials] [-s seconds] [-j threads]
 *	    [-r seed] [-p positive] [-x params-json] [-A protected] [-o dir]
 *	    [-t test-table] [-v] table target
 */
#include "config.h"

#include <err.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/arena.h"
#include "lib/data/frame.h"
#include "lib/err.h"
#include "lib/ml/evaluate.h"
#include "lib/ml/metric.h"
#include "lib/ml/model.h"
#include "lib/ml/search.h"
#include "lib/ml/spec.h"
#include "lib/ml/split.h"
#include "lib/ml/trial.h"

#include "lib/banned.h"

struct options {
	const char *template, *positive, *params, *protect, *out, *test;
	int trials, threads, verbose;
	double seconds;
	long long seed;
};

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
fail(const char *what, const struct err *e)
{
	errx(1, "%s: %s%s%s", what, e->pointer, *e->pointer ? ": " : "",
	    e->text);
}

static struct frame *
read_table(const char *path)
{
	const char *dot = strrchr(path, '.');
	struct err e = { 0 };
	enum data_format format = DATA_CSV;
	struct frame *f;

	if (dot != NULL && strcmp(dot, ".arff") == 0)
		format = DATA_ARFF;
	if ((f = frame_read(path, format, ON_ERROR_FAIL, &e)) == NULL)
		fail(path, &e);
	return f;
}

static json_t *
run_request(const struct options *o, const char *target)
{
	json_t *run = json_pack("{s:s,s:s,s:I,s:{s:i,s:f}}", "template",
	    o->template, "target", target, "seed", (json_int_t)o->seed,
	    "budget", "trials", o->trials, "seconds", o->seconds);

	if (o->positive != NULL)
		json_object_set_new(run, "positive", json_string(o->positive));
	if (o->protect != NULL)
		json_object_set_new(
		    run, "protected", json_pack("[s]", o->protect));
	if (o->params != NULL)
		json_object_set_new(
		    run, "params", json_loads(o->params, 0, NULL));
	return run;
}

static json_t *
search(struct study *study, const struct spec *spec, int verbose)
{
	json_t *results = json_array(), *request, *result;
	struct err e = { 0 };

	for (;;) {
		if ((request = search_next(spec, results, &e)) == NULL)
			fail("search", &e);
		if (json_object_get(request, "done") != NULL)
			break;
		if ((result = trial_run(study, request, NULL, &e)) == NULL)
			fail("trial", &e);
		if (verbose) {
			char *text = json_dumps(result, JSON_COMPACT);

			fprintf(stderr, "%s\n", text);
			free(text);
		}
		json_array_append_new(results, result);
		json_decref(request);
	}
	json_decref(request);
	return results;
}

/* Metrics on a table that nothing here has seen. */
static json_t *
score_test(const struct model *m, const struct split *s, const char *path)
{
	struct frame *f = read_table(path);
	int at = frame_find(f, s->spec->target);
	size_t k =
	    s->target.task == TASK_MULTICLASS ? (size_t)s->target.nclasses : 1;
	double *p = calloc(f->nrows * k, sizeof(*p));
	double *y = calloc(f->nrows, sizeof(*y));
	const struct column *c;
	struct scored scored;
	struct err e = { 0 };
	json_t *v;

	if (at == -1 || p == NULL || y == NULL)
		errx(1, "%s: no target", path);
	c = &f->column[at];
	for (size_t i = 0; i < f->nrows; i++) {
		if (s->target.task == TASK_REGRESSION) {
			y[i] = c->number[i];
			continue;
		}
		for (int j = 0; j < s->target.nclasses; j++) {
			char number[32];
			const char *name = number;

			if (c->code != NULL)
				name = c->level[c->code[i]];
			else
				snprintf(number, sizeof(number), "%.15g",
				    c->number[i]);
			if (strcmp(s->target.class[j], name) == 0)
				y[i] = j;
		}
	}
	if (model_predict(m, f, NULL, f->nrows, p, &e) == -1)
		fail(path, &e);
	scored = (struct scored){ s->target.task, (int)k, f->nrows, y, p,
		json_number_value(
		    json_object_get(model_json(m), "threshold")) };
	v = metric_json(&scored, 200, 1);
	free(p);
	free(y);
	frame_free(f);
	return v;
}

static void
run(const struct options *o, const char *path, const char *target)
{
	struct arena *a = arena_new();
	double begin = now(), searched, fitted;
	struct frame *f = read_table(path);
	json_t *request = run_request(o, target), *results, *doc, *out;
	struct err e = { 0 };
	struct spec *spec = spec_from_json(request, a, &e);
	struct split *split;
	struct study *study;
	struct model *m;
	struct rusage usage;
	char digest[DIGEST_HEX] = "";

	if (spec == NULL)
		fail("specification", &e);
	spec->threads = o->threads;
	if ((split = split_make(f, spec, &e)) == NULL)
		fail("split", &e);
	study = study_new(split);
	results = search(study, spec, o->verbose);
	searched = now();
	if ((m = model_fit(study, search_best(spec, results), NULL, &e)) ==
	    NULL)
		fail("fit", &e);
	fitted = now();
	doc = evaluate_holdout(m, split, results, NULL, &e);
	if (doc == NULL)
		fail("evaluate", &e);
	if (o->out != NULL && (mkdir(o->out, 0777) == -1 ||
				  model_save(m, o->out, digest, &e) == -1))
		fail(o->out, &e);
	getrusage(RUSAGE_SELF, &usage);
	out = json_pack("{s:f,s:f,s:f,s:I,s:s,s:i,s:O,s:O}", "search_s",
	    searched - begin, "fit_s", fitted - searched, "evaluate_s",
	    now() - fitted, "peak_kib", (json_int_t)usage.ru_maxrss, "digest",
	    digest, "trials", (int)json_array_size(results), "best",
	    json_object_get(search_best(spec, results), "config"), "holdout",
	    json_object_get(doc, "holdout"));
	if (o->test != NULL)
		json_object_set_new(out, "test", score_test(m, split, o->test));
	json_object_set_new(out, "wall_s", json_real(now() - begin));
	if (o->verbose > 1)
		json_object_set(out, "evaluation", doc);
	json_dumpf(out, stdout, JSON_INDENT(1));
	puts("");
	json_decref(out);
	json_decref(doc);
	json_decref(results);
	json_decref(request);
	model_free(m);
	study_free(study);
	split_free(split);
	frame_free(f);
	arena_free(a);
}

int
main(int argc, char **argv)
{
	struct options o = { .template = "binary_classification",
		.trials = 24,
		.seconds = 300,
		.threads = 2,
		.seed = 1 };
	int c;

	while ((c = getopt(argc, argv, "T:n:s:j:r:p:x:A:o:t:v")) != -1)
		switch (c) {
		case 'T':
			o.template = optarg;
			break;
		case 'n':
			o.trials = (int)strtol(optarg, NULL, 10);
			break;
		case 's':
			o.seconds = strtod(optarg, NULL);
			break;
		case 'j':
			o.threads = (int)strtol(optarg, NULL, 10);
			break;
		case 'r':
			o.seed = strtoll(optarg, NULL, 10);
			break;
		case 'p':
			o.positive = optarg;
			break;
		case 'x':
			o.params = optarg;
			break;
		case 'A':
			o.protect = optarg;
			break;
		case 'o':
			o.out = optarg;
			break;
		case 't':
			o.test = optarg;
			break;
		case 'v':
			o.verbose++;
			break;
		default:
			errx(2, "see the head of bench/train_one.c");
		}
	if (argc - optind != 2)
		errx(2, "a table and its target are wanted");
	run(&o, argv[optind], argv[optind + 1]);
	return 0;
}
