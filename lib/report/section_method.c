/*
 * How the model was made: split, preparation, search, calibration, threshold.
 */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/banned.h"
#include "lib/json.h"
#include "lib/report/figure.h"
#include "lib/report/measure.h"
#include "lib/report/section.h"
#include "lib/report/series.h"

/* Where the lineage keeps what was asked of the training. */
static const json_t *
spec(const struct section_input *in)
{
	const json_t *v = json_object_get(
	    json_object_get(in->lineage, "specification"), "params");

	return json_is_object(v) ? v : json_object_get(in->run, "params");
}

static void
split(const struct section_input *in)
{
	const json_t *rows = json_object_get(in->evaluation, "rows");
	const json_t *s = json_object_get(in->lineage, "split");
	double development = json_num(rows, "development", NAN);
	double holdout = json_num(rows, "holdout", NAN);
	const char *method = json_str(s, "method", NULL);
	const char *column = json_str(s, "column", NULL);
	char share[NUMBER_LEN], n[NUMBER_LEN];

	doc_heading(in->doc, "Split and sealed holdout");
	number_sig(holdout, 4, n);
	number_percent(holdout / (development + holdout), share);
	if (isfinite(development) && isfinite(holdout))
		doc_text(in->doc,
		    "Before anything was learnt, %s rows (%s) were set aside "
		    "as the holdout. Agents and their tools are given the "
		    "other rows only; the platform scored the holdout once, "
		    "after the model had been chosen, and the results of this "
		    "report come from that.",
		    n, share);
	else
		section_absent(in, "The size of the split");
	if (method == NULL)
		method = json_str(spec(in), "split", NULL);
	if (method != NULL)
		doc_fact(in->doc, "Kind of split", "%s%s%s", method,
		    column != NULL ? ", by " : "",
		    column != NULL ? column : "");
	if (json_array_size(json_object_get(s, "folds")) > 0)
		doc_fact(in->doc, "Folds", "%zu",
		    json_array_size(json_object_get(s, "folds")));
	else if (json_is_integer(json_object_get(spec(in), "folds")))
		doc_fact(
		    in->doc, "Folds", "%lld", json_int(spec(in), "folds", 0));
	if (json_int(s, "dropped_rows", 0) > 0)
		doc_fact(in->doc, "Rows without a target, dropped", "%lld",
		    json_int(s, "dropped_rows", 0));
	doc_code(in->doc, "Holdout rows, SHA-256",
	    json_str(json_object_get(s, "holdout"), "digest", ""));
}

static const json_t *
list(const struct section_input *in, const char *name)
{
	const json_t *v = json_object_get(in->lineage, name);

	return v != NULL ? v : json_object_get(spec(in), name);
}

/* How many features the fields became, and in which ways. */
static void
features(const struct section_input *in)
{
	const json_t *all = json_object_get(
	    json_object_get(in->model, "preparation"), "features");
	size_t n = json_array_size(all), fields, i;
	auto_json json_t *ways = json_object();
	const char *words = "", *key;
	const json_t *f;
	json_t *count;

	if (n == 0)
		return;
	fields = json_array_size(json_object_get(in->model, "schema"));
	json_array_foreach (all, i, f) {
		const char *op = json_str(f, "op", "other");

		json_object_set_new(
		    ways, op, json_integer(json_int(ways, op, 0) + 1));
	}
	json_object_foreach (ways, key, count)
		words = arena_printf(in->arena, "%s%s%lld by %.40s", words,
		    *words != '\0' ? ", " : "", json_integer_value(count), key);
	doc_text(in->doc, "%zu field%s became %zu feature%s of the model: %s.",
	    fields, fields == 1 ? "" : "s", n, n == 1 ? "" : "s", words);
}

static void
preparation(const struct section_input *in)
{
	static const struct doc_column derived[] = {
		{ "Feature", DOC_LEFT },
		{ "Expression", DOC_CODE, .share = 3 },
		{ "Reason", DOC_LEFT, .share = 3 },
	};
	static const struct doc_column excluded[] = {
		{ "Column left out", DOC_LEFT },
		{ "Reason", DOC_LEFT, .share = 1 },
	};
	const json_t *v;
	size_t i;

	doc_heading(in->doc, "Preparation");
	doc_text(in->doc,
	    "Missing values, encodings and derived features are part of the "
	    "model: they are fitted on the training rows of each fold alone, "
	    "so that no fold learns from the rows that it is judged on, and "
	    "the same code prepares a row when a prediction is asked for.");
	features(in);
	json_array_foreach (list(in, "excluded"), i, v) {
		if (i == 0)
			doc_table(in->doc, excluded, nitems(excluded));
		if (i == 40)
			break;
		doc_cell(in->doc, "%s", json_str(v, "column", ""));
		doc_cell(in->doc, "%s", json_str(v, "reason", ""));
	}
	json_array_foreach (list(in, "derived"), i, v) {
		if (i == 0)
			doc_table(in->doc, derived, nitems(derived));
		if (i == 40)
			break;
		doc_cell(in->doc, "%s", json_str(v, "name", ""));
		doc_cell(in->doc, "%s",
		    json_str(v, "expr", json_str(v, "expression", "")));
		doc_cell(in->doc, "%s", json_str(v, "reason", ""));
	}
}

