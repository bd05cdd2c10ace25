/*
 * The packed model: one flat, versioned, checksummed file, mapped read-only
 * and shared by every process that scores with it.
 *
 * A file is checked in full when it is opened: whatever stands in it, nothing
 * after that reads outside the map, runs longer than the file is big, or
 * crashes.  Numbers are XGBoost's own: the same float comparisons and the same
 * order of summation as libxgboost 1.7 on a CPU.
 *
 * A struct mws holds the scratch memory of a prediction: one thread at a time.
 */
#ifndef MWS_H
#define MWS_H

#include <stddef.h>

struct err;
struct mws;
struct prep;
struct raw;

enum mws_task { MWS_BINARY, MWS_MULTICLASS, MWS_REGRESSION, MWS_TASK__MAX };

enum mws_kind {
	MWS_CONSTANT,
	MWS_LINEAR,
	MWS_SCORECARD,
	MWS_TREES,
	MWS_KIND__MAX
};

/* Map and check a file.  Damaged, hostile, of another version: NULL and an
 * error that says which; a file that cannot be opened: ERR_INTERNAL. */
struct mws *mws_open(const char *path, struct err *)
    __attribute__((warn_unused_result));
/* The same for n bytes in memory, aligned to 64, that outlive the result. */
struct mws *mws_view(const void *data, size_t n, struct err *)
    __attribute__((warn_unused_result));
void mws_close(struct mws *);

enum mws_task mws_task(const struct mws *);
enum mws_kind mws_kind(const struct mws *);
/* The preparation, with the schema; its texts are in the map. */
const struct prep *mws_prep(const struct mws *);
int mws_nlabels(const struct mws *); /* 2 for binary, 0 for regression */
const char *mws_label(const struct mws *, int);
int mws_positive(const struct mws *);     /* binary: an index of a label */
int mws_adverse(const struct mws *);      /* a label, or -1: none named */
double mws_threshold(const struct mws *); /* binary: positive from here on */
/* Margins a prediction: 1, or one a label for multiclass. */
int mws_ngroups(const struct mws *);

/* A field by name, a level of a field by its text; -1 when there is none.
 * Hash look-ups in the map; no allocation. */
int mws_field(const struct mws *, const char *name, size_t n);
int mws_level(const struct mws *, int field, const char *text, size_t n);

/* raw[nfields] to out[ngroups]: the calibrated probability of the positive
 * label (binary), one probability a label (multiclass), the value
 * (regression).  Never fails: what is missing was given a meaning in
 * training. */
void mws_predict(const struct mws *, const struct raw *raw, float *out);

/* The same steps one by one, for prepared features x[nfeatures].  margin is
 * what XGBoost predicts with output_margin; link turns it into what XGBoost
 * predicts without, in place; calibrate into what we answer, in place. */
void mws_margin(const struct mws *, const float *x, float *margin);
double mws_score(const struct mws *, const float *x); /* a scorecard's points */
void mws_link(const struct mws *, float *margin);
void mws_calibrate(const struct mws *, float *p);

/* Margins of n rows, x[n][nfeatures] to margin[n][ngroups]; the same floats
 * as n calls of mws_margin, in less time. */
void mws_margins(const struct mws *, const float *x, size_t n, float *margin);

#endif
