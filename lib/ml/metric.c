#include "config.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/json.h"
#include "lib/ml/metric.h"
#include "lib/ml/rng.h"

#include "lib/banned.h"

#define B (1u << TASK_BINARY)
#define M (1u << TASK_MULTICLASS)
#define R (1u << TASK_REGRESSION)

/* clang-format off */
const char *const task_names[TASK__MAX] = {
	[TASK_BINARY]     = "binary",
	[TASK_MULTICLASS] = "multiclass",
	[TASK_REGRESSION] = "regression",
};

const struct metric_kind metric_kinds[METRIC__MAX] = {
	[METRIC_ROC_AUC]           = { "roc_auc",           B | M, +1, 0 },
	[METRIC_PR_AUC]            = { "pr_auc",            B | M, +1, 0 },
	[METRIC_LOG_LOSS]          = { "log_loss",          B | M, -1, 0 },
	[METRIC_BRIER]             = { "brier",             B | M, -1, 0 },
	[METRIC_ACCURACY]          = { "accuracy",          B | M, +1, 1 },
	[METRIC_F1]                = { "f1",                B | M, +1, 1 },
	[METRIC_MCC]               = { "mcc",               B | M, +1, 1 },
	[METRIC_KS]                = { "ks",                B,     +1, 0 },
	[METRIC_GINI]              = { "gini",              B,     +1, 0 },
	[METRIC_BALANCED_ACCURACY] = { "balanced_accuracy", B | M, +1, 1 },
	[METRIC_MACRO_F1]          = { "macro_f1",          B | M, +1, 1 },
	[METRIC_RMSE]              = { "rmse",              R,     -1, 0 },
	[METRIC_MAE]               = { "mae",               R,     -1, 0 },
	[METRIC_R2]                = { "r2",                R,     +1, 0 },
	[METRIC_MAPE]              = { "mape",              R,     -1, 0 },
};
/* clang-format on */

/* The rows in the order of one column of p, ascending. */
struct ranking {
	uint32_t *row;
	uint8_t *tied; /* with the next one */
	uint8_t *hit;  /* the row is of the column's class */
};

/* What does not change from one bootstrap replicate to the next. */
struct ready {
	const struct scored *s;
	int k; /* classes; 0 for regression */
	int nrankings;
	struct ranking *ranking;
	int *truth, *label;
	double *log_loss, *brier; /* of each row */
	double *count;            /* scratch: the confusion matrix, k * k */
};

struct key {
	double p;
	uint32_t row;
};

enum metric
metric_find(const char *name)
{
	enum metric m = 0;

	while (m < METRIC__MAX &&
	       (name == NULL || strcmp(metric_kinds[m].name, name) != 0))
		m++;
	return m;
}

static int
key_cmp(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	return (x->p > y->p) - (x->p < y->p);
}

static void
rank_rows(struct ranking *r, const struct scored *s, int column, int class,
    struct arena *a)
{
	struct key *key = arena_alloc(a, s->n * sizeof(*key));

	r->row = arena_alloc(a, s->n * sizeof(*r->row));
	r->tied = arena_alloc(a, s->n);
	r->hit = arena_alloc(a, s->n);
	for (size_t i = 0; i < s->n; i++)
		key[i] = (struct key){ s->p[i * (size_t)s->k + (size_t)column],
			(uint32_t)i };
	qsort(key, s->n, sizeof(*key), key_cmp);
	for (size_t i = 0; i < s->n; i++) {
		r->row[i] = key[i].row;
		r->hit[i] = (int)s->y[key[i].row] == class;
		r->tied[i] = i + 1 < s->n && key[i].p == key[i + 1].p;
	}
}

static double
clip(double p)
{
	return p < DBL_EPSILON       ? DBL_EPSILON
	       : p > 1 - DBL_EPSILON ? 1 - DBL_EPSILON
	                             : p;
}

