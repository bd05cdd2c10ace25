#include "config.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/auto.h"
#include "tests/unit/report_sample.h"

/* A small generator of our own: the same sample everywhere. */
static double
noise(void)
{
	static uint64_t state = 42;

	state = state * 6364136223846793005u + 1442695040888963407u;
	return (double)(state >> 33) / (double)(1u << 31) - 0.5;
}

static double
normal_tail(double z)
{
	return erfc(z / sqrt(2)) / 2;
}

static json_t *
metric(double value, double half)
{
	return json_pack("{s:f, s:f, s:f}", "value", value, "low", value - half,
	    "high", value + half * 0.9);
}

static json_t *
point(double x, double y)
{
	return json_pack("[f, f]", x, y);
}

static json_t *
roc(double shift)
{
	json_t *v = json_array();

	for (double t = 4; t >= -4; t -= 0.04)
		json_array_append_new(
		    v, point(normal_tail(t), normal_tail(t - shift)));
	json_array_append_new(v, point(1, 1));
	return v;
}

static json_t *
pr(double shift, double base)
{
	json_t *v = json_array();

	for (double t = 4; t >= -4; t -= 0.05) {
		double tp = base * normal_tail(t - shift);
		double fp = (1 - base) * normal_tail(t);

		json_array_append_new(
		    v, point(tp / base, tp / (tp + fp) + noise() * 0.02 * tp));
	}
	return v;
}

static json_t *
calibration(void)
{
	json_t *v = json_array();

	for (int i = 0; i < 10; i++) {
		double p = 0.05 + i * 0.1, o = p + noise() * 0.08;

		json_array_append_new(
		    v, json_pack("{s:f, s:f, s:i, s:f, s:f}", "predicted", p,
			   "observed", o, "count", 40 - 3 * i, "low",
			   fmax(0, o - 0.1), "high", fmin(1, o + 0.1)));
	}
	return v;
}

static json_t *
scores(const char *const *labels, size_t k)
{
	json_t *edges = json_array(), *classes = json_array();

	for (int i = 0; i <= 20; i++)
		json_array_append_new(edges, json_real(i / 20.0));
	for (size_t c = 0; c < k; c++) {
		json_t *counts = json_array();
		double middle = 0.25 + 0.4 * (double)c / (double)(k - 1);

		for (int i = 0; i < 20; i++) {
			double z = (i / 20.0 + 0.025 - middle) / 0.17;

			json_array_append_new(counts,
			    json_integer(
				(int)(60 * exp(-z * z / 2) + 4 * noise() + 2)));
		}
		json_array_append_new(
		    classes, json_pack("{s:s, s:o}", "label", labels[c],
				 "counts", counts));
	}
	return json_pack("{s:o, s:o}", "edges", edges, "classes", classes);
}

static json_t *
importance(void)
{
	static const char *const names[] = { "checking_status", "duration",
		"credit_history", "credit_amount", "savings_status", "purpose",
		"age", "property_magnitude", "employment",
		"installment_commitment", "other_payment_plans", "housing",
		"personal_status", "other_parties", "residence_since", "job",
		"existing_credits", "own_telephone", "num_dependents",
		"foreign_worker" };
	json_t *v = json_array();

	for (size_t i = 0; i < nitems(names); i++)
		json_array_append_new(
		    v, json_pack("{s:s, s:f}", "feature", names[i], "value",
			   0.62 * exp(-(double)i / 4.5)));
	return v;
}

static json_t *
dependence(void)
{
	static const char *const status[] = { "no checking", ">=200",
		"0<=X<200", "<0" };
	json_t *v = json_array(), *points = json_array();

	for (int i = 0; i < 4; i++)
		json_array_append_new(
		    points, json_pack("[s, f]", status[i], 0.17 + 0.09 * i));
	json_array_append_new(
	    v, json_pack("{s:s, s:s, s:o}", "feature", "checking_status",
		   "kind", "category", "points", points));
	points = json_array();
	for (int i = 4; i <= 72; i += 4)
		json_array_append_new(
		    points, point(i, 0.2 + 0.35 / (1 + exp(-(i - 26) / 8.0))));
	json_array_append_new(
	    v, json_pack("{s:s, s:s, s:o}", "feature", "duration", "kind",
		   "number", "points", points));
	points = json_array();
	for (int i = 250; i <= 18424; i += 900)
		json_array_append_new(
		    points, point(i, 0.28 + 0.1 * pow((i - 4000) / 9000.0, 2)));
	json_array_append_new(
	    v, json_pack("{s:s, s:s, s:o}", "feature", "credit_amount", "kind",
		   "number", "points", points));
	points = json_array();
	for (int i = 19; i <= 75; i += 2)
		json_array_append_new(
		    points, point(i, 0.36 - 0.003 * (i - 19) + 0.01 * noise()));
	json_array_append_new(v, json_pack("{s:s, s:s, s:o}", "feature", "age",
				     "kind", "number", "points", points));
	return v;
}

