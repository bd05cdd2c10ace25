#include "config.h"

#include <cblas.h>
#include <lapacke.h>
#include <linear.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/ml/learner.h"
#include "lib/ml/linear.h"
#include "lib/ml/split.h"
#include "lib/ml/trees.h"
#include "lib/ml/watch.h"
#include "lib/score/prep.h"

#include "lib/banned.h"

#define INTERCEPT 10   /* the constant feature */
#define RIDGE_MAX 4000 /* features: the matrix is their square */
#define BLOCK     512  /* rows that are turned into doubles at a time */

int
linear_baseline(const struct learner_input *in, struct arena *a,
    struct learned *out, struct err *err)
{
	int k = in->target->task == TASK_MULTICLASS ? in->target->nclasses : 1;
	double *sum = arena_alloc(a, (size_t)k * sizeof(*sum));

	(void)err;
	*out = (struct learned){ .kind = MWS_CONSTANT, .bias = sum };
	for (size_t i = 0; i < in->n; i++)
		if (k > 1)
			sum[(int)in->y[i]]++;
		else
			sum[0] += in->y[i];
	switch (in->target->task) {
	case TASK_REGRESSION:
		out->link = LINK_IDENTITY;
		sum[0] /= (double)in->n;
		break;
	case TASK_BINARY:
		out->link = LINK_SIGMOID;
		sum[0] = log(sum[0] / ((double)in->n - sum[0]));
		break;
	default:
		out->link = LINK_SOFTMAX;
		for (int c = 0; c < k; c++)
			sum[c] = log(sum[c] / (double)in->n);
	}
	return 0;
}

float *
linear_means(const float *x, size_t n, size_t width, struct arena *a)
{
	double *sum = arena_alloc(a, (width + 1) * sizeof(*sum));
	float *mean = arena_alloc(a, (width + 1) * sizeof(*mean));

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < width; j++)
			sum[j] += x[i * width + j];
	for (size_t j = 0; j < width; j++)
		mean[j] = (float)(sum[j] / (double)n);
	return mean;
}

static void
say_nothing(const char *text)
{
	(void)text;
}

/* liblinear's sparse rows; its indices count from 1. */
static struct feature_node **
sparse_rows(const float *x, size_t n, size_t width, const unsigned char *use,
    struct arena *a)
{
	struct feature_node **row = arena_alloc(a, (n + 1) * sizeof(*row));

	for (size_t i = 0; i < n; i++) {
		size_t count = 2;

		for (size_t j = 0; j < width; j++)
			count += x[i * width + j] != 0;
		row[i] = arena_alloc(a, count * sizeof(**row));
		count = 0;
		for (size_t j = 0; j < width; j++)
			if (x[i * width + j] != 0 && (use == NULL || use[j]))
				row[i][count++] =
				    (struct feature_node){ (int)j + 1,
					    x[i * width + j] };
		row[i][count++] =
		    (struct feature_node){ (int)width + 1, INTERCEPT };
		row[i][count].index = -1;
	}
	return row;
}

int
linear_binary(const float *x, const double *y, size_t n, size_t width,
    const unsigned char *use, double c, int l1, double *w, struct err *err)
{
	struct arena *a = arena_new();
	double *sign = arena_alloc(a, (n + 1) * sizeof(*sign));
	struct problem problem = { .l = (int)n,
		.n = (int)width + 1,
		.y = sign,
		.x = sparse_rows(x, n, width, use, a),
		.bias = INTERCEPT };
	struct parameter parameter = { .solver_type = l1 ? L1R_LR : L2R_LR,
		.eps = l1 ? 0.001 : 0.0001,
		.C = c };
	struct model *model;
	const char *wrong;
	int r = 0;

	for (size_t i = 0; i < n; i++)
		sign[i] = y[i] != 0 ? 1 : -1;
	set_print_string_function(say_nothing);
	if ((wrong = check_parameter(&problem, &parameter)) != NULL)
		r = err_set(err, ERR_INTERNAL, "liblinear: %s", wrong);
	else {
		srand(1); /* it shuffles with rand() */
		model = train(&problem, &parameter);
		/* The weights speak for the class that it calls the first. */
		for (size_t j = 0; j <= width; j++)
			w[j] =
			    model->label[0] == 1 ? model->w[j] : -model->w[j];
		w[width] *= INTERCEPT;
		free_and_destroy_model(&model);
	}
	arena_free(a);
	return r;
}

