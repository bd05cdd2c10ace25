#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/ml/learner.h"
#include "lib/ml/spec.h"

#include "lib/banned.h"

#define NAMES_MAX   1000
#define DERIVED_MAX 200

#define ALL_LEARNERS ((1u << LEARNER__MAX) - 1)
#define TREES        (1u << LEARNER_RANDOM_FOREST | 1u << LEARNER_XGBOOST)
#define CLASSIFIERS  (1u << LEARNER_BASELINE | 1u << LEARNER_LOGISTIC | TREES)
#define REGRESSORS   (1u << LEARNER_BASELINE | 1u << LEARNER_RIDGE | TREES)
#define SCORECARDS                                                             \
	(1u << LEARNER_BASELINE | 1u << LEARNER_LOGISTIC |                     \
	    1u << LEARNER_SCORECARD)

/* clang-format off */
const char *const split_kind_names[SPLIT__MAX] = {
	[SPLIT_STRATIFIED] = "stratified",
	[SPLIT_RANDOM]     = "random",
	[SPLIT_GROUPED]    = "grouped",
	[SPLIT_TIME]       = "time",
};

const char *const threshold_rule_names[THRESHOLD__MAX] = {
	[THRESHOLD_F1]     = "f1",
	[THRESHOLD_MCC]    = "mcc",
	[THRESHOLD_YOUDEN] = "youden",
	[THRESHOLD_COST]   = "cost",
	[THRESHOLD_FIXED]  = "fixed",
};

const char *const calibration_kind_names[CALIBRATE__MAX] = {
	[CALIBRATE_AUTO]     = "auto",
	[CALIBRATE_NONE]     = "none",
	[CALIBRATE_PLATT]    = "platt",
	[CALIBRATE_ISOTONIC] = "isotonic",
};

const struct template_kind spec_templates[] = {
	{ "binary_classification",     TASK_BINARY,     METRIC_ROC_AUC,  CLASSIFIERS | 1u << LEARNER_SCORECARD },
	{ "multiclass_classification", TASK_MULTICLASS, METRIC_LOG_LOSS, CLASSIFIERS },
	{ "regression",                TASK_REGRESSION, METRIC_RMSE,     REGRESSORS },
	{ "scorecard",                 TASK_BINARY,     METRIC_ROC_AUC,  SCORECARDS },
	{ NULL }
};
/* clang-format on */

/* What each member of params is read by. */
typedef int (*param_fn)(struct spec *, const json_t *, const char *pointer,
    struct arena *, struct err *);

struct param {
	const char *name;
	param_fn read;
};

static int
name_find(const char *const *names, int n, const char *name)
{
	for (int i = 0; i < n; i++)
		if (name != NULL && strcmp(names[i], name) == 0)
			return i;
	return -1;
}

static int
read_number(const json_t *v, double min, double max, const char *pointer,
    double *out, struct err *err)
{
	double x = json_is_number(v) ? json_number_value(v) : NAN;

	if (!(x >= min && x <= max))
		return err_ptr(err, ERR_INVALID, pointer,
		    "must be a number from %g to %g", min, max);
	*out = x;
	return 0;
}

static int
read_int(const json_t *v, int min, int max, const char *pointer, int *out,
    struct err *err)
{
	if (!json_is_integer(v) || json_integer_value(v) < min ||
	    json_integer_value(v) > max)
		return err_ptr(err, ERR_INVALID, pointer,
		    "must be a whole number from %d to %d", min, max);
	*out = (int)json_integer_value(v);
	return 0;
}

static int
read_name(const json_t *v, const char *const *names, int n, const char *pointer,
    int *out, struct err *err)
{
	int i = name_find(names, n, json_string_value(v));
	char list[256] = "";
	size_t len = 0;

	if (i == -1) {
		for (int j = 0; j < n; j++)
			len += (size_t)snprintf(list + len, sizeof(list) - len,
			    "%s%s", j == 0 ? "" : ", ", names[j]);
		return err_ptr(
		    err, ERR_INVALID, pointer, "must be one of %s", list);
	}
	*out = i;
	return 0;
}