static json_t *
group(const char *name, int n, double base, double selected)
{
	return json_pack("{s:s, s:i, s:b, s:f, s:f, s:f, s:f, s:f, s:f}",
	    "group", name, "n", n, "small", n < 20, "base_rate", base,
	    "selection_rate", selected, "tpr", selected + 0.21, "fpr",
	    selected - 0.12, "auc", 0.77 + noise() / 20, "mean_score",
	    base + 0.02);
}

static json_t *
fairness(void)
{
	return json_pack("[{s:s, s:s, s:s, s:[o,o,o,o], s:f, s:b, s:f, s:f},"
			 " {s:s, s:s, s:s, s:[o,o], s:f, s:b, s:f, s:f}]",
	    "attribute", "personal_status", "favourable", "good", "reference",
	    "male single", "groups", group("male single", 108, 0.27, 0.67),
	    group("female div/dep/mar", 64, 0.35, 0.56),
	    group("male mar/wid", 19, 0.26, 0.63),
	    group("male div/sep", 9, 0.44, 0.44), "selection_rate_ratio", 0.764,
	    "four_fifths", 0, "equal_opportunity_difference", 0.142,
	    "equalised_odds_difference", 0.231, "attribute", "foreign_worker",
	    "favourable", "good", "reference", "yes", "groups",
	    group("yes", 193, 0.307, 0.622), group("no", 7, 0.143, 0.69),
	    "selection_rate_ratio", 0.901, "four_fifths", 1,
	    "equal_opportunity_difference", 0.06, "equalised_odds_difference",
	    0.08);
}

static json_t *
stability(void)
{
	static const char *const names[] = { "purpose", "credit_amount",
		"duration", "checking_status", "age", "savings_status",
		"employment", "housing", "job" };
	json_t *v = json_array();

	for (size_t i = 0; i < nitems(names); i++)
		json_array_append_new(
		    v, json_pack("{s:s, s:f}", "feature", names[i], "psi",
			   0.127 * exp(-(double)i / 3)));
	return json_pack("{s:f, s:o}", "score_psi", 0.0312, "features", v);
}

static json_t *
sensitivity(void)
{
	json_t *v = json_array();

	for (int i = 0; i <= 5; i++)
		json_array_append_new(
		    v, json_pack("{s:f, s:f}", "noise_sd", i / 10.0,
			   "metric_drop", 0.002 * i * i + (i ? 0.001 : 0)));
	return v;
}

json_t *
sample_trials(size_t n, const char *name)
{
	static const char *const learners[] = { "baseline", "logistic",
		"xgboost", "random_forest", "xgboost", "xgboost" };
	int less = strcmp(name, "rmse") == 0;
	json_t *v = json_array();

	for (size_t i = 0; i < n; i++) {
		double score =
		    i == 0 ? 0.5
			   : 0.79 + 0.05 * noise() - 0.04 / (double)(i + 1);
		json_t *folds = json_array();

		if (less)
			score = 60 + 20 * (0.8 - score);
		for (size_t f = 0; f < (i % 3 == 2 ? 2 : 5); f++)
			json_array_append_new(
			    folds, json_real(score + 0.04 * noise()));
		json_array_append_new(v,
		    json_pack("{s:I, s:i, s:{s:s, s:{s:f, s:i, s:f}}, s:s, s:f,"
			      " s:f, s:o, s:i, s:f}",
			"trial", (json_int_t)(i + 1), "rung", 1, "config",
			"learner",
			learners[i == 0 ? 0 : 1 + i % (nitems(learners) - 1)],
			"params", "eta", 0.05 + 0.01 * (double)(i % 7),
			"max_depth", 3 + (int)(i % 5), "subsample", 0.8,
			"metric", name, "score", score, "sd",
			0.02 + 0.01 * noise(), "folds", folds, "rounds",
			40 + 10 * (int)(i % 9), "seconds",
			0.21 + 0.1 * noise()));
	}
	return v;
}

