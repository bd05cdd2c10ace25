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

/* In the order of the page. */
static const struct {
	const struct plot *(*plot)(struct arena *, const json_t *);
	int columns;
	const char *caption;
} figures[] = {
	{ figure_roc, 3,
	    "How many positives are found (up) for how many false alarms "
	    "(right) as the threshold falls." },
	{ figure_pr, 3,
	    "How many of those flagged are right (up) for how many of the "
	    "positives are found (right)." },
	{ figure_calibration, 3,
	    "On the dashed line a predicted 30% happens 30% of the time." },
	{ figure_confusion, 3,
	    "Rows by actual and predicted label; shaded by the share of the "
	    "actual class." },
	{ figure_scores, 3,
	    "Where the scores of each actual class lie. A dashed line is the "
	    "threshold." },
	{ figure_predicted, 2,
	    "Dots on the dashed line are predicted exactly." },
	{ figure_residuals, 2,
	    "Errors around zero, as often above as below, are what is hoped "
	    "for." },
	{ figure_metrics, 3,
	    "The metrics of which 1 is the best, beside the baseline." },
};

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
	size_t n = 0;

	doc_section(in->doc, "results", "Results on the holdout");
	rates(in);
	if (strcmp(json_str(in->evaluation, "task", ""), "multiclass") == 0)
		doc_text(in->doc,
		    "Curves take each class against the rest, all classes "
		    "together; scores are each row's probability of its own "
		    "class; calibration is that of the most probable class.");
	for (size_t i = 0; i < nitems(figures); i++) {
		const struct plot *p =
		    figures[i].plot(in->arena, in->evaluation);
		const char *caption = figures[i].caption;

		if (p == NULL)
			continue;
		if (figures[i].plot == figure_scores && p->nguides == 0)
			caption = "Where the scores of each actual class lie.";
		/* Many classes need room. */
		doc_figure(in->doc, p,
		    p->x.ncategories > 5 ? 2 : figures[i].columns, "%s",
		    caption);
		n++;
	}
	classes(in);
	if (n == 0)
		section_absent(in, "Curves of the holdout");
}