static int
read_bool(const json_t *v, const char *pointer, bool *out, struct err *err)
{
	if (!json_is_boolean(v))
		return err_ptr(
		    err, ERR_INVALID, pointer, "must be true or false");
	*out = json_is_true(v);
	return 0;
}

static int
read_names(const json_t *v, const char *pointer, const char ***out, int *n,
    struct arena *a, struct err *err)
{
	size_t i, count = json_array_size(v);
	const char **names;
	json_t *e;

	if (!json_is_array(v) || count > NAMES_MAX)
		return err_ptr(err, ERR_INVALID, pointer,
		    "must be a list of at most %d names", NAMES_MAX);
	names = arena_alloc(a, (count + 1) * sizeof(*names));
	json_array_foreach (v, i, e) {
		if (!json_is_string(e) || *json_string_value(e) == '\0')
			return err_ptr(err, ERR_INVALID,
			    arena_printf(a, "%s/%zu", pointer, i),
			    "must be a name");
		names[i] = arena_strdup(a, json_string_value(e));
	}
	*out = names;
	*n = (int)count;
	return 0;
}

static int
param_exclude(struct spec *s, const json_t *v, const char *pointer,
    struct arena *a, struct err *err)
{
	return read_names(v, pointer, &s->exclude, &s->nexclude, a, err);
}

static int
param_exclude_protected(struct spec *s, const json_t *v, const char *pointer,
    struct arena *a, struct err *err)
{
	(void)a;
	return read_bool(v, pointer, &s->exclude_protected, err);
}

static int
param_derived(struct spec *s, const json_t *v, const char *pointer,
    struct arena *a, struct err *err)
{
	size_t i, n = json_array_size(v);
	struct spec_derived *d;
	json_t *e;

	if (!json_is_array(v) || n > DERIVED_MAX)
		return err_ptr(err, ERR_INVALID, pointer,
		    "must be a list of at most %d features", DERIVED_MAX);
	d = arena_alloc(a, (n + 1) * sizeof(*d));
	json_array_foreach (v, i, e) {
		const char *name = json_str(e, "name", NULL);
		const char *expr = json_str(e, "expr", NULL);

		if (!json_is_object(e) || json_object_size(e) != 2 ||
		    name == NULL || *name == '\0' || expr == NULL)
			return err_ptr(err, ERR_INVALID,
			    arena_printf(a, "%s/%zu", pointer, i),
			    "must be {\"name\", \"expr\"}");
		d[i].name = arena_strdup(a, name);
		d[i].expr = arena_strdup(a, expr);
	}
	s->derived = d;
	s->nderived = (int)n;
	return 0;
}

static int
param_split(struct spec *s, const json_t *v, const char *pointer,
    struct arena *a, struct err *err)
{
	int i;

	(void)a;
	if (read_name(v, split_kind_names, SPLIT__MAX, pointer, &i, err) == -1)
		return -1;
	s->split = (enum split_kind)i;
	return 0;
}

static int
param_split_column(struct spec *s, const json_t *v, const char *pointer,
    struct arena *a, struct err *err)
{
	if (!json_is_string(v))
		return err_ptr(err, ERR_INVALID, pointer, "must be a name");
	s->split_column = arena_strdup(a, json_string_value(v));
	return 0;
}

static int
param_favourable(struct spec *s, const json_t *v, const char *pointer,
    struct arena *a, struct err *err)
{
	if (!json_is_string(v) || s->task == TASK_REGRESSION)
		return err_ptr(
		    err, ERR_INVALID, pointer, "must be a class of the target");
	s->favourable = arena_strdup(a, json_string_value(v));
	return 0;
}

static int
param_holdout(struct spec *s, const json_t *v, const char *pointer,
    struct arena *a, struct err *err)
{
	(void)a;
	return read_number(v, 0.05, 0.5, pointer, &s->holdout, err);
}

static int
param_folds(struct spec *s, const json_t *v, const char *pointer,
    struct arena *a, struct err *err)
{
	(void)a;
	return read_int(v, 2, 10, pointer, &s->folds, err);
}

static int
param_missing_target(struct spec *s, const json_t *v, const char *pointer,
    struct arena *a, struct err *err)
{
	static const char *const names[] = { "fail", "drop" };
	int i;

	(void)a;
	if (read_name(v, names, nitems(names), pointer, &i, err) == -1)
		return -1;
	s->drop_missing_target = i == 1;
	return 0;
}