/* scikit-learn clips first and makes the sum 1 afterwards. */
static void
row_losses(struct ready *r, size_t i)
{
	const struct scored *s = r->s;
	const double *p = s->p + i * (size_t)s->k;
	double sum = 0, brier = 0;

	if (s->task == TASK_BINARY) {
		double hit = r->truth[i] ? p[0] : 1 - p[0];

		r->label[i] = p[0] >= s->threshold;
		r->log_loss[i] = -log(clip(hit));
		r->brier[i] = (p[0] - s->y[i]) * (p[0] - s->y[i]);
		return;
	}
	for (int c = 0; c < s->k; c++) {
		double miss = p[c] - (c == r->truth[i]);

		brier += miss * miss;
		sum += clip(p[c]);
		if (p[c] > p[r->label[i]])
			r->label[i] = c;
	}
	r->brier[i] = brier;
	r->log_loss[i] = -log(clip(p[r->truth[i]]) / sum);
}

static void
ready_make(struct ready *r, const struct scored *s, struct arena *a)
{
	*r = (struct ready){ .s = s };
	if (s->task == TASK_REGRESSION)
		return;
	r->k = s->task == TASK_BINARY ? 2 : s->k;
	r->nrankings = s->task == TASK_BINARY ? 1 : s->k;
	r->ranking = arena_alloc(a, (size_t)r->nrankings * sizeof(*r->ranking));
	for (int c = 0; c < r->nrankings; c++)
		rank_rows(
		    &r->ranking[c], s, c, s->task == TASK_BINARY ? 1 : c, a);
	r->truth = arena_alloc(a, s->n * sizeof(*r->truth));
	r->label = arena_alloc(a, s->n * sizeof(*r->label));
	r->log_loss = arena_alloc(a, s->n * sizeof(*r->log_loss));
	r->brier = arena_alloc(a, s->n * sizeof(*r->brier));
	r->count =
	    arena_alloc(a, (size_t)r->k * (size_t)r->k * sizeof(*r->count));
	for (size_t i = 0; i < s->n; i++) {
		r->truth[i] = (int)s->y[i];
		row_losses(r, i);
	}
}

/* One walk down the scores: the area under the ROC curve by trapezoids, the
 * average precision, and the largest distance between the two classes. */
static void
ranking_walk(const struct ranking *r, size_t n, const uint32_t *w, double *auc,
    double *ap, double *ks)
{
	double pos = 0, neg = 0, tp = 0, fp = 0, tp0 = 0, fp0 = 0, area = 0;

	*auc = *ap = *ks = NAN;
	for (size_t i = 0; i < n; i++)
		if (r->hit[i])
			pos += w[r->row[i]];
		else
			neg += w[r->row[i]];
	if (pos == 0)
		return;
	*ap = 0;
	if (neg > 0)
		*ks = 0;
	for (size_t i = n; i-- > 0;) {
		if (r->hit[i])
			tp += w[r->row[i]];
		else
			fp += w[r->row[i]];
		if (i > 0 && r->tied[i - 1])
			continue;
		if (tp + fp > 0)
			*ap += (tp - tp0) / pos * (tp / (tp + fp));
		area += (fp - fp0) * (tp + tp0) / 2;
		if (neg > 0 && fabs(tp / pos - fp / neg) > *ks)
			*ks = fabs(tp / pos - fp / neg);
		tp0 = tp;
		fp0 = fp;
	}
	if (neg > 0)
		*auc = area / (pos * neg);
}

static void
label_metrics(const struct ready *r, double total, double out[METRIC__MAX])
{
	const double *count = r->count;
	double hits = 0, balanced = 0, macro = 0, weighted = 0, f1 = 0;
	double dot = 0, truth2 = 0, label2 = 0, denominator;
	int present = 0, seen = 0, k = r->k;

	for (int c = 0; c < k; c++) {
		double tp = count[c * k + c], truth = 0, label = 0;

		for (int j = 0; j < k; j++) {
			truth += count[c * k + j];
			label += count[j * k + c];
		}
		hits += tp;
		dot += truth * label;
		truth2 += truth * truth;
		label2 += label * label;
		f1 = truth + label > 0 ? 2 * tp / (truth + label) : 0;
		if (truth > 0) {
			balanced += tp / truth;
			present++;
		}
		if (truth + label > 0) {
			macro += f1;
			seen++;
		}
		weighted += f1 * truth;
	}
	out[METRIC_ACCURACY] = hits / total;
	out[METRIC_BALANCED_ACCURACY] = balanced / present;
	out[METRIC_MACRO_F1] = macro / seen;
	/* Binary: of the positive class, which comes last. */
	out[METRIC_F1] = r->s->task == TASK_BINARY ? f1 : weighted / total;
	denominator =
	    sqrt(total * total - truth2) * sqrt(total * total - label2);
	out[METRIC_MCC] =
	    denominator > 0 ? (hits * total - dot) / denominator : 0;
}

