/*
 * What was said and done about the model: findings, limits, decisions, and
 * how to make it again.
 */
#include "config.h"

#include <math.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/banned.h"
#include "lib/json.h"
#include "lib/report/measure.h"
#include "lib/report/section.h"
#include "lib/report/series.h"

static const char *
first_word(struct arena *a, const json_t *v, const char *const *keys, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *word = series_word(a, json_object_get(v, keys[i]));

		if (*word != '\0')
			return word;
	}
	return "";
}

static enum doc_tone
severity_tone(const char *s)
{
	if (strcmp(s, "critical") == 0 || strcmp(s, "high") == 0 ||
	    strcmp(s, "major") == 0 || strcmp(s, "block") == 0)
		return DOC_BAD;
	if (strcmp(s, "medium") == 0 || strcmp(s, "moderate") == 0 ||
	    strcmp(s, "warn") == 0 || strcmp(s, "warning") == 0)
		return DOC_WARN;
	return DOC_PLAIN;
}

void
section_findings(const struct section_input *in)
{
	static const struct doc_column columns[] = {
		{ "No.", DOC_RIGHT },
		{ "Severity", DOC_LEFT },
		{ "Finding", DOC_LEFT, .share = 5 },
		{ "By", DOC_LEFT },
		{ "Answer", DOC_LEFT, .share = 4 },
		{ "State", DOC_LEFT },
	};
	static const char *const title[] = { "title", "text", "summary" };
	static const char *const by[] = { "by", "agent", "raised_by" };
	const json_t *v;
	struct doc *d = in->doc;
	size_t i, n = json_array_size(in->findings);

	doc_section(d, "findings", "Findings and answers");
	if (n == 0) {
		doc_text(d, "The record holds no finding of the challenge.");
		return;
	}
	doc_text(d,
	    "What the challenge of the model raised, and what was answered. "
	    "The one who challenges is never the one who built.");
	doc_table(d, columns, nitems(columns));
	json_array_foreach (in->findings, i, v) {
		const char *head =
		    first_word(in->arena, v, title, nitems(title));
		const char *detail = json_str(v, "detail", "");
		const char *severity = json_str(v, "severity", "");
		const json_t *answer = json_object_get(v, "answer");
		const char *words = series_word(in->arena, answer);
		const char *state = json_str(v, "status", "");

		if (i == SECTION_FINDINGS_MAX)
			break;
		if (json_is_object(answer))
			words =
			    first_word(in->arena, answer, title, nitems(title));
		if (*state == '\0')
			state = *words != '\0' ? "answered" : "open";
		doc_cell(d, "%zu", i + 1);
		doc_cell_tone(d, severity_tone(severity), "%s", severity);
		doc_cell(d, "%s%s%s", head,
		    *head != '\0' && *detail != '\0' ? ": " : "", detail);
		doc_cell(d, "%s", first_word(in->arena, v, by, nitems(by)));
		doc_cell(d, "%s", *words != '\0' ? words : "–");
		doc_cell_tone(d,
		    strcmp(state, "open") == 0 ? DOC_WARN : DOC_PLAIN, "%s",
		    state);
	}
	if (n > SECTION_FINDINGS_MAX)
		doc_note(d,
		    "The first %d of %zu findings; all are in the "
		    "run's journal.",
		    SECTION_FINDINGS_MAX, n);
}

void
section_limits(const struct section_input *in)
{
	struct doc *d = in->doc;
	const char *method =
	    json_str(json_object_get(in->lineage, "split"), "method", "");

	doc_text(d,
	    "Each of these follows from the numbers of this run or from how it "
	    "was made. What depends on the use of the model is for its owner "
	    "to add.");
	for (const struct flag *f = in->flags; f != NULL; f = f->next)
		doc_item(d, "%s", f->text);
	if (strcmp(method, "time") != 0)
		doc_item(d,
		    "The holdout was drawn from the same data set and not from "
		    "a later time, so the results say nothing about change "
		    "over time.");
	doc_item(d,
	    "Intervals cover the chance in the holdout's rows only; another "
	    "development set would give another model.");
	doc_item(d,
	    "Importance and partial dependence describe the model, not causes "
	    "in the world.");
}

void
section_limitations(const struct section_input *in)
{
	doc_section(in->doc, "limitations", "Limitations");
	section_limits(in);
}

void
section_decisions(const struct section_input *in)
{
	static const struct doc_column columns[] = {
		{ "No.", DOC_RIGHT },
		{ "Phase", DOC_LEFT },
		{ "Agent", DOC_LEFT },
		{ "Tool", DOC_CODE },
		{ "Reason", DOC_LEFT, .share = 1 },
	};
	const json_t *v;
	struct doc *d = in->doc;
	size_t i, n = json_array_size(in->decisions);
	/* The end of the journal matters as much as its beginning. */
	size_t skip_from = SECTION_DECISIONS_MAX / 2;
	size_t skip = n > SECTION_DECISIONS_MAX ? n - SECTION_DECISIONS_MAX : 0;

	doc_section(d, "decisions", "Decisions of the agents");
	if (n == 0) {
		section_absent(in, "Decisions");
		return;
	}
	doc_table(d, columns, nitems(columns));
	json_array_foreach (in->decisions, i, v) {
		if (skip > 0 && i >= skip_from && i < skip_from + skip)
			continue;
		doc_cell(d, "%zu", i + 1);
		doc_cell(d, "%s", json_str(v, "phase", ""));
		doc_cell(d, "%s", json_str(v, "agent", ""));
		doc_cell(d, "%s", json_str(v, "tool", ""));
		doc_cell(d, "%s", json_str(v, "reason", ""));
	}
	if (skip > 0)
		doc_note(d,
		    "The first and the last %d of %zu decisions; the run's "
		    "journal has them all, chained by hashes.",
		    SECTION_DECISIONS_MAX / 2, n);
	else
		doc_note(d, "In the order of the run's journal, which has "
			    "arguments and results too and is chained by "
			    "hashes.");
}