static int
param_learners(struct spec *s, const json_t *v, const char *pointer,
    struct arena *a, struct err *err)
{
	const char **names;
	int n;
	unsigned mask = 1u << LEARNER_BASELINE;

	if (read_names(v, pointer, &names, &n, a, err) == -1)
		return -1;
	for (int i = 0; i < n; i++) {
		int l = name_find(learner_names, LEARNER__MAX, names[i]);

		if (l == -1 || !(s->learners & 1u << l))
			return err_ptr(err, ERR_INVALID,
			    arena_printf(a, "%s/%d", pointer, i),
			    "the template '%s' has no learner '%s'",
			    s->template, names[i]);
		mask |= 1u << l;
	}
	s->learners = mask;
	return 0;
}

static int
param_rounds_max(struct spec *s, const json_t *v, const char *pointer,
    struct arena *a, struct err *err)
{
	(void)a;
	return read_int(v, 10, 5000, pointer, &s->rounds_max, err);
}

static int
param_one_hot_max(struct spec *s, const json_t *v, const char *pointer,
    struct arena *a, struct err *err)
{
	(void)a;
	return read_int(v, 2, 255, pointer, &s->one_hot_max, err);
}

static int
param_threshold_rule(struct spec *s, const json_t *v, const char *pointer,
    struct arena *a, struct err *err)
{
	int i;

	(void)a;
	if (read_name(v, threshold_rule_names, THRESHOLD__MAX, pointer, &i,
		err) == -1)
		return -1;
	s->threshold_rule = (enum threshold_rule)i;
	return 0;
}

static int
param_threshold(struct spec *s, const json_t *v, const char *pointer,
    struct arena *a, struct err *err)
{
	(void)a;
	return read_number(v, 0, 1, pointer, &s->threshold, err);
}

static int
param_cost_fp(struct spec *s, const json_t *v, const char *pointer,
    struct arena *a, struct err *err)
{
	(void)a;
	return read_number(v, 1e-9, 1e9, pointer, &s->cost_fp, err);
}

static int
param_cost_fn(struct spec *s, const json_t *v, const char *pointer,
    struct arena *a, struct err *err)
{
	(void)a;
	return read_number(v, 1e-9, 1e9, pointer, &s->cost_fn, err);
}

static int
param_calibration(struct spec *s, const json_t *v, const char *pointer,
    struct arena *a, struct err *err)
{
	int i;

	(void)a;
	if (read_name(v, calibration_kind_names, CALIBRATE__MAX, pointer, &i,
		err) == -1)
		return -1;
	s->calibration = (enum calibration_kind)i;
	return 0;
}

/* clang-format off */
static const struct param params[] = {
	{ "exclude",           param_exclude },
	{ "exclude_protected", param_exclude_protected },
	{ "favourable",        param_favourable },
	{ "derived",           param_derived },
	{ "split",             param_split },
	{ "split_column",      param_split_column },
	{ "holdout",           param_holdout },
	{ "folds",             param_folds },
	{ "missing_target",    param_missing_target },
	{ "learners",          param_learners },
	{ "rounds_max",        param_rounds_max },
	{ "one_hot_max",       param_one_hot_max },
	{ "threshold_rule",    param_threshold_rule },
	{ "threshold",         param_threshold },
	{ "cost_fp",           param_cost_fp },
	{ "cost_fn",           param_cost_fn },
	{ "calibration",       param_calibration },
};
/* clang-format on */

static int
read_params(
    struct spec *s, const json_t *object, struct arena *a, struct err *err)
{
	const char *key;
	json_t *v;

	if (object == NULL || json_is_null(object))
		return 0;
	if (!json_is_object(object))
		return err_ptr(
		    err, ERR_INVALID, "/params", "must be an object");
	json_object_foreach ((json_t *)object, key, v) {
		const char *pointer = arena_printf(a, "/params/%.100s", key);
		size_t i;

		for (i = 0; i < nitems(params); i++)
			if (strcmp(params[i].name, key) == 0)
				break;
		if (i == nitems(params))
			return err_ptr(err, ERR_INVALID, pointer,
			    "there is no such parameter");
		if (params[i].read(s, v, pointer, a, err) == -1)
			return -1;
	}
	if ((s->split == SPLIT_GROUPED || s->split == SPLIT_TIME) &&
	    s->split_column == NULL)
		return err_ptr(err, ERR_INVALID, "/params/split_column",
		    "a %s split needs a column", split_kind_names[s->split]);
	if (s->split == SPLIT_STRATIFIED && s->task == TASK_REGRESSION)
		return err_ptr(err, ERR_INVALID, "/params/split",
		    "a stratified split needs classes");
	return 0;
}