static void
class_metrics(const struct ready *r, const uint32_t *w, double out[METRIC__MAX])
{
	const struct scored *s = r->s;
	double total = 0, log_loss = 0, brier = 0, sum_auc = 0, sum_ap = 0;
	double auc, ap, ks = NAN;

	memset(r->count, 0, (size_t)(r->k * r->k) * sizeof(*r->count));
	for (size_t i = 0; i < s->n; i++) {
		total += w[i];
		log_loss += w[i] * r->log_loss[i];
		brier += w[i] * r->brier[i];
		r->count[r->truth[i] * r->k + r->label[i]] += w[i];
	}
	if (total == 0)
		return;
	out[METRIC_LOG_LOSS] = log_loss / total;
	out[METRIC_BRIER] = brier / total;
	label_metrics(r, total, out);
	for (int c = 0; c < r->nrankings; c++) {
		ranking_walk(&r->ranking[c], s->n, w, &auc, &ap, &ks);
		sum_auc += auc;
		sum_ap += ap;
	}
	out[METRIC_ROC_AUC] = sum_auc / r->nrankings;
	out[METRIC_PR_AUC] = sum_ap / r->nrankings;
	if (s->task == TASK_BINARY) {
		out[METRIC_KS] = ks;
		out[METRIC_GINI] = 2 * sum_auc - 1;
	}
}

static void
value_metrics(
    const struct scored *s, const uint32_t *w, double out[METRIC__MAX])
{
	double total = 0, sum = 0, sq = 0, ab = 0, pct = 0, tot = 0, mean;

	for (size_t i = 0; i < s->n; i++) {
		double e = s->y[i] - s->p[i], size = fabs(s->y[i]);

		total += w[i];
		sum += w[i] * s->y[i];
		sq += w[i] * (e * e);
		ab += w[i] * fabs(e);
		pct += w[i] *
		       (fabs(e) / (size > DBL_EPSILON ? size : DBL_EPSILON));
	}
	if (total == 0)
		return;
	mean = sum / total;
	for (size_t i = 0; i < s->n; i++)
		tot += w[i] * ((s->y[i] - mean) * (s->y[i] - mean));
	out[METRIC_RMSE] = sqrt(sq / total);
	out[METRIC_MAE] = ab / total;
	out[METRIC_MAPE] = pct / total;
	out[METRIC_R2] = tot > 0 ? 1 - sq / tot : sq > 0 ? 0 : 1;
}

static void
all_metrics(const struct ready *r, const uint32_t *w, double out[METRIC__MAX])
{
	for (int m = 0; m < METRIC__MAX; m++)
		out[m] = NAN;
	if (r->s->task == TASK_REGRESSION)
		value_metrics(r->s, w, out);
	else
		class_metrics(r, w, out);
}

static uint32_t *
ones(size_t n, struct arena *a)
{
	uint32_t *w = arena_alloc(a, n * sizeof(*w));

	for (size_t i = 0; i < n; i++)
		w[i] = 1;
	return w;
}

void
metric_all(const struct scored *s, double out[METRIC__MAX])
{
	struct arena *a = arena_new();
	struct ready r;

	ready_make(&r, s, a);
	all_metrics(&r, ones(s->n, a), out);
	arena_free(a);
}

double
metric_value(enum metric m, const struct scored *s)
{
	double all[METRIC__MAX];

	metric_all(s, all);
	return all[m];
}