static json_t *
number_column(const char *name, double low, double high, double skew)
{
	json_t *edges = json_array(), *counts = json_array();

	for (int i = 0; i <= 16; i++)
		json_array_append_new(
		    edges, json_real(low + (high - low) * i / 16));
	for (int i = 0; i < 16; i++)
		json_array_append_new(counts,
		    json_integer((int)(120 * exp(-pow((i - 3) / skew, 2) / 2) +
				       8 * (noise() + 0.5))));
	return json_pack("{s:s, s:s, s:i, s:i, s:b, s:f, s:f, s:f, s:f, s:f,"
			 " s:{s:f}, s:{s:o, s:o}, s:[]}",
	    "name", name, "type", "number", "missing", 0, "distinct", 33,
	    "distinct_exact", 1, "min", low, "max", high, "mean",
	    low + (high - low) / 4, "sd", (high - low) / 5, "skew", 1.1,
	    "quantiles", "p50", low + (high - low) / 5, "histogram", "edges",
	    edges, "counts", counts, "suspects");
}

static json_t *
word_column(const char *name, const char *const *words, size_t n, int missing)
{
	json_t *top = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(
		    top, json_pack("{s:s, s:i}", "value", words[i], "count",
			     (int)(400 / (i + 1))));
	return json_pack("{s:s, s:s, s:i, s:i, s:b, s:o, s:[]}", "name", name,
	    "type", "categorical", "missing", missing, "distinct", (int)n,
	    "distinct_exact", 1, "top", top, "suspects");
}

static json_t *
profile(void)
{
	static const char *const status[] = { "no checking", "<0", "0<=X<200",
		">=200" };
	static const char *const history[] = { "existing paid",
		"critical/other existing credit", "delayed previously",
		"all paid", "no credits/all paid" };
	static const char *const class[] = { "good", "bad" };
	static const char *const housing[] = { "own", "rent", "for free" };
	json_t *columns = json_array(), *phone;

	json_array_append_new(
	    columns, word_column("checking_status", status, nitems(status), 0));
	json_array_append_new(columns, number_column("duration", 4, 72, 3));
	json_array_append_new(columns,
	    word_column("credit_history", history, nitems(history), 12));
	json_array_append_new(
	    columns, number_column("credit_amount", 250, 18424, 2));
	json_array_append_new(columns, number_column("age", 19, 75, 4));
	json_array_append_new(
	    columns, word_column("housing", housing, nitems(housing), 214));
	phone = word_column("own_telephone", class, 2, 0);
	json_array_append_new(
	    json_object_get(phone, "suspects"), json_string("personal:phone"));
	json_array_append_new(columns, phone);
	json_array_append_new(columns, word_column("class", class, 2, 0));
	return json_pack("{s:i, s:o, s:[{s:s,s:s,s:f}], s:i, s:[], s:[s]}",
	    "rows", 800, "columns", columns, "correlations", "a",
	    "credit_amount", "b", "duration", "r", 0.7249, "duplicate_rows", 3,
	    "leakage", "warnings",
	    "column 'foreign_worker' has one value in 96.3% of the rows");
}

