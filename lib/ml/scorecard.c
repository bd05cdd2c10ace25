#include "config.h"

#include <math.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/json.h"
#include "lib/ml/learner.h"
#include "lib/ml/linear.h"
#include "lib/ml/scorecard.h"
#include "lib/ml/watch.h"
#include "lib/ml/woe.h"
#include "lib/score/prep.h"

#include "lib/banned.h"

#define PDO        20.0
#define BASE_SCORE 600.0
#define BASE_ODDS  50.0

static void
detail_free(void *detail)
{
	json_decref(detail);
}

/* Fit, drop the field with the worst sign, fit again, until none has it: more
 * evidence for the positive class must never count against it. */
static int
fit_signs(const struct learner_input *in, size_t width, unsigned char *use,
    double *w, struct err *err)
{
	double c = json_num(in->params, "c", 1);

	for (;;) {
		size_t worst = width;

		if (watch_tick(in->watch, in->done, err) == -1 ||
		    linear_binary(
			in->x, in->y, in->n, width, use, c, 0, w, err) == -1)
			return -1;
		for (size_t j = 0; j < width; j++)
			if (use[j] && w[j] < 0 &&
			    (worst == width || w[j] < w[worst]))
				worst = j;
		if (worst == width)
			return 0;
		use[worst] = 0;
	}
}

static float
points(double weight, double woe)
{
	return (float)rint(-PDO / log(2) * weight * woe);
}

static json_t *
bin_json(const struct woe_bin *b, double weight)
{
	double n = b->pos + b->neg;

	return json_pack("{s:I,s:o,s:f,s:f}", "count", (json_int_t)n,
	    "positive_rate", json_finite(n > 0 ? b->pos / n : NAN), "woe",
	    b->woe, "points", (double)points(weight, b->woe));
}

static json_t *
bins_json(const struct woe *w, const struct prep_field *field, double weight)
{
	json_t *bins = json_array();

	for (int i = 0; i < w->nbins; i++) {
		json_t *b = bin_json(&w->bin[i], weight);

		if (i > 0)
			json_object_set_new(
			    b, "from", json_real(w->bin[i].from));
		if (i + 1 < w->nbins)
			json_object_set_new(
			    b, "to", json_real(w->bin[i + 1].from));
		json_array_append_new(bins, b);
	}
	for (int i = 0; i < w->nlevels; i++) {
		json_t *b = bin_json(&w->level[i], weight);

		json_object_set_new(b, "level", json_string(field->level[i]));
		json_array_append_new(bins, b);
	}
	if (w->missing.pos + w->missing.neg > 0) {
		json_t *b = bin_json(&w->missing, weight);

		json_object_set_new(b, "missing", json_true());
		json_array_append_new(bins, b);
	}
	if (w->other.pos + w->other.neg > 0) {
		json_t *b = bin_json(&w->other, weight);

		json_object_set_new(b, "other", json_true());
		json_array_append_new(bins, b);
	}
	return bins;
}

/* Keep the fields in use, and turn their weights of evidence into points. */
static json_t *
to_points(const struct learner_input *in, const unsigned char *use,
    const double *w, struct arena *a)
{
	struct prep *p = in->fit->prep;
	json_t *fields = json_array();
	int kept = 0;

	for (int j = 0; j < p->nfeatures; j++) {
		const struct woe *woe = &in->fit->woe[j];
		struct feature f = p->feature[j];
		const struct prep_field *field = &p->field[f.field];
		int n = f.op == PREP_BINS ? f.nedges + 1 : field->nlevels;
		float *table;

		if (!use[j])
			continue;
		table = arena_alloc(a, (size_t)(n + 1) * sizeof(*table));
		for (int i = 0; i < n; i++)
			table[i] = points(w[j], f.table[i]);
		f.table = table;
		f.missing = points(w[j], f.missing);
		f.unknown = points(w[j], f.unknown);
		json_array_append_new(
		    fields, json_pack("{s:s,s:f,s:f,s:o}", "field", field->name,
				"iv", woe->iv, "weight", w[j], "bins",
				bins_json(woe, field, w[j])));
		in->fit->woe[kept] = *woe;
		p->feature[kept++] = f;
	}
	p->nfeatures = kept;
	return fields;
}

int
scorecard_learn(const struct learner_input *in, struct arena *a,
    struct learned *out, struct err *err)
{
	size_t width = (size_t)in->fit->prep->nfeatures;
	double *w = arena_alloc(a, (width + 1) * sizeof(*w));
	unsigned char *use = arena_alloc(a, width + 1);
	double factor = PDO / log(2), *bias = arena_alloc(a, sizeof(*bias));
	double offset = BASE_SCORE - factor * log(BASE_ODDS);
	json_t *fields;

	memset(use, 1, width);
	if (fit_signs(in, width, use, w, err) == -1)
		return -1;
	*bias = rint(offset - factor * w[width]);
	fields = to_points(in, use, w, a);
	*out = (struct learned){ .kind = MWS_SCORECARD,
		.link = LINK_SIGMOID,
		.bias = bias,
		.intercept = offset / factor,
		.slope = -1 / factor,
		.detail = json_pack("{s:f,s:f,s:f,s:f,s:f,s:o}", "base_points",
		    *bias, "pdo", PDO, "base_score", BASE_SCORE, "base_odds",
		    BASE_ODDS, "intercept", w[width], "fields", fields) };
	arena_defer(a, detail_free, out->detail);
	return prep_compile(in->fit->prep, a, err);
}