/* The rows by class, so that a replicate is drawn within each. */
static size_t *
strata(const struct scored *s, int k, size_t *start, struct arena *a)
{
	size_t *row = arena_alloc(a, s->n * sizeof(*row)), n = 0;

	for (int c = 0; c < (k == 0 ? 1 : k); c++) {
		start[c] = n;
		for (size_t i = 0; i < s->n; i++)
			if (k == 0 || (int)s->y[i] == c)
				row[n++] = i;
	}
	start[k == 0 ? 1 : k] = n;
	return row;
}

static int
double_cmp(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Linear between order statistics, as numpy.percentile. */
static double
quantile(const double *sorted, int n, double q)
{
	double at = q * (n - 1);
	int i = (int)at;

	if (i + 1 >= n)
		return sorted[n - 1];
	return sorted[i] + (at - i) * (sorted[i + 1] - sorted[i]);
}

void
metric_bootstrap(const struct scored *s, int replicates, uint64_t seed,
    double low[METRIC__MAX], double high[METRIC__MAX])
{
	struct arena *a = arena_new();
	int groups = s->task == TASK_REGRESSION ? 0
	             : s->task == TASK_BINARY   ? 2
	                                        : s->k;
	size_t *start, *row;
	uint32_t *w = ones(s->n, a);
	double *value[METRIC__MAX], out[METRIC__MAX];
	struct ready r;
	struct rng rng;

	start = arena_alloc(a, ((size_t)groups + 2) * sizeof(*start));
	row = strata(s, groups, start, a);
	for (int m = 0; m < METRIC__MAX; m++)
		value[m] =
		    arena_alloc(a, ((size_t)replicates + 1) * sizeof(double));
	ready_make(&r, s, a);
	rng_init(&rng, seed, 0x626f6f74); /* "boot" */
	for (int b = 0; b < replicates; b++) {
		memset(w, 0, s->n * sizeof(*w));
		for (int c = 0; c < (groups == 0 ? 1 : groups); c++)
			for (size_t i = start[c]; i < start[c + 1]; i++)
				w[row[start[c] +
				      rng_below(
					  &rng, start[c + 1] - start[c])]]++;
		all_metrics(&r, w, out);
		for (int m = 0; m < METRIC__MAX; m++)
			value[m][b] = out[m];
	}
	for (int m = 0; m < METRIC__MAX; m++) {
		low[m] = high[m] = NAN;
		if (replicates < 1 || isnan(out[m]))
			continue;
		qsort(value[m], (size_t)replicates, sizeof(double), double_cmp);
		low[m] = quantile(value[m], replicates, 0.025);
		high[m] = quantile(value[m], replicates, 0.975);
	}
	arena_free(a);
}

json_t *
metric_json(const struct scored *s, int replicates, uint64_t seed)
{
	double value[METRIC__MAX], low[METRIC__MAX], high[METRIC__MAX];
	json_t *all = json_object();

	metric_all(s, value);
	metric_bootstrap(s, replicates, seed, low, high);
	for (int m = 0; m < METRIC__MAX; m++) {
		json_t *one;

		if (!(metric_kinds[m].tasks & 1u << s->task))
			continue;
		one = json_object();
		json_object_set_new(one, "value", json_finite(value[m]));
		json_object_set_new(one, "low", json_finite(low[m]));
		json_object_set_new(one, "high", json_finite(high[m]));
		json_object_set_new(all, metric_kinds[m].name, one);
	}
	return all;
}

double
metric_ece(const struct scored *s, int bins)
{
	struct arena *a = arena_new();
	double *p = arena_alloc(a, (size_t)bins * sizeof(*p)), sum = 0;
	double *y = arena_alloc(a, (size_t)bins * sizeof(*y));

	for (size_t i = 0; i < s->n; i++) {
		const double *row = s->p + i * (size_t)s->k;
		int best = 0, b;

		for (int c = 1; c < s->k; c++)
			if (row[c] > row[best])
				best = c;
		b = (int)(row[best] * bins);
		b = b < 0 ? 0 : b >= bins ? bins - 1 : b;
		p[b] += row[best];
		y[b] += s->task == TASK_BINARY ? s->y[i] : (int)s->y[i] == best;
	}
	for (int b = 0; b < bins; b++)
		sum += fabs(p[b] - y[b]);
	arena_free(a);
	return s->n == 0 ? NAN : sum / (double)s->n;
}