static json_t *
binary(void)
{
	static const char *const labels[] = { "good", "bad" };

	return json_pack("{s:s, s:s, s:s, s:[s,s], s:{s:i,s:i}, s:s, s:f, s:s,"
			 " s:{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o},"
			 " s:{s:o,s:o,s:o,s:o,s:o,s:o,s:o},"
			 " s:{s:[s,s], s:[[i,i],[i,i]]},"
			 " s:{s:o,s:o,s:o,s:o}, s:o, s:o, s:o, s:o, s:o, "
			 "s:{s:s,s:f,s:f,s:f}}",
	    "task", "binary", "target", "class", "positive", "bad", "classes",
	    "good", "bad", "rows", "development", 800, "holdout", 200, "metric",
	    "roc_auc", "threshold", 0.3127, "threshold_rule", "f1", "holdout",
	    "roc_auc", metric(0.7931, 0.062), "pr_auc", metric(0.6412, 0.093),
	    "log_loss", metric(0.4951, 0.048), "brier", metric(0.1633, 0.021),
	    "accuracy", metric(0.745, 0.06), "f1", metric(0.6109, 0.08), "mcc",
	    metric(0.4262, 0.11), "ks", metric(0.4719, 0.1), "gini",
	    metric(0.5862, 0.124), "balanced_accuracy", metric(0.723, 0.06),
	    "baseline", "roc_auc", metric(0.5, 0), "pr_auc", metric(0.3, 0),
	    "log_loss", metric(0.6109, 0), "brier", metric(0.21, 0), "accuracy",
	    metric(0.7, 0), "f1", metric(0, 0), "gini", metric(0, 0),
	    "confusion", "labels", "good", "bad", "matrix", 108, 32, 19, 41,
	    "curves", "roc", roc(1.15), "pr", pr(1.15, 0.3), "calibration",
	    calibration(), "score_distribution", scores(labels, 2),
	    "importance", importance(), "partial_dependence", dependence(),
	    "fairness", fairness(), "stability", stability(), "sensitivity",
	    sensitivity(), "calibration", "method", "platt", "ece", 0.0381,
	    "ece_before", 0.0612, "ece_after", 0.0203);
}

static json_t *
multiclass(void)
{
	static const char *const labels[] = { "Iris-setosa", "Iris-versicolor",
		"Iris-virginica" };

	return json_pack("{s:s, s:s, s:[s,s,s], s:{s:i,s:i}, s:s,"
			 " s:{s:o,s:o,s:o,s:o,s:o}, s:{s:o,s:o,s:o},"
			 " s:{s:[s,s,s], s:[[i,i,i],[i,i,i],[i,i,i]]},"
			 " s:{s:o}, s:o, s:[], s:o}",
	    "task", "multiclass", "target", "class", "classes", labels[0],
	    labels[1], labels[2], "rows", "development", 120, "holdout", 30,
	    "metric", "log_loss", "holdout", "log_loss", metric(0.1833, 0.11),
	    "accuracy", metric(0.933, 0.08), "balanced_accuracy",
	    metric(0.933, 0.08), "macro_f1", metric(0.9327, 0.09), "mcc",
	    metric(0.9, 0.12), "baseline", "log_loss", metric(1.0986, 0),
	    "accuracy", metric(0.333, 0), "macro_f1", metric(0.1667, 0),
	    "confusion", "labels", labels[0], labels[1], labels[2], "matrix",
	    10, 0, 0, 0, 9, 1, 0, 1, 9, "curves", "score_distribution",
	    scores(labels, 3), "importance", importance(), "fairness",
	    "stability", stability());
}

static json_t *
regression(void)
{
	json_t *pairs = json_array(), *edges = json_array();
	json_t *counts = json_array();

	for (int i = 0; i < 88; i++) {
		double p = 152 + 140 * noise();

		json_array_append_new(
		    pairs, point(p, p + 90 * (noise() + noise())));
	}
	for (int i = 0; i <= 24; i++)
		json_array_append_new(edges, json_real(-150 + 12.5 * i));
	for (int i = 0; i < 24; i++)
		json_array_append_new(counts,
		    json_integer(
			(int)(9 * exp(-pow((i - 12) / 4.5, 2) / 2) + 0.5)));
	return json_pack("{s:s, s:s, s:{s:i,s:i}, s:s, s:{s:o,s:o,s:o,s:o},"
			 " s:{s:o,s:o,s:o,s:o}, s:{s:{s:o,s:o}, s:o}, s:o, s:o,"
			 " s:o, s:[]}",
	    "task", "regression", "target", "disease_progression", "rows",
	    "development", 354, "holdout", 88, "metric", "rmse", "holdout",
	    "rmse", metric(54.31, 6.2), "mae", metric(43.87, 5.6), "r2",
	    metric(0.4633, 0.11), "mape", metric(0.387, 0.06), "baseline",
	    "rmse", metric(77.13, 0), "mae", metric(65.2, 0), "r2",
	    metric(-0.004, 0), "mape", metric(0.61, 0), "curves", "residuals",
	    "edges", edges, "counts", counts, "predicted_actual", pairs,
	    "importance", importance(), "stability", stability(), "sensitivity",
	    sensitivity(), "fairness");
}

