/*
 * What drives the predictions, for whom they differ, and how steady they are.
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

/* In a multiclass task the prediction is the probability of one class. */
static const char *
class_note(const struct section_input *in, const json_t *dependence)
{
	const char *class = json_str(dependence, "class", NULL);

	return class != NULL
	           ? arena_printf(in->arena, "Probability of “%.60s”.", class)
	           : "";
}

void
section_explanation(const struct section_input *in)
{
	const json_t *importance =
	    json_object_get(in->evaluation, "importance");
	const json_t *dependence =
	    json_object_get(in->evaluation, "partial_dependence");
	const struct plot *p = figure_importance(in->arena, in->evaluation);
	size_t n = json_array_size(importance), drawn = 0;

	doc_section(in->doc, "explanation", "Explanation");
	if (p != NULL)
		doc_figure(in->doc, p, 1,
		    "How far each raw field moves the prediction on average. "
		    "Importance is what the model uses, not what causes the "
		    "outcome.%s",
		    n > FIGURE_ROWS_MAX
			? arena_printf(in->arena,
			      " The first %d of %zu; all are in "
			      "metrics.json.",
			      FIGURE_ROWS_MAX, n)
			: "");
	else
		section_absent(in, "The importance of the features");
	n = json_array_size(dependence);
	for (size_t i = 0; i < n && i < SECTION_DEPENDENCE_MAX; i++) {
		p = figure_dependence(in->arena, in->evaluation, i);
		if (p == NULL)
			continue;
		if (drawn++ == 0) {
			doc_heading(in->doc, "Partial dependence");
			doc_text(in->doc,
			    "The mean prediction when one field is set to a "
			    "value in every row and the others stay as they "
			    "are. Where fields go together, some of those rows "
			    "could not exist.%s",
			    n > SECTION_DEPENDENCE_MAX
				? arena_printf(in->arena,
				      " The first %d of %zu fields are shown.",
				      SECTION_DEPENDENCE_MAX, n)
				: "");
		}
		doc_figure(in->doc, p, 3, "%s",
		    class_note(in, json_array_get(dependence, i)));
	}
}

/* The columns that a task has numbers for: a regression has no rates. */
static size_t
group_columns(const struct section_input *in, const json_t *groups,
    struct doc_column *columns, const char **keys)
{
	static const struct {
		const char *key, *head, *head_regression;
	} all[] = {
		{ "base_rate", "Positive rate", "Mean actual" },
		{ "selection_rate", "Selected", "Selected" },
		{ "tpr", "TPR", "TPR" },
		{ "fpr", "FPR", "FPR" },
		{ "auc", "ROC AUC", "ROC AUC" },
		{ "mean_score", "Mean score", "Mean predicted" },
		{ "ece", "ECE", "ECE" },
	};
	int regression =
	    strcmp(json_str(in->evaluation, "task", ""), "regression") == 0;
	size_t n = 0;

	columns[n++] = (struct doc_column){ "Group", DOC_LEFT, 0 };
	columns[n++] = (struct doc_column){ "Rows", DOC_RIGHT, 0 };
	for (size_t i = 0; i < nitems(all); i++) {
		const json_t *g;
		size_t j, known = 0;

		json_array_foreach (groups, j, g)
			known += json_is_number(json_object_get(g, all[i].key));
		if (known == 0)
			continue;
		keys[n] = all[i].key;
		columns[n++] =
		    (struct doc_column){ regression ? all[i].head_regression
						    : all[i].head,
			    DOC_RIGHT, 0 };
	}
	return n;
}

static void
group_table(const struct section_input *in, const json_t *attribute)
{
	const json_t *groups = json_object_get(attribute, "groups"), *g;
	const char *reference =
	    series_word(in->arena, json_object_get(attribute, "reference"));
	struct doc_column *columns =
	    arena_alloc(in->arena, 9 * sizeof(*columns));
	const char *keys[9];
	struct doc *d = in->doc;
	size_t i, n = group_columns(in, groups, columns, keys);

	doc_table(d, columns, n);
	json_array_foreach (groups, i, g) {
		const char *name =
		    series_word(in->arena, json_object_get(g, "group"));

		if (i == SECTION_GROUPS_MAX)
			break;
		doc_cell(d, "%s%s%s", name,
		    *reference != '\0' && strcmp(name, reference) == 0
			? " (reference)"
			: "",
		    json_is_true(json_object_get(g, "small")) ? " (small)"
							      : "");
		doc_cell_number(d, json_num(g, "n", NAN));
		for (size_t j = 2; j < n; j++)
			doc_cell_fixed(d, json_num(g, keys[j], NAN), 3);
	}
	if (json_array_size(groups) > SECTION_GROUPS_MAX)
		doc_note(d,
		    "The first %d of %zu groups; all are in metrics.json.",
		    SECTION_GROUPS_MAX, json_array_size(groups));
}

