/*
 * The metrics, held against scikit-learn's numbers, and their intervals.
 */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/ml/calibrate.h"
#include "lib/ml/metric.h"
#include "lib/ml/rng.h"
#include "lib/ml/spec.h"
#include "lib/ml/threshold.h"
#include "tests/tap.h"

struct wanted {
	enum metric metric;
	double value;
};

#include "tests/unit/ml_metric.h"

static void
check(
    const char *name, const struct scored *s, const struct wanted *w, size_t n)
{
	double got[METRIC__MAX];
	size_t all = 0;

	metric_all(s, got);
	for (size_t i = 0; i < n; i++)
		ok(fabs(got[w[i].metric] - w[i].value) <=
			1e-12 * fmax(1, fabs(w[i].value)),
		    "%s: %s is scikit-learn's %.17g (ours %.17g)", name,
		    metric_kinds[w[i].metric].name, w[i].value,
		    got[w[i].metric]);
	for (int m = 0; m < METRIC__MAX; m++)
		all += (metric_kinds[m].tasks >> s->task) & 1;
	ok(all == n, "%s: all %zu metrics of the task are tried", name, all);
}

static void
scikit_learn(void)
{
	struct scored tied = { TASK_BINARY, 1, nitems(tied_y), tied_y, tied_p,
		0.5 };
	struct scored rare = { TASK_BINARY, 1, nitems(rare_y), rare_y, rare_p,
		0.31 };
	struct scored never = { TASK_BINARY, 1, nitems(never_y), never_y,
		never_p, 0.5 };
	struct scored multi = { TASK_MULTICLASS, 4, nitems(multi_y), multi_y,
		multi_p, 0 };
	struct scored value = { TASK_REGRESSION, 1, nitems(value_y), value_y,
		value_p, 0 };

	check("ties", &tied, tied_wanted, nitems(tied_wanted));
	check("a rare class", &rare, rare_wanted, nitems(rare_wanted));
	check("a constant", &never, never_wanted, nitems(never_wanted));
	check("four classes", &multi, multi_wanted, nitems(multi_wanted));
	check("values", &value, value_wanted, nitems(value_wanted));
}

/* A bootstrap the slow way: rows copied out and measured anew. */
static void
bootstrap(void)
{
	struct scored s = { TASK_BINARY, 1, nitems(rare_y), rare_y, rare_p,
		0.31 };
	double low[METRIC__MAX], high[METRIC__MAX], again[METRIC__MAX];
	double value[METRIC__MAX];
	int inside = 0, ordered = 0, same = 0;

	metric_all(&s, value);
	metric_bootstrap(&s, 1000, 1, low, high);
	metric_bootstrap(&s, 1000, 1, again, value);
	metric_all(&s, value);
	for (int m = METRIC_ROC_AUC; m <= METRIC_MACRO_F1; m++) {
		inside += low[m] <= value[m] && value[m] <= high[m];
		ordered += low[m] < high[m];
		same += low[m] == again[m];
	}
	ok(inside == 11, "each interval holds its value");
	ok(ordered == 11, "each interval has a width");
	ok(same == 11, "one seed gives one interval");
	metric_bootstrap(&s, 1000, 2, again, value);
	ok(again[METRIC_ROC_AUC] != low[METRIC_ROC_AUC],
	    "another seed gives another");
}

/* 300 samples of a known distribution: how often does the interval hold what
 * the metric is in truth?  Normal scores, one apart: AUC is Phi(1/sqrt 2). */
static void
coverage(void)
{
	const double truth = 0.7602499389065233;
	double y[120], p[120], low[METRIC__MAX], high[METRIC__MAX];
	struct scored s = { TASK_BINARY, 1, 120, y, p, 0.5 };
	struct rng r;
	int held = 0;

	rng_init(&r, 3, 0);
	for (int t = 0; t < 300; t++) {
		for (int i = 0; i < 120; i++) {
			y[i] = i < 60;
			p[i] = 1 / (1 + exp(-rng_normal(&r) - y[i]));
		}
		metric_bootstrap(&s, 200, (uint64_t)t, low, high);
		held += low[METRIC_ROC_AUC] <= truth &&
		        truth <= high[METRIC_ROC_AUC];
	}
	ok(held > 300 * 90 / 100 && held < 300 * 99 / 100,
	    "a 95%% interval holds the truth 19 times of 20 (%d of 300)", held);
}

