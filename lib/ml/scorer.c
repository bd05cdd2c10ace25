#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/ml/calibrate.h"
#include "lib/ml/fit.h"
#include "lib/ml/learner.h"
#include "lib/ml/scorer.h"
#include "lib/ml/spec.h"
#include "lib/ml/split.h"
#include "lib/score/prep.h"

#include "lib/banned.h"

#define SCORER_MAX ((size_t)1 << 30)
#define ALIGN      64
#define BATCH      256

/* clang-format off */
static const enum mws_task tasks[TASK__MAX] = {
	[TASK_BINARY]     = MWS_BINARY,
	[TASK_MULTICLASS] = MWS_MULTICLASS,
	[TASK_REGRESSION] = MWS_REGRESSION,
};

static const enum pack_calibration ways[CALIBRATE__MAX] = {
	[CALIBRATE_NONE]     = CALIBRATION_NONE,
	[CALIBRATE_PLATT]    = CALIBRATION_PLATT,
	[CALIBRATE_ISOTONIC] = CALIBRATION_ISOTONIC,
};
/* clang-format on */

static void
close_mws(void *mws)
{
	mws_close(mws);
}

int
scorer_make(const struct spec *spec, const struct target *t,
    const struct fit *fit, const struct learned *l, const struct calibration *c,
    double threshold, struct arena *a, struct scorer *out, struct err *err)
{
	struct pack pack = {
		.task = tasks[t->task],
		.prep = fit->prep,
		.label = t->class,
		.nlabels = t->nclasses,
		.positive = 1,
		.adverse = -1,
		.threshold = threshold,
		.kind = l->kind,
		.booster = l->booster,
		.booster_size = l->booster_size,
		.rounds = l->rounds,
		.weight = l->weight,
		.bias = l->bias,
		.intercept = l->intercept,
		.slope = l->slope,
		.link = l->link,
		.reference = l->reference,
	};
	struct buf buf;
	char *data;
	int r;

	if (t->task != TASK_BINARY)
		pack.positive = 0;
	else if (spec->favourable != NULL)
		pack.adverse = strcmp(t->class[0], spec -> favourable) == 0;
	else if (strcmp(spec->template, "scorecard") == 0)
		pack.adverse = 1;
	if (c != NULL && c->kind != CALIBRATE_NONE) {
		pack.calibration = ways[c->kind];
		pack.platt_a = c->a;
		pack.platt_b = c->b;
		pack.knot_x = c->x;
		pack.knot_y = c->y;
		pack.nknots = c->n;
	}
	buf_init(&buf, SCORER_MAX);
	if ((r = pack_build(&pack, &buf, err)) == 0) {
		data = arena_alloc(a, buf.len + ALIGN);
		data += ALIGN - (size_t)data % ALIGN;
		memcpy(data, buf.data, buf.len);
		out->data = data;
		out->size = buf.len;
		out->mws = mws_view(data, buf.len, err);
		if (out->mws == NULL)
			r = -1;
		else
			arena_defer(a, close_mws, out->mws);
	}
	buf_done(&buf);
	return r;
}

void
scorer_predict(const struct mws *mws, const float *x, size_t n, double *p)
{
	size_t width = (size_t)mws_prep(mws)->nfeatures;
	size_t k = (size_t)mws_ngroups(mws);
	float *margin = malloc(BATCH * k * sizeof(*margin));

	if (margin == NULL)
		abort();
	for (size_t from = 0; from < n; from += BATCH) {
		size_t rows = n - from < BATCH ? n - from : BATCH;

		mws_margins(mws, x + from * width, rows, margin);
		for (size_t i = 0; i < rows; i++) {
			mws_link(mws, margin + i * k);
			mws_calibrate(mws, margin + i * k);
			for (size_t g = 0; g < k; g++)
				p[(from + i) * k + g] = margin[i * k + g];
		}
	}
	free(margin);
}
