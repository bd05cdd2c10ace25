/*
 * Input documents for the report, as a run would make them: numbers from
 * smooth curves, names from German credit.
 */
#ifndef REPORT_SAMPLE_H
#define REPORT_SAMPLE_H

#include <jansson.h>
#include <stddef.h>

enum sample_kind {
	SAMPLE_BINARY,
	SAMPLE_MULTICLASS,
	SAMPLE_REGRESSION,
	SAMPLE__MAX
};

json_t *sample_doc(enum sample_kind);

/* The same with every string replaced, keys kept. */
void sample_poison(json_t *, const char *text);

/* Every scalar and every list replaced by null or an empty list. */
void sample_hollow(json_t *, int empty_lists);

json_t *sample_trials(size_t n, const char *metric);

#endif