static void
disparity(const struct section_input *in, const json_t *attribute)
{
	static const struct doc_column columns[] = {
		{ "Measure", DOC_LEFT },
		{ "Value", DOC_RIGHT },
		{ "Reading", DOC_LEFT, .share = 1 },
	};
	double ratio = json_num(attribute, "selection_rate_ratio", NAN);
	double opportunity =
	    json_num(attribute, "equal_opportunity_difference", NAN);
	double odds = json_num(attribute, "equalised_odds_difference", NAN);
	const json_t *passed = json_object_get(attribute, "four_fifths");
	int four_fifths =
	    json_is_boolean(passed) ? json_is_true(passed) : ratio >= 0.8;
	struct doc *d = in->doc;

	if (!isfinite(ratio) && !isfinite(opportunity) && !isfinite(odds))
		return;
	doc_table(d, columns, nitems(columns));
	doc_cell(d, "Selection rate ratio");
	doc_cell_fixed(d, ratio, 3);
	doc_cell_tone(d,
	    !isfinite(ratio) ? DOC_PLAIN
	    : four_fifths    ? DOC_GOOD
			     : DOC_WARN,
	    "%s",
	    !isfinite(ratio) ? "not computable"
	    : four_fifths    ? "passes the four-fifths screen"
			     : "under the four-fifths screen");
	doc_cell(d, "Equal opportunity difference");
	doc_cell_fixed(d, opportunity, 3);
	doc_cell(d, "largest gap between groups in the share of those "
		    "rightly selected; 0 is equal");
	doc_cell(d, "Equalised odds difference");
	doc_cell_fixed(d, odds, 3);
	doc_cell(d, "largest gap in that share or in the share of those "
		    "wrongly selected; 0 is equal");
}

void
section_groups(const struct section_input *in)
{
	const json_t *list = json_object_get(in->evaluation, "fairness"), *v;
	size_t i;

	json_array_foreach (list, i, v) {
		const struct plot *p =
		    figure_fairness(in->arena, in->evaluation, i);

		if (i == SECTION_ATTRIBUTES_MAX) {
			doc_note(in->doc,
			    "%zu more attributes are in metrics.json.",
			    json_array_size(list) - i);
			break;
		}
		doc_heading(in->doc, "%s", json_str(v, "attribute", ""));
		if (p != NULL)
			doc_figure(in->doc, p, 2,
			    "The share of each group that the model selects, "
			    "which is to give it the favourable label, beside "
			    "the share that has it in fact.");
		group_table(in, v);
		disparity(in, v);
	}
}

void
section_fairness(const struct section_input *in)
{
	const json_t *list = json_object_get(in->evaluation, "fairness");
	const char *favourable =
	    json_str(json_array_get(list, 0), "favourable", NULL);

	doc_section(in->doc, "fairness", "Fairness");
	if (json_array_size(list) == 0) {
		doc_text(in->doc,
		    "No protected attribute was named for this run, so "
		    "differences between groups of people were not measured. "
		    "That is not evidence that there are none.");
		return;
	}
	doc_text(in->doc,
	    "Measured on the holdout%s%s%s. The four-fifths rule is a screen "
	    "(29 CFR 1607.4(D)): a ratio of the lowest selection rate to the "
	    "highest under 0.80 asks for an explanation, and passing it proves "
	    "nothing by itself. Rates of small groups are rough; groups marked "
	    "small are left out of the ratio and the differences.",
	    favourable != NULL ? ", where selected means labelled “" : "",
	    favourable != NULL ? favourable : "",
	    favourable != NULL ? "”" : "");
	section_groups(in);
}

void
section_stability(const struct section_input *in)
{
	const json_t *s = json_object_get(in->evaluation, "stability");
	const json_t *features = json_object_get(s, "features");
	double psi = json_num(s, "score_psi", NAN);
	double chance = s != NULL ? flag_psi_chance(in->evaluation) : NAN;
	const struct plot *stability =
	    figure_stability(in->arena, in->evaluation);
	const struct plot *sensitivity =
	    figure_sensitivity(in->arena, in->evaluation);
	size_t n = json_array_size(features);

	doc_section(in->doc, "stability", "Stability and sensitivity");
	if (isfinite(psi))
		doc_text(in->doc,
		    "The population stability index of the score between "
		    "development and holdout is %.4f. By convention less than "
		    "0.10 is stable, 0.10 to 0.25 is to be watched, more is a "
		    "shift.",
		    psi);
	if (isfinite(chance))
		doc_note(in->doc,
		    "Two samples of this size from one population have a PSI "
		    "of about %.3f in ten bins by chance alone.",
		    chance);
	if (stability != NULL)
		doc_figure(in->doc, stability, 2,
		    "Dashed lines mark 0.10 and 0.25 where the axis reaches "
		    "them.%s",
		    n > FIGURE_ROWS_MAX ? arena_printf(in->arena,
					      " The first %d of %zu features.",
					      FIGURE_ROWS_MAX, n)
					: "");
	if (sensitivity != NULL)
		doc_figure(in->doc, sensitivity, 2,
		    "How much of the objective is lost when noise is added to "
		    "the numeric fields of the holdout.");
	if (!isfinite(psi) && stability == NULL)
		section_absent(in, "Stability");
	if (sensitivity == NULL)
		section_absent(in, "Sensitivity to noise");
}