static json_t *
findings(void)
{
	return json_pack(
	    "[{s:i,s:s,s:s,s:s,s:s,s:s,s:s,s:s}, {s:i,s:s,s:s,s:s,s:s,s:s},"
	    " {s:i,s:s,s:s,s:s,s:s,s:s,s:s,s:s}]",
	    "finding", 1, "by", "validator", "severity", "high", "title",
	    "Selection rates differ by personal_status", "detail",
	    "The lowest selection rate is 0.60 of the reference group's out of "
	    "fold.",
	    "answer",
	    "Trained again without personal_status; the ratio rose to 0.61, so "
	    "the gap does not come from that field alone.",
	    "answered_by", "trainer", "status", "answered", "finding", 2, "by",
	    "validator", "severity", "medium", "title",
	    "The gap between training and out-of-fold scores is large",
	    "detail", "0.94 against 0.79 ROC AUC.", "status", "open", "finding",
	    3, "by", "validator", "severity", "low", "title",
	    "A simpler model is nearly as good", "detail",
	    "Logistic regression reaches 0.781.", "answer",
	    "Kept as the fallback; the difference is within one standard "
	    "deviation.",
	    "answered_by", "trainer", "status", "answered");
}

static json_t *
decisions(void)
{
	static const char *const rows[][4] = {
		{ "data-steward", "intake", "dataset_profile",
		    "The target has two values and 30.0% of the rows are "
		    "'bad'" },
		{ "data-steward", "profile", "finding_raise",
		    "own_telephone looks like personal data; its values are "
		    "categories, so it stays" },
		{ "feature-engineer", "prepare", "feature_propose",
		    "credit_amount / duration separates the classes better "
		    "than "
		    "either (KS 0.21 against 0.17 and 0.19)" },
		{ "trainer", "train", "train_trial",
		    "The baseline and each learner's default first" },
		{ "trainer", "train", "train_trial",
		    "xgboost leads; search its depth and learning rate" },
		{ "trainer", "train", "model_select",
		    "Trial 17 has the best mean over all folds, 0.7972" },
		{ "validator", "challenge", "fairness_check",
		    "Protected attributes were named" },
		{ "validator", "challenge", "finding_raise",
		    "Selection rates differ by personal_status" },
		{ "trainer", "challenge", "finding_answer",
		    "Measured without the field" },
		{ "evaluator", "evaluate", "model_evaluate",
		    "The challenge has ended" },
		{ "documenter", "document", "document_write",
		    "All parts of the record are there" },
	};
	json_t *v = json_array();

	for (size_t i = 0; i < nitems(rows); i++)
		json_array_append_new(v,
		    json_pack("{s:s,s:s,s:s,s:s}", "agent", rows[i][0], "phase",
			rows[i][1], "tool", rows[i][2], "reason", rows[i][3]));
	return v;
}

static const char run_id[] = "run_019abb2f-6d1e-7c3a-9c58-0a5d2f4e7b11";
static const char digest[] =
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

