/*
 * What the training data looked like, and how far others are from it: the
 * population stability index.
 *
 * PSI = sum over bins of (a - e) ln(a / e), with a and e the shares of the two
 * populations, none taken as less than 1/10,000.  By convention below 0.1 is
 * stable and above 0.25 has moved.
 */
#ifndef PSI_H
#define PSI_H

#include <jansson.h>
#include <stddef.h>

struct frame;
struct prep;

/*
 * reference.json: {"rows","features":[{"feature","kind":"number","edges",
 * "counts","missing"} or {"feature","kind":"category","levels","counts",
 * "other","missing"}],"score":{"edges","counts"}?}.  Numbers are cut at tenths
 * (edges are inner ones, bin i holds edge[i-1] <= x < edge[i]), categories
 * keep their 30 most frequent levels.  rows: NULL for the first n.
 */
json_t *psi_reference(
    const struct prep *, const struct frame *, const size_t *rows, size_t n);

/* The same of scores. */
json_t *psi_score(const double *p, size_t n);

/* [{"feature","psi"}] of other rows against a reference. */
json_t *psi_features(const json_t *reference, const struct frame *,
    const size_t *rows, size_t n);
double psi_scores(const json_t *score, const double *p, size_t n);

#endif
