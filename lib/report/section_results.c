/*
 * What the model does on rows that no search saw.
 */
#include "config.h"

#include <math.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/banned.h"
#include "lib/json.h"
#include "lib/report/figure.h"
#include "lib/report/measure.h"
#include "lib/report/section.h"
#include "lib/report/series.h"

static size_t
figure(
    const struct section_input *in, const struct plot *p, const char *caption)
{
	if (p == NULL)
		return 0;
	doc_figure(in->doc, p, 1, "%s", caption);
	return 1;
}

/* Rates that follow from a two by two confusion matrix. */
static void
rates(const struct section_input *in)
{
	const json_t *c = json_object_get(in->evaluation, "confusion");
	const json_t *m = json_object_get(c, "matrix");
	double tn = series_number(json_array_get(json_array_get(m, 0), 0));
	double fp = series_number(json_array_get(json_array_get(m, 0), 1));
	double fn = series_number(json_array_get(json_array_get(m, 1), 0));
	double tp = series_number(json_array_get(json_array_get(m, 1), 1));
	double threshold = json_num(in->evaluation, "threshold", NAN);
	const char *positive = series_word(
	    in->arena, json_array_get(json_object_get(c, "labels"), 1));
	char s[NUMBER_LEN], t[NUMBER_LEN], u[NUMBER_LEN];

	if (json_array_size(m) != 2 || !isfinite(tn + fp + fn + tp))
		return;
	number_percent(tp / (tp + fn), s);
	number_percent(tp / (tp + fp), t);
	number_percent(fp / (fp + tn), u);
	doc_text(in->doc,
	    "At the threshold of %.3f the model finds %s of the rows that are "
	    "“%.60s” (recall), %s of those that it labels so are rightly "
	    "labelled (precision), and %s of the others are labelled so "
	    "wrongly.",
	    threshold, tp + fn > 0 ? s : "–", positive, tp + fp > 0 ? t : "–",
	    fp + tn > 0 ? u : "–");
}

/* For many classes: how each is found, instead of a matrix too large to
 * read. */
static void
classes(const struct section_input *in)
{
	static const struct doc_column columns[] = {
		{ "Class", DOC_LEFT },
		{ "Rows", DOC_RIGHT },
		{ "Recall", DOC_RIGHT },
		{ "Precision", DOC_RIGHT },
		{ "Most often taken for", DOC_LEFT, .share = 1 },
	};
	const json_t *c = json_object_get(in->evaluation, "confusion");
	const json_t *labels = json_object_get(c, "labels");
	const json_t *m = json_object_get(c, "matrix");
	size_t k = json_array_size(labels);
	struct doc *d = in->doc;

	if (k < 3 || json_array_size(m) < k)
		return;
	doc_heading(d, "Class by class");
	doc_table(d, columns, nitems(columns));
	for (size_t i = 0; i < k && i < SECTION_GROUPS_MAX; i++) {
		double row = 0, column = 0, hit = 0, most = 0;
		size_t taken = i;

		for (size_t j = 0; j < k; j++) {
			double x = fmax(0, series_number(json_array_get(
					       json_array_get(m, i), j)));

			row += x;
			column += fmax(0, series_number(json_array_get(
					      json_array_get(m, j), i)));
			if (j == i)
				hit = x;
			else if (x > most) {
				most = x;
				taken = j;
			}
		}
		doc_cell(
		    d, "%s", series_word(in->arena, json_array_get(labels, i)));
		doc_cell_number(d, row);
		doc_cell_fixed(d, row > 0 ? hit / row : NAN, 3);
		doc_cell_fixed(d, column > 0 ? hit / column : NAN, 3);
		if (taken == i)
			doc_cell(d, "–");
		else
			doc_cell(d, "%s (%.0f)",
			    series_word(
				in->arena, json_array_get(labels, taken)),
			    most);
	}
	if (k > SECTION_GROUPS_MAX)
		doc_note(d,
		    "The first %d of %zu classes; all are in "
		    "metrics.json.",
		    SECTION_GROUPS_MAX, k);
}

void
section_results(const struct section_input *in)
{
	const json_t *e = in->evaluation;
	struct arena *a = in->arena;
	size_t n = 0;

	doc_section(in->doc, "results", "Results on the holdout");
	rates(in);
	n += figure(in, figure_roc(a, e),
	    "How many positives are found (up) for how many false alarms "
	    "(right) as the threshold falls.");
	n += figure(in, figure_pr(a, e),
	    "How many of those flagged are right (up) for how many of the "
	    "positives are found (right).");
	n += figure(in, figure_calibration(a, e),
	    "On the dashed line a predicted 30% happens 30% of the time.");
	n += figure(in, figure_confusion(a, e),
	    "Rows by actual and predicted label; shaded by the share of the "
	    "actual class.");
	n += figure(in, figure_scores(a, e),
	    "Where the scores of each actual class lie. The dashed line is the "
	    "threshold.");
	n += figure(in, figure_metrics(a, e), "Metrics on a scale up to 1.");
	n += figure(in, figure_predicted(a, e),
	    "Dots on the dashed line are predicted exactly.");
	n += figure(in, figure_residuals(a, e),
	    "Errors around zero, as often above as below, are what is hoped "
	    "for.");
	classes(in);
	if (n == 0)
		section_absent(in, "Curves of the holdout");
}