static json_t *
lineage(const char *template, const json_t *trials)
{
	static const char *const files[] = { "MANIFEST", "booster.ubj",
		"model.json", "reference.json", "scorer.mws" };
	static const char *const phases[][2] = { { "intake", "data-steward" },
		{ "prepare", "feature-engineer" }, { "train", "trainer" },
		{ "challenge", "validator" }, { "evaluate", "evaluator" },
		{ "document", "documenter" } };
	json_t *model = json_array(), *agents = json_array();

	for (size_t i = 0; i < nitems(files); i++)
		json_array_append_new(model, json_pack("{s:s, s:s}", "name",
						 files[i], "sha256", digest));
	for (size_t i = 0; i < nitems(phases); i++)
		json_array_append_new(
		    agents, json_pack("{s:s, s:s, s:s}", "phase", phases[i][0],
				"agent", phases[i][1], "sha256", digest));
	return json_pack(
	    "{s:s, s:{s:s,s:s}, s:{s:s, s:s, s:I, s:{s:i,s:f},"
	    "   s:{s:s, s:i, s:f, s:s, s:i, s:[s,s]}},"
	    " s:{s:s, s:n, s:I, s:{s:i,s:s}, s:[{s:i},{s:i}]},"
	    " s:[{s:s,s:s,s:s}], s:[{s:s,s:s,s:s}], s:{s:O, s:i, s:O},"
	    " s:{s:s, s:o}, s:o, s:{s:s,s:s}, s:{s:s,s:s}}",
	    "run_id", run_id, "dataset", "name", "credit-g", "digest", digest,
	    "specification", "template", template, "objective", "roc_auc",
	    "seed", (json_int_t)42, "budget", "trials", 34, "seconds", 120.0,
	    "params", "split", "stratified", "folds", 5, "holdout", 0.2,
	    "threshold_rule", "f1", "rounds_max", 400, "learners", "logistic",
	    "xgboost", "split", "method", "stratified", "column", "seed",
	    (json_int_t)42, "holdout", "rows", 200, "digest", digest, "folds",
	    "rows", 160, "rows", 160, "excluded", "column", "own_telephone",
	    "reason", "personal data (phone)", "agent", "data-steward",
	    "derived", "name", "amount_per_month", "expr",
	    "credit_amount / duration", "reason",
	    "separates the classes better than either", "selection", "trial",
	    json_object_get(json_array_get(trials, 1), "trial"), "generation",
	    1, "result", json_array_get(trials, 1), "model", "digest", digest,
	    "artifacts", model, "agents", agents, "template", "name", template,
	    "sha256", digest, "build", "program", "modelwright", "version",
	    "0.1.0");
}

json_t *
sample_doc(enum sample_kind kind)
{
	static const char *const names[] = { "German credit, first look",
		"iris", "Diabetes progression" };
	static const char *const templates[] = { "binary_classification",
		"multiclass_classification", "regression" };
	static const char *const datasets[] = { "credit-g", "iris",
		"diabetes" };
	json_t *evaluation = kind == SAMPLE_BINARY       ? binary()
	                     : kind == SAMPLE_MULTICLASS ? multiclass()
	                                                 : regression();
	const char *metric_name =
	    json_string_value(json_object_get(evaluation, "metric"));
	json_t *trials =
	    sample_trials(kind == SAMPLE_BINARY ? 34 : 8, metric_name);

	return json_pack(
	    "{s:{s:s,s:s,s:s,s:s,s:s,s:I,s:s,s:s,s:{}}, s:{s:s,s:s,s:i,s:i},"
	    " s:o, s:o, s:o, s:o, s:o, s:o}",
	    "run", "run_id", run_id, "name", names[kind], "template",
	    templates[kind], "target",
	    json_string_value(json_object_get(evaluation, "target")),
	    "compliance", "base", "seed", (json_int_t)42, "created_by", "ada",
	    "created_at", "2026-11-24T08:15:42.123456+00:00", "params",
	    "dataset", "name", datasets[kind], "digest", digest, "rows", 1000,
	    "columns", 21, "profile", profile(), "evaluation", evaluation,
	    "trials", trials, "findings", findings(), "decisions", decisions(),
	    "lineage", lineage(templates[kind], trials));
}

void
sample_poison(json_t *v, const char *text)
{
	const char *key;
	json_t *item;
	size_t i;

	json_object_foreach (v, key, item) {
		if (json_is_string(item))
			json_string_set(item, text);
		else
			sample_poison(item, text);
	}
	json_array_foreach (v, i, item) {
		if (json_is_string(item))
			json_string_set(item, text);
		else
			sample_poison(item, text);
	}
}

void
sample_hollow(json_t *v, int empty_lists)
{
	const char *key;
	json_t *item;
	void *next;

	json_object_foreach_safe(v, next, key, item)
	{
		if (json_is_object(item))
			sample_hollow(item, empty_lists);
		else if (json_is_array(item) && empty_lists)
			json_array_clear(item);
		else
			json_object_set_new(v, key, json_null());
	}
}