struct ranked {
	const json_t *trial;
	size_t folds;
	double score;
	size_t place;
};

static int
by_rank(const void *x, const void *y)
{
	const struct ranked *a = x, *b = y;

	if (a->folds != b->folds)
		return a->folds > b->folds ? -1 : 1;
	if (a->score != b->score)
		return a->score < b->score ? 1 : -1;
	return a->place < b->place ? -1 : 1;
}

json_t *
section_ranking(const struct section_input *in, int sign)
{
	size_t n = json_array_size(in->trials);
	struct ranked *r = arena_alloc(in->arena, (n + 1) * sizeof(*r));
	json_t *sorted = json_array();

	for (size_t i = 0; i < n; i++) {
		double score =
		    json_num(json_array_get(in->trials, i), "score", NAN);

		r[i].trial = json_array_get(in->trials, i);
		r[i].score = isfinite(score) ? score * sign : -INFINITY;
		r[i].place = i;
		r[i].folds =
		    json_array_size(json_object_get(r[i].trial, "folds"));
	}
	qsort(r, n, sizeof(*r), by_rank);
	for (size_t i = 0; i < n; i++)
		json_array_append(sorted, (json_t *)r[i].trial);
	return sorted;
}

/* "eta 0.1, max_depth 6", by name. */
static const char *
settings(const struct section_input *in, const json_t *params)
{
	const char *text = "", *key;
	json_t *v;
	void *at;
	size_t n = 0, names = json_object_size(params);
	const char **sorted =
	    arena_alloc(in->arena, (names + 1) * sizeof(*sorted));

	json_object_foreach ((json_t *)params, key, v)
		sorted[n++] = key;
	(void)at;
	for (size_t i = 0; i < n; i++)
		for (size_t j = i;
		     j > 0 && strcmp(sorted[j - 1], sorted[j]) > 0; j--) {
			const char *swap = sorted[j];

			sorted[j] = sorted[j - 1];
			sorted[j - 1] = swap;
		}
	for (size_t i = 0; i < n && i < 12; i++) {
		const char *word =
		    series_word(in->arena, json_object_get(params, sorted[i]));

		if (*word != '\0')
			text = arena_printf(in->arena, "%s%s%.40s %.40s", text,
			    *text != '\0' ? ", " : "", sorted[i], word);
	}
	return text;
}

const char *
section_trial(const struct section_input *in, const json_t *trial)
{
	const char *number =
	    series_word(in->arena, json_object_get(trial, "trial"));

	if (!in->generations)
		return number;
	return arena_printf(
	    in->arena, "%lld.%s", json_int(trial, "generation", 0) + 1, number);
}

const json_t *
section_chosen(const struct section_input *in)
{
	const json_t *selection = json_object_get(in->lineage, "selection");
	const json_t *result = json_object_get(selection, "result");

	return json_is_object(result) ? result : NULL;
}