int
linear_logistic(const struct learner_input *in, struct arena *a,
    struct learned *out, struct err *err)
{
	size_t width = (size_t)in->fit->prep->nfeatures;
	double c = json_num(in->params, "c", 1);
	int l1 = (int)json_num(in->params, "l1", 0);
	double *w;

	if (watch_tick(in->watch, in->done, err) == -1)
		return -1;
	if (in->target->task == TASK_MULTICLASS) {
		/* XGBoost takes penalties a row, liblinear's are for all. */
		double penalty = 1 / (c * (double)in->n);

		if (trees_multinomial(in, l1 ? penalty : 0, l1 ? 0 : penalty, a,
			out, err) == -1)
			return -1;
	} else {
		*out = (struct learned){ .kind = MWS_LINEAR,
			.link = LINK_SIGMOID };
		w = arena_alloc(a, (width + 1) * sizeof(*w));
		if (linear_binary(
			in->x, in->y, in->n, width, NULL, c, l1, w, err) == -1)
			return -1;
		out->weight = w;
		out->bias = w + width;
	}
	out->reference = linear_means(in->x, in->n, width, a);
	return 0;
}

/* X'X and X'y of centred columns, a block of rows after the other. */
static void
gram(const struct learner_input *in, size_t p, const double *mean,
    double y_mean, double *xx, double *xy, struct arena *a)
{
	double *block = arena_alloc(a, BLOCK * p * sizeof(*block));
	double *y = arena_alloc(a, BLOCK * sizeof(*y));

	for (size_t from = 0; from < in->n; from += BLOCK) {
		size_t rows = in->n - from < BLOCK ? in->n - from : BLOCK;

		for (size_t i = 0; i < rows; i++) {
			y[i] = in->y[from + i] - y_mean;
			for (size_t j = 0; j < p; j++)
				block[i * p + j] =
				    in->x[(from + i) * p + j] - mean[j];
		}
		cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, (int)p,
		    (int)rows, 1, block, (int)p, 1, xx, (int)p);
		cblas_dgemv(CblasRowMajor, CblasTrans, (int)rows, (int)p, 1,
		    block, (int)p, y, 1, 1, xy, 1);
	}
}

int
linear_ridge(const struct learner_input *in, struct arena *a,
    struct learned *out, struct err *err)
{
	size_t p = (size_t)in->fit->prep->nfeatures;
	double lambda = json_num(in->params, "lambda", 1), y_mean = 0;
	double *mean, *xx, *w, *bias = arena_alloc(a, sizeof(*bias));

	if (p > RIDGE_MAX)
		return err_set(err, ERR_TOO_LARGE,
		    "%zu features are more than the %d that ridge regression "
		    "takes",
		    p, RIDGE_MAX);
	if (watch_tick(in->watch, in->done, err) == -1)
		return -1;
	openblas_set_num_threads(1); /* their number would change the sums */
	mean = arena_alloc(a, (p + 1) * sizeof(*mean));
	xx = arena_alloc(a, (p * p + 1) * sizeof(*xx));
	w = arena_alloc(a, (p + 1) * sizeof(*w));
	*out = (struct learned){ .kind = MWS_LINEAR,
		.link = LINK_IDENTITY,
		.reference = linear_means(in->x, in->n, p, a),
		.weight = w,
		.bias = bias };
	for (size_t j = 0; j < p; j++)
		mean[j] = out->reference[j];
	for (size_t i = 0; i < in->n; i++)
		y_mean += in->y[i];
	y_mean /= (double)in->n;
	gram(in, p, mean, y_mean, xx, w, a);
	for (size_t j = 0; j < p; j++)
		xx[j * p + j] += lambda;
	if (p > 0 && LAPACKE_dposv(LAPACK_ROW_MAJOR, 'U', (int)p, 1, xx, (int)p,
			 w, 1) != 0)
		return err_set(err, ERR_INVALID,
		    "ridge regression: the features depend on each other; "
		    "raise lambda");
	*bias = y_mean;
	for (size_t j = 0; j < p; j++)
		*bias -= w[j] * mean[j];
	return 0;
}
