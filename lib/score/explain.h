/*
 * Why a model said what it said: exact Shapley values on the packed trees,
 * and exact contributions of linear models and scorecards.
 */
#ifndef EXPLAIN_H
#define EXPLAIN_H

struct arena;
struct mws;

/* Contributions of x[nfeatures] to the margins: phi[ngroups][nfeatures + 1],
 * the last of each group the bias; a group sums up to its margin.  For trees
 * the values of XGBoost's pred_contribs. */
void explain_features(const struct mws *, const float *x, double *phi);

/* The same told by raw field: out[ngroups][nfields + 1].  What an expression
 * over several fields contributes is shared out evenly among them. */
void explain_fields(const struct mws *, const float *x, double *out);

/* The fields that push most towards a label (the adverse one, or else the one
 * predicted; regression: up or down), strongest first, ties in the order of
 * the schema: at most n indices into the schema; returns how many.  by_field
 * as explain_fields gives it. */
int explain_reasons(
    const struct mws *, const double *by_field, int label, int *field, int n);

#endif
