/*
 * The first page: is the model any good, and what must be looked at.
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

const char *
section_task(const struct section_input *in)
{
	static const struct {
		const char *task, *word;
	} words[] = {
		{ "binary", "Binary classification" },
		{ "multiclass", "Multiclass classification" },
		{ "regression", "Regression" },
	};
	const char *task = json_str(in->evaluation, "task", "");

	for (size_t i = 0; i < nitems(words); i++)
		if (strcmp(words[i].task, task) == 0)
			return words[i].word;
	return "Model";
}

void
section_absent(const struct section_input *in, const char *what)
{
	doc_note(in->doc, "%s: not recorded for this run.", what);
}

void
section_verdict(const struct section_input *in)
{
	char value[NUMBER_LEN], low[NUMBER_LEN], high[NUMBER_LEN];
	char baseline[NUMBER_LEN];
	const char *numbers;
	struct measured m;

	if (measured_main(&m, in->evaluation) == -1) {
		doc_callout(in->doc, DOC_BAD, "No verdict",
		    "The run has recorded no metric on the holdout.");
		return;
	}
	measure_print(m.of, m.value, value);
	measure_print(m.of, m.low, low);
	measure_print(m.of, m.high, high);
	measure_print(m.of, m.baseline, baseline);
	numbers = arena_printf(in->arena,
	    "%s on the holdout is %s, 95%% interval %s to %s; the baseline's "
	    "is %s.",
	    m.of->label, value, low, high, baseline);
	switch (measured_verdict(&m)) {
	case MEASURED_BETTER:
		doc_callout(in->doc, DOC_GOOD,
		    arena_printf(
			in->arena, "The model %s the baseline", m.of->verb),
		    "%s The whole interval lies on the better side.", numbers);
		break;
	case MEASURED_WORSE:
		doc_callout(in->doc, DOC_BAD,
		    "The model does worse than the baseline",
		    "%s The whole interval lies on the worse side.", numbers);
		break;
	case MEASURED_UNSURE:
		doc_callout(in->doc, DOC_WARN,
		    "The model is not shown to be better than the baseline",
		    "%s The interval holds the baseline's value, so the "
		    "difference may be chance.",
		    numbers);
		break;
	default:
		doc_callout(in->doc, DOC_WARN,
		    "The model cannot be compared with the baseline",
		    "%s on the holdout is %s. An interval or the baseline's "
		    "value is missing.",
		    m.of->label, value);
	}
}

static void
tiles(const struct section_input *in)
{
	static const char *const names[] = { "roc_auc", "pr_auc", "brier", "f1",
		"accuracy", "macro_f1", "mcc", "log_loss", "rmse", "mae", "r2",
		"mape" };
	char value[NUMBER_LEN], low[NUMBER_LEN], high[NUMBER_LEN];
	char baseline[NUMBER_LEN];
	struct measured main_, m;
	size_t shown = 0;

	if (measured_main(&main_, in->evaluation) == -1)
		return;
	for (size_t i = 0; i <= nitems(names) && shown < 4; i++) {
		if (i == 0)
			m = main_;
		else if (strcmp(names[i - 1], main_.of->name) == 0 ||
			 measured_read(&m, in->evaluation,
			     measure_find(names[i - 1])) == -1)
			continue;
		measure_print(m.of, m.value, value);
		measure_print(m.of, m.low, low);
		measure_print(m.of, m.high, high);
		measure_print(m.of, m.baseline, baseline);
		doc_tile(in->doc, m.of->label, value,
		    isfinite(m.low) && isfinite(m.high)
			? arena_printf(in->arena, "95%%: %s to %s", low, high)
			: "no interval",
		    arena_printf(in->arena, "baseline %s", baseline));
		shown++;
	}
}

static void
facts(const struct section_input *in)
{
	const json_t *rows = json_object_get(in->evaluation, "rows");
	char number[NUMBER_LEN], other[NUMBER_LEN];
	const json_t *positive = json_object_get(in->evaluation, "positive");
	struct doc *d = in->doc;

	doc_fact(d, "Task", "%s", section_task(in));
	doc_fact(d, "Target", "%s",
	    json_str(
		in->evaluation, "target", json_str(in->run, "target", "")));
	doc_fact(d, "Positive class", "%s", series_word(in->arena, positive));
	doc_fact(d, "Data set", "%s",
	    json_str(in->dataset, "name",
		json_str(json_object_get(in->run, "dataset"), "name", "")));
	if (rows != NULL) {
		number_sig(json_num(rows, "development", NAN), 4, number);
		number_sig(json_num(rows, "holdout", NAN), 4, other);
		doc_fact(
		    d, "Rows", "%s development, %s holdout", number, other);
	}
	doc_fact(d, "Template", "%s", json_str(in->run, "template", ""));
	doc_fact(d, "Compliance", "%s", json_str(in->run, "compliance", ""));
	doc_fact(d, "Requested by", "%s", json_str(in->run, "created_by", ""));
	doc_fact(d, "Run begun", "%s",
	    section_date(in, json_str(in->run, "created_at", "")));
	doc_code(d, "Run", json_str(in->run, "run_id", ""));
}

void
section_metrics(const struct section_input *in)
{
	static const struct doc_column columns[] = {
		{ "Metric", DOC_LEFT },
		{ "Better", DOC_LEFT },
		{ "Holdout", DOC_RIGHT },
		{ "95% low", DOC_RIGHT },
		{ "95% high", DOC_RIGHT },
		{ "Baseline", DOC_RIGHT },
		{ "Difference", DOC_RIGHT },
		{ "Against the baseline", DOC_LEFT },
	};
	static const struct {
		enum doc_tone tone;
		const char *word;
	} words[] = {
		[MEASURED_UNKNOWN] = { DOC_PLAIN, "not comparable" },
		[MEASURED_BETTER] = { DOC_GOOD, "better" },
		[MEASURED_WORSE] = { DOC_BAD, "worse" },
		[MEASURED_UNSURE] = { DOC_WARN, "not shown" },
	};
	struct doc *d = in->doc;
	struct measured m;
	char s[NUMBER_LEN];
	size_t n = 0;

	for (const struct measure *k = measures; k->name != NULL; k++) {
		enum measured_verdict verdict;

		if (measured_read(&m, in->evaluation, k) == -1)
			continue;
		if (n++ == 0)
			doc_table(d, columns, nitems(columns));
		verdict = measured_verdict(&m);
		doc_cell(d, "%s", k->label);
		doc_cell(d, "%s", k->sign > 0 ? "higher" : "lower");
		measure_print(k, m.value, s);
		doc_cell(d, "%s", s);
		measure_print(k, m.low, s);
		doc_cell(d, "%s", s);
		measure_print(k, m.high, s);
		doc_cell(d, "%s", s);
		measure_print(k, m.baseline, s);
		doc_cell(d, "%s", s);
		measure_print(k, m.value - m.baseline, s);
		doc_cell(d, "%s%s", m.value > m.baseline ? "+" : "", s);
		doc_cell_tone(
		    d, words[verdict].tone, "%s", words[verdict].word);
	}
	if (n == 0) {
		section_absent(in, "Holdout metrics");
		return;
	}
	doc_note(d,
	    "Measured by the platform on the sealed holdout. The intervals are "
	    "bootstrap percentile intervals. \"Better\" and \"worse\" mean "
	    "that the whole interval lies on that side of the baseline's "
	    "value. The baseline is a constant prediction learnt from the "
	    "development rows.");
}

static void
attention(const struct section_input *in)
{
	size_t n = 0;

	doc_heading(in->doc, "What a reader should look at");
	for (const struct flag *f = in->flags; f != NULL; f = f->next)
		if (f->tone != DOC_PLAIN) {
			doc_item(in->doc, "%s", f->text);
			n++;
		}
	if (n == 0)
		doc_text(in->doc,
		    "None of the platform's own checks (baseline, calibration, "
		    "stability, fairness, leakage, personal data, open "
		    "findings) raised a warning. The limitations are in their "
		    "own section.");
}

void
section_summary(const struct section_input *in)
{
	doc_section(in->doc, "summary", "Summary");
	section_verdict(in);
	tiles(in);
	facts(in);
	attention(in);
	doc_heading(in->doc, "All metrics on the holdout");
	section_metrics(in);
}