static void
trials(const struct section_input *in, const struct measure *m)
{
	static const struct doc_column columns[] = {
		{ "Trial", DOC_RIGHT },
		{ "Learner", DOC_LEFT },
		{ "Score", DOC_RIGHT },
		{ "SD", DOC_RIGHT },
		{ "Folds", DOC_RIGHT },
		{ "Rounds", DOC_RIGHT },
		{ "Time", DOC_RIGHT },
		{ "Settings", DOC_LEFT, .share = 1 },
	};
	auto_json json_t *ranking =
	    section_ranking(in, m != NULL ? m->sign : 1);
	const json_t *chosen = section_chosen(in);
	struct doc *d = in->doc;
	char s[NUMBER_LEN];
	const json_t *t;
	size_t i, folds;

	folds = json_array_size(
	    json_object_get(json_array_get(ranking, 0), "folds"));
	doc_table(d, columns, nitems(columns));
	json_array_foreach (ranking, i, t) {
		const json_t *config = json_object_get(t, "config");

		if (i == SECTION_TRIALS_MAX)
			break;
		doc_cell_tone(d,
		    chosen != NULL && strcmp(section_trial(in, chosen),
					  section_trial(in, t)) == 0
			? DOC_GOOD
			: DOC_PLAIN,
		    "%s", section_trial(in, t));
		doc_cell(d, "%s", json_str(config, "learner", ""));
		number_fix(json_num(t, "score", NAN), 4, s);
		doc_cell(d, "%s", s);
		number_fix(json_num(t, "sd", NAN), 4, s);
		doc_cell(d, "%s", s);
		doc_cell(
		    d, "%zu", json_array_size(json_object_get(t, "folds")));
		doc_cell_number(d, json_num(t, "rounds", NAN));
		number_seconds(json_num(t, "seconds", NAN), s);
		doc_cell(d, "%s", s);
		/* Of those that went on; a page of the others' settings
		 * would hide them. */
		doc_cell(d, "%s",
		    json_array_size(json_object_get(t, "folds")) == folds
			? settings(in, json_object_get(config, "params"))
			: "");
	}
	doc_note(d,
	    "Best first, by the mean over the folds held out in turn; SD is "
	    "the standard deviation of the folds. %sTrials on fewer folds "
	    "were not carried on, and stand last; their settings are in "
	    "metrics.json.",
	    json_array_size(ranking) > SECTION_TRIALS_MAX
		? arena_printf(in->arena,
		      "The %d best of %zu trials; all are in metrics.json. ",
		      SECTION_TRIALS_MAX, json_array_size(ranking))
		: "");
}

static void
chosen(const struct section_input *in, const struct measure *m)
{
	const json_t *t = section_chosen(in);
	const json_t *config = json_object_get(t, "config");
	char score[NUMBER_LEN];

	if (t == NULL)
		return;
	number_fix(json_num(t, "score", NAN), 4, score);
	doc_text(in->doc,
	    "Trial %s was chosen: %s, with %s of %s over the folds. It was "
	    "then fitted on all development rows. Settings: %s.",
	    section_trial(in, t),
	    json_str(config, "learner", "an unnamed learner"),
	    m != NULL ? m->label : "a score", score,
	    settings(in, json_object_get(config, "params")));
}

static void
search(const struct section_input *in)
{
	const char *metric = json_str(json_object_get(in->evaluation, "search"),
	    "metric", json_str(in->evaluation, "metric", NULL));
	const struct measure *m = measure_find(metric);
	const struct plot *p = figure_search(
	    in->arena, in->trials, metric, m != NULL ? m->sign : 1);
	double seconds = 0;
	char spent[NUMBER_LEN];
	const json_t *t;
	size_t i, n = json_array_size(in->trials);

	doc_heading(in->doc, "Search");
	if (n == 0) {
		section_absent(in, "The trials of the search");
		return;
	}
	json_array_foreach (in->trials, i, t)
		seconds += json_num(t, "seconds", 0);
	number_seconds(seconds, spent);
	doc_text(in->doc,
	    "%zu configuration%s tried on the development rows, judged by %s, "
	    "in %s of training.",
	    n, n == 1 ? " was" : "s were",
	    m != NULL ? m->label : "the objective", spent);
	if (p != NULL)
		doc_figure(in->doc, p, 1,
		    "Each dot is a trial, in the order in which they were run; "
		    "the line is the best on all folds up to there. Scores on "
		    "fewer folds are of other rows, so do not compare the two "
		    "kinds. The constant baseline is left out.");
	trials(in, m);
	chosen(in, m);
}

static void
finish(const struct section_input *in)
{
	const json_t *c = json_object_get(in->evaluation, "calibration");
	double before = json_num(c, "ece_before", NAN);
	double after = json_num(c, "ece_after", NAN);
	double holdout = json_num(c, "ece", NAN);
	double threshold = json_num(in->evaluation, "threshold", NAN);

	if (!isfinite(holdout) && !isfinite(threshold))
		return;
	doc_heading(in->doc, "Calibration and threshold");
	doc_fact(in->doc, "Calibration", "%s", json_str(c, "method", ""));
	if (isfinite(before) && isfinite(after))
		doc_fact(in->doc, "Calibration error",
		    "%.4f before, %.4f after", before, after);
	if (isfinite(holdout))
		doc_fact(in->doc, "On the holdout", "%.4f", holdout);
	if (isfinite(threshold))
		doc_fact(in->doc, "Threshold", "%.4f", threshold);
	doc_fact(in->doc, "Rule", "%s",
	    json_str(in->evaluation, "threshold_rule", ""));
	doc_note(in->doc,
	    "Set on development rows alone. The error is the expected "
	    "calibration error: the mean distance of predicted from observed "
	    "shares, weighted by rows.");
}

void
section_method(const struct section_input *in)
{
	doc_section(in->doc, "method", "Method");
	split(in);
	preparation(in);
	search(in);
	finish(in);
}