static void
nothing(void)
{
	double y[3] = { 1, 1, 1 }, p[3] = { 0.2, 0.5, 0.9 };
	double low[METRIC__MAX], high[METRIC__MAX];
	struct scored s = { TASK_BINARY, 1, 3, y, p, 0.5 };

	ok(isnan(metric_value(METRIC_ROC_AUC, &s)),
	    "one class has no area under a curve");
	ok(metric_value(METRIC_BRIER, &s) > 0, "but it has a Brier score");
	metric_bootstrap(&s, 100, 1, low, high);
	ok(isnan(low[METRIC_KS]), "nor has it an interval");
	s.n = 0;
	ok(isnan(metric_value(METRIC_ACCURACY, &s)),
	    "no rows have no accuracy");
	ok(metric_find("roc_auc") == METRIC_ROC_AUC &&
		metric_find("auc") == METRIC__MAX &&
		metric_find(NULL) == METRIC__MAX,
	    "metrics are found by name");
}

/* Probabilities whose logits are twice too large. */
static void
calibration(void)
{
	enum { N = 4000 };
	static double p[N], y[N];
	static uint8_t fold[N];
	struct arena *a = arena_new();
	struct calibration c;
	struct rng r;

	rng_init(&r, 11, 0);
	for (int i = 0; i < N; i++) {
		double z = 1.5 * rng_normal(&r) - 1;

		p[i] = 1 / (1 + exp(-2 * z - 0.5));
		y[i] = rng_uniform(&r) < 1 / (1 + exp(-z));
		fold[i] = (uint8_t)(i % 5);
	}
	calibrate_fit(&c, CALIBRATE_AUTO, p, y, fold, N, a);
	ok(c.kind == CALIBRATE_PLATT, "a wrong scale is seen, and set right");
	ok(fabs(c.a - 0.5) < 0.06 && fabs(c.b + 0.25) < 0.1,
	    "by half, and a quarter less (%.3f, %.3f)", c.a, c.b);
	ok(c.ece_after < c.ece_before / 3 && c.brier_after < c.brier_before,
	    "the error falls from %.3f to %.3f", c.ece_before, c.ece_after);
	calibrate_fit(&c, CALIBRATE_ISOTONIC, p, y, fold, N, a);
	ok(c.kind == CALIBRATE_ISOTONIC && c.n > 2, "isotonic when asked");
	double last = 0;
	int rising = 1;
	for (double q = 0; q <= 1; q += 0.001) {
		double v = calibrate_apply(&c, q);

		rising = rising && v >= last && v > 0 && v < 1;
		last = v;
	}
	ok(rising, "isotonic never falls, and is never certain");
	for (int i = 0; i < N; i++)
		y[i] = rng_uniform(&r) < p[i];
	calibrate_fit(&c, CALIBRATE_AUTO, p, y, fold, N, a);
	ok(c.ece_after <= c.ece_before, "what is right is not made worse");
	arena_free(a);
}

static void
threshold(void)
{
	static const double p[] = { 0.1, 0.2, 0.3, 0.4, 0.4, 0.8, 0.9 };
	static const double y[] = { 0, 0, 1, 0, 1, 1, 1 };
	struct spec s = {
		.threshold_rule = THRESHOLD_F1, .cost_fp = 1, .cost_fn = 1
	};

	ok(fabs(threshold_choose(&s, p, y, 7) - 0.25) < 1e-12,
	    "F1 is largest from 0.25 on");
	s.threshold_rule = THRESHOLD_COST;
	s.cost_fp = 10;
	ok(fabs(threshold_choose(&s, p, y, 7) - 0.6) < 1e-12,
	    "a dear false alarm raises the threshold");
	s.cost_fp = 1;
	s.cost_fn = 0.01;
	s.cost_fp = 1000;
	ok(threshold_choose(&s, p, y, 2) == 1,
	    "with no positive row nothing is called positive");
	s.threshold_rule = THRESHOLD_FIXED;
	s.threshold = 0.7;
	ok(threshold_choose(&s, p, y, 7) == 0.7, "a fixed one stays");
	s.threshold_rule = THRESHOLD_YOUDEN;
	ok(fabs(threshold_choose(&s, p, y, 7) - 0.25) < 1e-12,
	    "Youden's is 0.25 too");
}

int
main(void)
{
	scikit_learn();
	bootstrap();
	coverage();
	nothing();
	calibration();
	threshold();
	return done();
}
