/*
 * The plots of an evaluation document.
 *
 * Each returns NULL when the document does not hold what it draws; what it
 * returns lives in the arena.
 */
#ifndef REPORT_FIGURE_H
#define REPORT_FIGURE_H

#include <jansson.h>
#include <stddef.h>

#include "lib/report/plot.h"

struct arena;

/* How many rows a plot has at most; its caption says what was cut. */
#define FIGURE_ROWS_MAX    30
#define FIGURE_CLASSES_MAX 12
#define FIGURE_POINTS_MAX  2000

const struct plot *figure_roc(struct arena *, const json_t *evaluation);
const struct plot *figure_pr(struct arena *, const json_t *evaluation);
const struct plot *figure_calibration(struct arena *, const json_t *);
const struct plot *figure_scores(struct arena *, const json_t *evaluation);
const struct plot *figure_confusion(struct arena *, const json_t *);
const struct plot *figure_predicted(struct arena *, const json_t *);
const struct plot *figure_residuals(struct arena *, const json_t *);
const struct plot *figure_metrics(struct arena *, const json_t *evaluation);
const struct plot *figure_importance(struct arena *, const json_t *);
const struct plot *figure_dependence(
    struct arena *, const json_t *evaluation, size_t i);
const struct plot *figure_stability(struct arena *, const json_t *);
const struct plot *figure_sensitivity(struct arena *, const json_t *);
/* The i-th attribute of the evaluation's "fairness". */
const struct plot *figure_fairness(
    struct arena *, const json_t *evaluation, size_t i);

/* The scores of trials in the order in which they were made, and the best so
 * far.  sign: +1 when more is better. */
const struct plot *figure_search(
    struct arena *, const json_t *trials, const char *metric, int sign);

/* A column of a profile: its histogram or its most frequent values.  number
 * is for the name; title NULL takes the column's name. */
const struct plot *figure_column(
    struct arena *, const json_t *column, size_t number, const char *title);

#endif