/* Scalars by their path, digests in the fixed font; what has a place of its
 * own elsewhere in the report is left out. */
static void
facts(const struct section_input *in, const json_t *v, const char *path,
    int depth, size_t *left)
{
	static const char *const elsewhere[] = { "run_id", "dataset", "split",
		"selection", "model", "template", "build", "trials",
		"dataset_digest", "seed" };
	const char *key;
	json_t *item;

	json_object_foreach ((json_t *)v, key, item) {
		char *name = arena_printf(in->arena, "%s%s%.60s", path,
		    *path != '\0' ? " › " : "", key);
		const char *word = series_word(in->arena, item);
		int skip = 0;

		for (size_t i = 0; depth < 2 && i < nitems(elsewhere); i++)
			skip |= strcmp(key, elsewhere[i]) == 0;
		if (skip)
			continue;
		if (*left == 0)
			return;
		for (char *c = name; *c != '\0'; c++)
			if (*c == '_')
				*c = ' ';
		if (json_is_object(item) && depth < 3) {
			facts(
			    in, item, depth == 0 ? "" : name, depth + 1, left);
			continue;
		}
		if (*word == '\0')
			continue;
		--*left;
		if (strlen(word) >= 32 && strchr(word, ' ') == NULL)
			doc_code(in->doc, name, word);
		else
			doc_fact(in->doc, name, "%s", word);
	}
}

/* A list of things with their digests. */
static void
digests(const struct section_input *in, const json_t *list,
    const struct doc_column *columns, const char *const keys[3])
{
	const json_t *v;
	size_t i;

	json_array_foreach (list, i, v) {
		if (i == 0)
			doc_table(in->doc, columns, keys[2] != NULL ? 3 : 2);
		if (i == 60)
			break;
		for (size_t k = 0; k < 3 && keys[k] != NULL; k++)
			doc_cell(in->doc, "%s",
			    series_word(
				in->arena, json_object_get(v, keys[k])));
	}
	if (json_array_size(list) > 60)
		doc_note(
		    in->doc, "The first 60 of %zu.", json_array_size(list));
}

static void
ingredients(const struct section_input *in)
{
	static const struct doc_column files[] = {
		{ "File of the model", DOC_LEFT },
		{ "SHA-256", DOC_CODE },
	};
	static const struct doc_column agents[] = {
		{ "Phase", DOC_LEFT },
		{ "Agent", DOC_LEFT },
		{ "SHA-256 of its definition", DOC_CODE },
	};
	const json_t *t = json_object_get(in->lineage, "template");
	const json_t *build = json_object_get(in->lineage, "build");
	size_t left = 60;
	struct doc *d = in->doc;

	doc_fact(d, "Built by", "%s %s", json_str(build, "program", ""),
	    json_str(build, "version", ""));
	doc_fact(d, "Template", "%s", json_str(t, "name", ""));
	doc_code(d, "Template, SHA-256", json_str(t, "sha256", ""));
	doc_code(d, "Model, SHA-256 of its manifest",
	    json_str(json_object_get(in->lineage, "model"), "digest", ""));
	digests(in,
	    json_object_get(json_object_get(in->lineage, "model"), "artifacts"),
	    files, (const char *const[]){ "name", "sha256", NULL });
	digests(in, json_object_get(in->lineage, "agents"), agents,
	    (const char *const[]){ "phase", "agent", "sha256" });
	doc_heading(d, "Configuration");
	facts(in, in->lineage, "", 0, &left);
	if (left == 0)
		doc_note(d, "The rest of the lineage is in lineage.json.");
}

void
section_lineage(const struct section_input *in)
{
	const json_t *dataset = json_object_get(in->run, "dataset");
	struct doc *d = in->doc;

	doc_section(d, "lineage", "Lineage and reproducibility");
	doc_text(d,
	    "The same data, configuration and seed on the same build give the "
	    "same model, byte for byte. To check it, train the run again and "
	    "compare digests: modelwright-admin verify-run %s",
	    json_str(in->run, "run_id", "RUN"));
	doc_code(d, "Run", json_str(in->run, "run_id", ""));
	doc_code(d, "Data set, SHA-256",
	    json_str(in->dataset, "digest", json_str(dataset, "digest", "")));
	doc_fact(d, "Seed", "%s",
	    series_word(in->arena, json_object_get(in->run, "seed")));
	if (in->lineage != NULL)
		ingredients(in);
	else
		section_absent(in, "The lineage");
}

void
section_glossary(const struct section_input *in)
{
	struct measured m;
	struct doc *d = in->doc;

	doc_section(d, "glossary", "Reading the numbers");
	for (const struct measure *k = measures; k->name != NULL; k++)
		if (measured_read(&m, in->evaluation, k) == 0)
			doc_fact(d, k->label, "%s", k->sense);
	doc_fact(d, "95% interval", "%s",
	    "The middle 95% of the metric over resamples of the holdout's "
	    "rows.");
	doc_fact(d, "PSI", "%s",
	    "Population stability index: how far a distribution has moved; 0 "
	    "is not at all.");
	doc_fact(d, "SHAP value", "%s",
	    "What a field adds to one prediction, measured from the average; "
	    "the values of a row add up to its score.");
	doc_note(d,
	    "Longer explanations come with Modelwright, in the folder "
	    "knowledge of its shared files: metrics, intervals, holdout, "
	    "plots, calibration, fairness, stability, explanation, "
	    "data-quality and artifacts.");
}
