/*
 * Columns that know the target too well.
 */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/banned.h"
#include "lib/data/leakage.h"

/* From where a column is suspected. */
#define LEAST_AUC 0.98
#define LEAST_RHO 0.98
#define LEAST_R2  0.96

/* Fewer rows, or rows of a class, prove nothing. */
#define ROWS_MIN  50
#define CLASS_MIN 10
#define CLASSES   16

struct ranked {
	double x;
	uint32_t row;
};

struct keyed {
	uint64_t key;
	uint32_t row;
};

struct task {
	size_t n; /* rows that have the target */
	uint32_t *row;
	int nclasses; /* 0: the target is a number */
	int *class;   /* a row of the sample: 0 to nclasses - 1, or -1 */
	double *y;    /* a row of the sample */
	/* room */
	struct ranked *ranked;
	struct keyed *keyed;
	double *score, *rank;
	uint32_t *group;
};

static int
compare_ranked(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->x != y->x)
		return x->x < y->x ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

static int
compare_keyed(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

/* Middle ranks, from 1, of n sorted values: rank[i] is that of ranked[i]. */
static void
middle_ranks(const struct ranked *r, size_t n, double *rank)
{
	for (size_t i = 0, j; i < n; i = j) {
		for (j = i + 1; j < n && r[j].x == r[i].x; j++)
			;
		for (size_t k = i; k < j; k++)
			rank[k] = (double)(i + 1 + j) / 2;
	}
}

/* The area under the ROC curve of one class against the others (Mann and
 * Whitney's U), or NaN; sorted rows and their ranks. */
static double
area(const struct task *t, const struct ranked *r, size_t n, int class)
{
	double sum = 0, in = 0, out;

	for (size_t i = 0; i < n; i++)
		if (t->class[r[i].row] == class) {
			sum += t->rank[i];
			in++;
		}
	out = (double)n - in;
	if (in < CLASS_MIN || out < CLASS_MIN)
		return NAN;
	return (sum - in * (in + 1) / 2) / (in * out);
}

/* How many rows of the sorted ones have a class. */
static double
weight(const struct task *t, const struct ranked *r, size_t n, int class)
{
	double in = 0;

	for (size_t i = 0; i < n; i++)
		in += t->class[r[i].row] == class;
	return in;
}

/* Pearson's correlation of ranks. */
static double
spearman(struct task *t, size_t n)
{
	double middle = (double)(n + 1) / 2, sxy = 0, sxx = 0, syy = 0;
	double *rank_x = t->score;

	middle_ranks(t->ranked, n, t->rank);
	/* Keep the ranks, then sort the same rows by the target. */
	for (size_t i = 0; i < n; i++) {
		rank_x[i] = t->rank[i];
		t->ranked[i] =
		    (struct ranked){ t->y[t->ranked[i].row], (uint32_t)i };
	}
	qsort(t->ranked, n, sizeof(*t->ranked), compare_ranked);
	middle_ranks(t->ranked, n, t->rank);
	for (size_t i = 0; i < n; i++) {
		double dx = rank_x[t->ranked[i].row] - middle;
		double dy = t->rank[i] - middle;

		sxy += dx * dy;
		sxx += dx * dx;
		syy += dy * dy;
	}
	return sxx > 0 && syy > 0 ? fabs(sxy) / sqrt(sxx * syy) : NAN;
}

/* What the order of a column's numbers says. */
static double
by_order(struct task *t, const struct leakage_column *c)
{
	double sum = 0, all = 0;
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		if (!isnan(c->x[t->row[i]]))
			t->ranked[n++] =
			    (struct ranked){ c->x[t->row[i]], t->row[i] };
	/* A column that is there for a few rows only leaks by being there:
	 * by_value sees that. */
	if (n < ROWS_MIN || 2 * n < t->n)
		return NAN;
	qsort(t->ranked, n, sizeof(*t->ranked), compare_ranked);
	if (t->nclasses == 0)
		return spearman(t, n);
	middle_ranks(t->ranked, n, t->rank);
	for (int k = 0; k < t->nclasses; k++) {
		double a = area(t, t->ranked, n, k);
		double w = weight(t, t->ranked, n, k);

		if (isnan(a))
			continue;
		sum += w * (a > 0.5 ? a : 1 - a);
		all += w;
	}
	return all > 0 ? sum / all : NAN;
}

/* Number the different values of a column: group[i] of the i-th row. */
static size_t
groups(struct task *t, const struct leakage_column *c)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		t->keyed[i] = (struct keyed){ c->key[t->row[i]], (uint32_t)i };
	qsort(t->keyed, t->n, sizeof(*t->keyed), compare_keyed);
	for (size_t i = 0; i < t->n; i++) {
		n += i == 0 || t->keyed[i].key != t->keyed[i - 1].key;
		t->group[t->keyed[i].row] = (uint32_t)n - 1;
	}
	return n;
}

/* The mean of y(row) for each value in the even rows, drawn to the mean of all
 * by one row's worth, is the score of the odd rows that have the value.  Each
 * of the odd rows goes into ranked; returns how many. */
static size_t
score_odd(struct task *t, size_t ngroups, int class)
{
	double *sum = calloc(ngroups, sizeof(*sum)), mean = 0;
	double *count = calloc(ngroups, sizeof(*count));
	size_t n = 0;

	if (sum == NULL || count == NULL)
		abort();
	for (size_t i = 0; i < t->n; i += 2) {
		double y =
		    class < 0 ? t->y[t->row[i]] : t->class[t->row[i]] == class;

		sum[t->group[i]] += y;
		count[t->group[i]]++;
		mean += y;
	}
	mean /= (double)((t->n + 1) / 2);
	for (size_t i = 1; i < t->n; i += 2) {
		uint32_t g = t->group[i];

		t->ranked[n++] =
		    (struct ranked){ (sum[g] + mean) / (count[g] + 1),
			    t->row[i] };
	}
	free(sum);
	free(count);
	return n;
}

