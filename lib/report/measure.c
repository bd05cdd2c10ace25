#include "config.h"

#include <math.h>
#include <string.h>

#include "lib/banned.h"
#include "lib/json.h"
#include "lib/report/measure.h"

/* clang-format off */
const struct measure measures[] = {
	{ "roc_auc", "ROC AUC", 1, 3, 1, "ranks cases better than",
	  "The chance that a random positive case scores above a random negative one; 0.5 is guessing, 1 is perfect." },
	{ "pr_auc", "PR AUC", 1, 3, 1, "ranks cases better than",
	  "Average precision over all recalls; guessing gives the share of positive cases." },
	{ "gini", "Gini", 1, 3, 1, "ranks cases better than",
	  "Twice the ROC AUC less one; 0 is guessing." },
	{ "ks", "KS", 1, 3, 1, "separates the classes better than",
	  "The largest distance between the two classes' cumulative score distributions." },
	{ "accuracy", "Accuracy", 1, 3, 1, "labels more cases rightly than",
	  "The share of rows with the right label; always compare it with the share of the largest class." },
	{ "balanced_accuracy", "Balanced accuracy", 1, 3, 1, "labels cases better than",
	  "The mean over the classes of the share of rows found; every class counts the same." },
	{ "f1", "F1", 1, 3, 1, "labels cases better than",
	  "The harmonic mean of precision and recall of the positive class at the threshold." },
	{ "macro_f1", "Macro F1", 1, 3, 1, "labels cases better than",
	  "The mean of the classes' F1; every class counts the same." },
	{ "mcc", "MCC", 1, 3, 1, "labels cases better than",
	  "The correlation of predicted and actual labels, from -1 to 1; 0 is guessing." },
	{ "log_loss", "Log loss", -1, 3, 0, "gives better probabilities than",
	  "The mean negative logarithm of the probability given to what happened; less is better, confident errors cost most." },
	{ "brier", "Brier score", -1, 3, 0, "gives better probabilities than",
	  "The mean squared distance of the probability from what happened; less is better." },
	{ "r2", "R²", 1, 3, 1, "predicts more closely than",
	  "The share of the target's variance that the model explains; 0 is predicting the mean, less is worse than that." },
	{ "rmse", "RMSE", -1, 0, 0, "predicts more closely than",
	  "The root of the mean squared error, in the target's own unit; large errors weigh most." },
	{ "mae", "MAE", -1, 0, 0, "predicts more closely than",
	  "The mean absolute error, in the target's own unit." },
	{ "mape", "MAPE", -1, 3, 0, "predicts more closely than",
	  "The mean absolute error relative to the actual value; unstable where that is near zero." },
	{ 0 }
};
/* clang-format on */

const struct measure *
measure_find(const char *name)
{
	for (const struct measure *m = measures; m->name != NULL; m++)
		if (name != NULL && strcmp(m->name, name) == 0)
			return m;
	return NULL;
}

int
measured_read(
    struct measured *out, const json_t *evaluation, const struct measure *m)
{
	const json_t *holdout =
	    json_object_get(json_object_get(evaluation, "holdout"), m->name);
	const json_t *baseline =
	    json_object_get(json_object_get(evaluation, "baseline"), m->name);
	double value = json_num(holdout, "value", NAN);

	if (!isfinite(value))
		return -1;
	*out = (struct measured){
		.of = m,
		.value = value,
		.low = json_num(holdout, "low", NAN),
		.high = json_num(holdout, "high", NAN),
		.baseline = json_num(baseline, "value", NAN),
		.baseline_low = json_num(baseline, "low", NAN),
		.baseline_high = json_num(baseline, "high", NAN),
	};
	return 0;
}

int
measured_main(struct measured *out, const json_t *evaluation)
{
	const struct measure *m =
	    measure_find(json_str(evaluation, "metric", NULL));

	if (m != NULL && measured_read(out, evaluation, m) == 0)
		return 0;
	for (m = measures; m->name != NULL; m++)
		if (measured_read(out, evaluation, m) == 0)
			return 0;
	return -1;
}

enum measured_verdict
measured_verdict(const struct measured *m)
{
	double near = m->of->sign > 0 ? m->low : m->high;
	double far = m->of->sign > 0 ? m->high : m->low;

	if (!isfinite(near) || !isfinite(far) || !isfinite(m->baseline))
		return MEASURED_UNKNOWN;
	if ((near - m->baseline) * m->of->sign > 0)
		return MEASURED_BETTER;
	if ((far - m->baseline) * m->of->sign < 0)
		return MEASURED_WORSE;
	return MEASURED_UNSURE;
}

void
measure_print(const struct measure *m, double x, char out[NUMBER_LEN])
{
	if (m->decimals > 0)
		number_fix(x, m->decimals, out);
	else
		number_sig(x, 4, out);
}
