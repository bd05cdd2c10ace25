/*
 * The sections of the report: each turns parts of the input into blocks.
 */
#ifndef REPORT_SECTION_H
#define REPORT_SECTION_H

#include <jansson.h>
#include <stddef.h>

#include "lib/report/doc.h"

struct arena;

/* How much of lists that can be long is printed; what was cut is said. */
#define SECTION_COLUMNS_MAX    60
#define SECTION_TRIALS_MAX     30
#define SECTION_FINDINGS_MAX   100
#define SECTION_DECISIONS_MAX  100
#define SECTION_GROUPS_MAX     30
#define SECTION_ATTRIBUTES_MAX 8
#define SECTION_DEPENDENCE_MAX 12

/* A thing in the numbers that a reader should not miss. */
struct flag {
	enum doc_tone tone;
	const char *text;
	struct flag *next;
};

struct section_input {
	struct doc *doc;
	struct arena *arena;
	/* Parts of the report's input; NULL where missing or of another
	 * type. */
	const json_t *run, *dataset, *profile, *evaluation, *trials, *findings,
	    *decisions, *lineage, *model;
	int generations;    /* of trials: numbers begin anew in each */
	struct flag *flags; /* worst first */
};

void section_input_init(
    struct section_input *, const json_t *doc, struct doc *, struct arena *);

/* flag.c: what the numbers give reason to say. */
struct flag *flag_all(const struct section_input *);
/* The PSI that two samples of one population have on average in ten bins:
 * (bins - 1)(1/n + 1/m), as the index is nearly chi-squared times that
 * (Yurdakul 2018); NaN when the sizes are unknown. */
double flag_psi_chance(const json_t *evaluation);

void section_summary(const struct section_input *);
void section_data(const struct section_input *);
void section_method(const struct section_input *);
void section_scorecard(const struct section_input *);
void section_results(const struct section_input *);
void section_explanation(const struct section_input *);
void section_fairness(const struct section_input *);
void section_stability(const struct section_input *);
void section_findings(const struct section_input *);
void section_limitations(const struct section_input *);
void section_decisions(const struct section_input *);
void section_lineage(const struct section_input *);
void section_glossary(const struct section_input *);

/* Parts that the model card has too. */
void section_verdict(const struct section_input *);
void section_metrics(const struct section_input *);
void section_limits(const struct section_input *);
void section_groups(const struct section_input *);
const char *section_task(const struct section_input *);

/* An RFC 3339 time as 2026-11-24 08:15:42 UTC; anything else as it is. */
const char *section_date(const struct section_input *, const char *);

/* Says in the document that something was not recorded. */
void section_absent(const struct section_input *, const char *what);

/* The trial that the model was made from, or NULL. */
const json_t *section_chosen(const struct section_input *);

/* What a trial is called: its number, behind that of its generation where
 * there are several. */
const char *section_trial(const struct section_input *, const json_t *trial);

/* The trials, those on most folds first, and among them the best score first;
 * a new array. */
json_t *section_ranking(const struct section_input *, int sign);

#endif