static int
read_budget(struct spec *s, const json_t *budget, struct err *err)
{
	const json_t *v;

	if (budget == NULL || json_is_null(budget))
		return 0;
	if (!json_is_object(budget))
		return err_ptr(
		    err, ERR_INVALID, "/budget", "must be an object");
	if ((v = json_object_get(budget, "trials")) != NULL &&
	    read_int(v, 1, 10000, "/budget/trials", &s->trials, err) == -1)
		return -1;
	if ((v = json_object_get(budget, "seconds")) != NULL &&
	    read_number(v, 1, 1e6, "/budget/seconds", &s->seconds, err) == -1)
		return -1;
	return 0;
}

static int
read_objective(struct spec *s, const json_t *v, struct err *err)
{
	enum metric m;

	if (v == NULL || json_is_null(v))
		return 0;
	m = metric_find(json_string_value(v));
	if (m == METRIC__MAX)
		return err_ptr(
		    err, ERR_INVALID, "/objective", "there is no such metric");
	if (!(metric_kinds[m].tasks & 1u << s->task))
		return err_ptr(err, ERR_INVALID, "/objective",
		    "%s has no meaning for a %s task", metric_kinds[m].name,
		    task_names[s->task]);
	s->objective = m;
	return 0;
}

static const struct template_kind *
template_find(const char *name)
{
	const struct template_kind *t = spec_templates;

	while (t->name != NULL && (name == NULL || strcmp(t->name, name) != 0))
		t++;
	return t->name == NULL ? NULL : t;
}

struct spec *
spec_from_json(const json_t *run, struct arena *a, struct err *err)
{
	const struct template_kind *t;
	struct spec *s = arena_alloc(a, sizeof(*s));
	const json_t *v;
	double seed = 1;

	if ((t = template_find(json_str(run, "template", NULL))) == NULL) {
		err_ptr(err, ERR_INVALID, "/template",
		    "must be one of binary_classification, "
		    "multiclass_classification, regression, scorecard");
		return NULL;
	}
	*s = (struct spec){
		.template = t->name,
		.dataset_digest =
		    arena_strdup(a, json_str(run, "dataset_digest", "")),
		.task = t->task,
		.objective = t->objective,
		.learners = t->learners,
		.threads = 1,
		.split = t->task == TASK_REGRESSION ? SPLIT_RANDOM
		                                    : SPLIT_STRATIFIED,
		.holdout = 0.2,
		.folds = 5,
		.trials = 40,
		.seconds = 300,
		.rounds_max = 400,
		.one_hot_max = 32,
		.threshold = 0.5,
		.cost_fp = 1,
		.cost_fn = 1,
	};
	v = json_object_get(run, "target");
	if (!json_is_string(v) || *json_string_value(v) == '\0') {
		err_ptr(err, ERR_INVALID, "/target", "must name a column");
		return NULL;
	}
	s->target = arena_strdup(a, json_string_value(v));
	v = json_object_get(run, "positive");
	if (v != NULL && !json_is_null(v)) {
		if (!json_is_string(v) || t->task != TASK_BINARY) {
			err_ptr(err, ERR_INVALID, "/positive",
			    t->task == TASK_BINARY
				? "must be a value of the target, as text"
				: "only a binary task has a positive class");
			return NULL;
		}
		s->positive = arena_strdup(a, json_string_value(v));
	}
	v = json_object_get(run, "seed");
	if (v != NULL && !json_is_null(v) &&
	    (!json_is_integer(v) || read_number(v, 0, 9007199254740992.0,
					"/seed", &seed, err) == -1)) {
		err_ptr(err, ERR_INVALID, "/seed",
		    "must be a whole number from 0 to 2^53");
		return NULL;
	}
	s->seed = (uint64_t)seed;
	v = json_object_get(run, "protected");
	if (v != NULL && !json_is_null(v) &&
	    read_names(v, "/protected", &s->protect, &s->nprotect, a, err) ==
		-1)
		return NULL;
	if (read_objective(s, json_object_get(run, "objective"), err) == -1 ||
	    read_budget(s, json_object_get(run, "budget"), err) == -1 ||
	    read_params(s, json_object_get(run, "params"), a, err) == -1)
		return NULL;
	return s;
}

