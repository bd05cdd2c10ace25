/*
 * The metrics as a reader meets them: their names, their sense, their order.
 */
#ifndef REPORT_MEASURE_H
#define REPORT_MEASURE_H

#include <jansson.h>
#include <stddef.h>

#include "lib/report/number.h"

struct measure {
	const char *name;  /* in the evaluation document */
	const char *label; /* "ROC AUC" */
	int sign;          /* +1: more is better; -1: less is */
	int decimals;      /* 0: in the target's own unit, so four digits */
	int bounded;       /* at most 1, and 1 is best */
	const char *verb;  /* "ranks better than" the baseline */
	const char *sense; /* one sentence for the glossary */
};

/* In the order in which reports list them; ends with a NULL name. */
extern const struct measure measures[];

/* NULL if there is none of that name. */
const struct measure *measure_find(const char *name);

/* A metric of an evaluation: its value and interval, the baseline's, NaN where
 * not recorded. */
struct measured {
	const struct measure *of;
	double value, low, high, baseline, baseline_low, baseline_high;
};

enum measured_verdict {
	MEASURED_UNKNOWN, /* no interval or no baseline */
	MEASURED_BETTER,  /* the whole interval beats the baseline's value */
	MEASURED_WORSE,
	MEASURED_UNSURE /* the interval holds the baseline's value */
};

/* Returns -1 if the evaluation has no value of that metric. */
int measured_read(
    struct measured *, const json_t *evaluation, const struct measure *);

/* The evaluation's own objective, else the first that was measured; -1 if
 * nothing was. */
int measured_main(struct measured *, const json_t *evaluation);

enum measured_verdict measured_verdict(const struct measured *);

/* As 0.793 or 1,235, by what the metric is. */
void measure_print(const struct measure *, double, char out[NUMBER_LEN]);

#endif
