#include "config.h"

#include <math.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/banned.h"
#include "lib/json.h"
#include "lib/report/card.h"
#include "lib/report/figure.h"
#include "lib/report/measure.h"
#include "lib/report/section.h"
#include "lib/report/series.h"

static void
details(const struct section_input *in)
{
	const json_t *config = json_object_get(section_chosen(in), "config");
	struct doc *d = in->doc;

	doc_section(d, "details", "Model details");
	doc_fact(d, "Made by", "run %s of Modelwright %s",
	    json_str(in->run, "run_id", "(unknown)"), PACKAGE_VERSION);
	doc_fact(d, "Requested by", "%s", json_str(in->run, "created_by", ""));
	doc_fact(d, "Date", "%.10s", json_str(in->run, "created_at", ""));
	doc_fact(d, "Kind", "%s", section_task(in));
	doc_fact(d, "Learner", "%s", json_str(config, "learner", ""));
	doc_fact(d, "Template", "%s", json_str(in->run, "template", ""));
	doc_fact(
	    d, "Compliance profile", "%s", json_str(in->run, "compliance", ""));
	doc_code(d, "Model digest",
	    json_str(json_object_get(in->lineage, "model"), "digest", ""));
}

static void
intended(const struct section_input *in)
{
	const char *use = json_str(json_object_get(in->run, "params"),
	    "intended_use", json_str(in->run, "intended_use", NULL));
	struct doc *d = in->doc;

	doc_section(d, "use", "Intended use");
	doc_text(d, "%s",
	    use != NULL
		? use
		: "Not recorded. The owner of the model states the purpose, "
		  "the users, and the uses that are out of scope, before it "
		  "is used.");
	doc_text(d, "The model predicts “%s” from a row like those of “%s”.",
	    json_str(in->evaluation, "target",
		json_str(in->run, "target", "the target")),
	    json_str(in->dataset, "name", "the data set"));
}

static void
factors(const struct section_input *in)
{
	const json_t *list = json_object_get(in->evaluation, "fairness"), *v;
	const char *names = "";
	size_t i;

	doc_section(in->doc, "factors", "Factors");
	json_array_foreach (list, i, v)
		if (i < SECTION_ATTRIBUTES_MAX)
			names = arena_printf(in->arena, "%s%s%.80s", names,
			    i > 0 ? ", " : "", json_str(v, "attribute", ""));
	if (*names != '\0')
		doc_text(in->doc, "Results are broken down by %s.", names);
	else
		doc_text(in->doc,
		    "No protected or other attribute was named for a "
		    "breakdown of the results.");
}

static void
metrics(const struct section_input *in)
{
	double threshold = json_num(in->evaluation, "threshold", NAN);
	struct doc *d = in->doc;
	struct measured m;

	doc_section(d, "metrics", "Metrics");
	if (measured_main(&m, in->evaluation) == 0)
		doc_text(d, "The search was judged by %s. %s", m.of->label,
		    m.of->sense);
	if (isfinite(threshold))
		doc_text(d,
		    "Labels are given at a threshold of %.4f (rule: "
		    "%s).",
		    threshold,
		    json_str(in->evaluation, "threshold_rule", "unknown"));
	section_verdict(in);
	section_metrics(in);
}

static void
data(const struct section_input *in)
{
	const json_t *rows = json_object_get(in->evaluation, "rows");
	char n[NUMBER_LEN];
	struct doc *d = in->doc;

	doc_section(d, "evaluation-data", "Evaluation data");
	number_sig(json_num(rows, "holdout", NAN), 4, n);
	doc_text(d,
	    "%s rows of the data set, sealed before anything was learnt and "
	    "scored once by the platform.",
	    n);
	doc_section(d, "training-data", "Training data");
	number_sig(json_num(rows, "development", NAN), 4, n);
	doc_fact(d, "Data set", "%s", json_str(in->dataset, "name", ""));
	doc_fact(d, "Development rows", "%s", n);
	number_sig(json_num(in->dataset, "columns", NAN), 4, n);
	doc_fact(d, "Columns", "%s", n);
	doc_code(d, "SHA-256", json_str(in->dataset, "digest", ""));
}

static void
analyses(const struct section_input *in)
{
	static const struct doc_column columns[] = {
		{ "Feature", DOC_LEFT },
		{ "Mean absolute SHAP value", DOC_RIGHT },
	};
	const json_t *list = json_object_get(in->evaluation, "importance"), *v;
	struct doc *d = in->doc;
	size_t i;

	doc_section(d, "analyses", "Quantitative analyses");
	json_array_foreach (list, i, v) {
		if (i == 0)
			doc_table(d, columns, nitems(columns));
		if (i == 10)
			break;
		doc_cell(d, "%s", json_str(v, "feature", ""));
		doc_cell_number(d, json_num(v, "value", NAN));
	}
	if (json_array_size(list) > 10)
		doc_note(
		    d, "The first 10 of %zu features.", json_array_size(list));
	section_groups(in);
}

void
card_fill(const struct section_input *in)
{
	struct doc *d = in->doc;

	details(in);
	intended(in);
	factors(in);
	metrics(in);
	data(in);
	analyses(in);
	doc_section(d, "ethics", "Ethical considerations");
	if (json_array_size(json_object_get(in->evaluation, "fairness")) > 0)
		doc_text(d,
		    "Differences between groups are under Quantitative "
		    "analyses. Whether they are acceptable is a decision of "
		    "people, not of this document.");
	else
		doc_text(d,
		    "Differences between groups of people were not measured, "
		    "as no protected attribute was named.");
	doc_section(d, "caveats", "Caveats and recommendations");
	section_limits(in);
}