/* What the same value says elsewhere. */
static double
by_value(struct task *t, const struct leakage_column *c)
{
	size_t ngroups = groups(t, c), n;
	double sum = 0, all = 0, mean = 0, rest = 0, total = 0;

	if (t->n < 2 * ROWS_MIN || ngroups < 2)
		return NAN;
	for (int k = 0; k < t->nclasses; k++) {
		double a, w;

		n = score_odd(t, ngroups, k);
		qsort(t->ranked, n, sizeof(*t->ranked), compare_ranked);
		middle_ranks(t->ranked, n, t->rank);
		a = area(t, t->ranked, n, k);
		w = weight(t, t->ranked, n, k);
		if (isnan(a))
			continue;
		sum += w * a;
		all += w;
	}
	if (t->nclasses > 0)
		return all > 0 ? sum / all : NAN;
	n = score_odd(t, ngroups, -1);
	for (size_t i = 0; i < n; i++)
		mean += t->y[t->ranked[i].row];
	mean /= (double)n;
	for (size_t i = 0; i < n; i++) {
		double y = t->y[t->ranked[i].row];

		rest += (y - t->ranked[i].x) * (y - t->ranked[i].x);
		total += (y - mean) * (y - mean);
	}
	return total > 0 ? 1 - rest / total : NAN;
}

/* The target's classes, by how often they come; the rest have none. */
static void
classify(struct task *t, const struct leakage_column *target, size_t nrows)
{
	struct keyed by_count[CLASSES + 1] = { 0 };

	for (size_t i = 0; i < t->n; i++)
		t->keyed[i] =
		    (struct keyed){ target->key[t->row[i]], t->row[i] };
	qsort(t->keyed, t->n, sizeof(*t->keyed), compare_keyed);
	for (size_t i = 0, j; i < t->n; i = j) {
		int k = t->nclasses;

		for (j = i + 1; j < t->n && t->keyed[j].key == t->keyed[i].key;
		     j++)
			;
		/* insert by falling count */
		for (; k > 0 && by_count[k - 1].row < j - i; k--)
			by_count[k] = by_count[k - 1];
		if (k < CLASSES)
			by_count[k] = (struct keyed){ t->keyed[i].key,
				(uint32_t)(j - i) };
		if (t->nclasses < CLASSES)
			t->nclasses++;
	}
	for (size_t i = 0; i < nrows; i++) {
		t->class[i] = -1;
		for (int k = 0; k < t->nclasses; k++)
			if (target->key[i] == by_count[k].key)
				t->class[i] = k;
	}
}

static int
compare_leakage(const void *a, const void *b)
{
	const struct leakage *x = a, *y = b;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return x->column < y->column ? -1 : x->column > y->column;
}

static void
task_done(struct task *t)
{
	free(t->row);
	free(t->class);
	free(t->y);
	free(t->ranked);
	free(t->keyed);
	free(t->score);
	free(t->rank);
	free(t->group);
}

size_t
leakage_find(const struct leakage_column *col, size_t ncols, size_t target,
    int classes, size_t nrows, struct leakage *out, size_t max)
{
	struct leakage *all = calloc(ncols + 1, sizeof(*all));
	size_t n = 0;
	struct task t = {
		.row = calloc(nrows + 1, sizeof(*t.row)),
		.class = calloc(nrows + 1, sizeof(*t.class)),
		.y = calloc(nrows + 1, sizeof(*t.y)),
		.ranked = calloc(nrows + 1, sizeof(*t.ranked)),
		.keyed = calloc(nrows + 1, sizeof(*t.keyed)),
		.score = calloc(nrows + 1, sizeof(*t.score)),
		.rank = calloc(nrows + 1, sizeof(*t.rank)),
		.group = calloc(nrows + 1, sizeof(*t.group)),
	};

	if (all == NULL || t.row == NULL || t.class == NULL || t.y == NULL ||
	    t.ranked == NULL || t.keyed == NULL || t.score == NULL ||
	    t.rank == NULL || t.group == NULL)
		abort();
	for (size_t i = 0; i < nrows; i++) {
		t.y[i] = col[target].x != NULL ? col[target].x[i] : NAN;
		if (col[target].key[i] != 0 && (classes || !isnan(t.y[i])))
			t.row[t.n++] = (uint32_t)i;
	}
	if (classes)
		classify(&t, &col[target], nrows);
	for (size_t i = 0; i < ncols && t.n >= ROWS_MIN; i++) {
		double order = NAN, value;

		if (i == target)
			continue;
		if (col[i].x != NULL)
			order = by_order(&t, &col[i]);
		value = by_value(&t, &col[i]);
		if (order >= (classes ? LEAST_AUC : LEAST_RHO) &&
		    !(classes && value > order))
			all[n++] = (struct leakage){ i, order,
				classes ? "auc" : "spearman" };
		else if (value >= (classes ? LEAST_AUC : LEAST_R2))
			all[n++] = (struct leakage){ i, value,
				classes ? "auc" : "r2" };
	}
	qsort(all, n, sizeof(*all), compare_leakage);
	if (n > max)
		n = max;
	memcpy(out, all, n * sizeof(*all));
	free(all);
	task_done(&t);
	return n;
}