static json_t *
names_to_json(const char *const *names, int n)
{
	json_t *a = json_array();

	for (int i = 0; i < n; i++)
		json_array_append_new(a, json_string(names[i]));
	return a;
}

static json_t *
params_to_json(const struct spec *s)
{
	json_t *p = json_object(), *derived = json_array();
	json_t *names = json_array();

	for (int i = 0; i < s->nderived; i++)
		json_array_append_new(
		    derived, json_pack("{s:s,s:s}", "name", s->derived[i].name,
				 "expr", s->derived[i].expr));
	for (int i = 0; i < LEARNER__MAX; i++)
		if (s->learners & 1u << i)
			json_array_append_new(
			    names, json_string(learner_names[i]));
	json_object_set_new(
	    p, "exclude", names_to_json(s->exclude, s->nexclude));
	json_object_set_new(
	    p, "exclude_protected", json_boolean(s->exclude_protected));
	if (s->favourable != NULL)
		json_object_set_new(
		    p, "favourable", json_string(s->favourable));
	json_object_set_new(p, "derived", derived);
	json_object_set_new(
	    p, "split", json_string(split_kind_names[s->split]));
	if (s->split_column != NULL)
		json_object_set_new(
		    p, "split_column", json_string(s->split_column));
	json_object_set_new(p, "holdout", json_real(s->holdout));
	json_object_set_new(p, "folds", json_integer(s->folds));
	json_object_set_new(p, "missing_target",
	    json_string(s->drop_missing_target ? "drop" : "fail"));
	json_object_set_new(p, "learners", names);
	json_object_set_new(p, "rounds_max", json_integer(s->rounds_max));
	json_object_set_new(p, "one_hot_max", json_integer(s->one_hot_max));
	json_object_set_new(p, "threshold_rule",
	    json_string(threshold_rule_names[s->threshold_rule]));
	json_object_set_new(p, "threshold", json_real(s->threshold));
	json_object_set_new(p, "cost_fp", json_real(s->cost_fp));
	json_object_set_new(p, "cost_fn", json_real(s->cost_fn));
	json_object_set_new(p, "calibration",
	    json_string(calibration_kind_names[s->calibration]));
	return p;
}

json_t *
spec_to_json(const struct spec *s)
{
	json_t *v = json_object();

	json_object_set_new(v, "template", json_string(s->template));
	json_object_set_new(
	    v, "dataset_digest", json_string(s->dataset_digest));
	json_object_set_new(v, "target", json_string(s->target));
	if (s->positive != NULL)
		json_object_set_new(v, "positive", json_string(s->positive));
	json_object_set_new(
	    v, "objective", json_string(metric_kinds[s->objective].name));
	json_object_set_new(
	    v, "protected", names_to_json(s->protect, s->nprotect));
	json_object_set_new(v, "seed", json_integer((json_int_t)s->seed));
	json_object_set_new(v, "budget",
	    json_pack("{s:i,s:f}", "trials", s->trials, "seconds", s->seconds));
	json_object_set_new(v, "params", params_to_json(s));
	return v;
}

struct spec *
spec_derive(
    const struct spec *old, const char *name, const char *expr, struct arena *a)
{
	struct spec *s = arena_alloc(a, sizeof(*s));
	struct spec_derived *d;

	*s = *old;
	d = arena_alloc(a, (size_t)(old->nderived + 1) * sizeof(*d));
	for (int i = 0; i < old->nderived; i++)
		d[i] = old->derived[i];
	d[old->nderived].name = arena_strdup(a, name);
	d[old->nderived].expr = arena_strdup(a, expr);
	s->derived = d;
	s->nderived = old->nderived + 1;
	return s;
}
