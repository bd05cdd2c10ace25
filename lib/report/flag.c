#include "config.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/banned.h"
#include "lib/json.h"
#include "lib/report/measure.h"
#include "lib/report/section.h"

/*
 * The limits are conventions, named where they are applied: PSI 0.1 and 0.25
 * of credit scoring, the four-fifths rule (29 CFR 1607.4(D)) as a screen, an
 * expected calibration error of 5 points, groups and holdouts too small for a
 * share to be known within about 10 points.
 */
#define PSI_WATCH     0.10
#define PSI_SHIFT     0.25
#define ECE_LIMIT     0.05
#define FOUR_FIFTHS   0.8
#define GROUP_SMALL   50
#define HOLDOUT_SMALL 300
#define MISSING_HIGH  0.2

struct flags {
	struct arena *arena;
	struct flag *first[DOC_TONE__MAX], *last[DOC_TONE__MAX];
};

static void __attribute__((format(printf, 3, 4)))
raise_flag(struct flags *f, enum doc_tone tone, const char *fmt, ...)
{
	struct flag *new = arena_alloc(f->arena, sizeof(*new));
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	new->tone = tone;
	new->text = arena_strdup(f->arena, text);
	if (f->last[tone] != NULL)
		f->last[tone]->next = new;
	else
		f->first[tone] = new;
	f->last[tone] = new;
}

static void
flag_metric(struct flags *f, const json_t *evaluation)
{
	struct measured m;

	if (measured_main(&m, evaluation) == -1) {
		raise_flag(f, DOC_BAD,
		    "No holdout metric is recorded, so nothing is known about "
		    "how the model does on new data.");
		return;
	}
	if (measured_verdict(&m) == MEASURED_WORSE)
		raise_flag(f, DOC_BAD,
		    "%s is worse than the baseline's, over the whole "
		    "interval.",
		    m.of->label);
	if (measured_verdict(&m) == MEASURED_UNSURE)
		raise_flag(f, DOC_WARN,
		    "The interval of %s holds the baseline's value: the "
		    "holdout does not show that the model is better.",
		    m.of->label);
}

static void
flag_holdout(struct flags *f, const json_t *evaluation)
{
	double n =
	    json_num(json_object_get(evaluation, "rows"), "holdout", NAN);

	if (n < HOLDOUT_SMALL)
		raise_flag(f, DOC_WARN,
		    "The holdout has %.0f rows; with so few the intervals are "
		    "wide, and small groups are hardly measured.",
		    n);
}

static void
flag_calibration(struct flags *f, const json_t *evaluation)
{
	const json_t *c = json_object_get(evaluation, "calibration");
	double ece = json_num(c, "ece", json_num(c, "ece_after", NAN));

	if (ece > ECE_LIMIT)
		raise_flag(f, DOC_WARN,
		    "Probabilities are off by %.1f points on average "
		    "(expected calibration error %.3f, limit %.2f); do not "
		    "read a score as a probability without care.",
		    100 * ece, ece, ECE_LIMIT);
}

static void
flag_fairness(struct flags *f, const json_t *evaluation)
{
	const json_t *list = json_object_get(evaluation, "fairness"), *v, *g;
	size_t i, j;

	if (json_array_size(list) == 0)
		raise_flag(f, DOC_PLAIN,
		    "No protected attribute was named, so fairness was not "
		    "measured.");
	json_array_foreach (list, i, v) {
		double ratio = json_num(v, "selection_rate_ratio", NAN);
		const char *name = json_str(v, "attribute", "");
		size_t small = 0;

		if (i == SECTION_ATTRIBUTES_MAX)
			break;
		if (ratio < FOUR_FIFTHS)
			raise_flag(f, DOC_WARN,
			    "By %.80s, the lowest selection rate is %.3f of "
			    "the highest, under the four-fifths screen of "
			    "0.8.",
			    name, ratio);
		json_array_foreach (json_object_get(v, "groups"), j, g)
			small += json_num(g, "n", NAN) < GROUP_SMALL;
		if (small > 0)
			raise_flag(f, DOC_PLAIN,
			    "By %.80s, %zu group%s fewer than %d rows in the "
			    "holdout; rates there are rough.",
			    name, small, small == 1 ? " has" : "s have",
			    GROUP_SMALL);
	}
}

double
flag_psi_chance(const json_t *evaluation)
{
	const json_t *rows = json_object_get(evaluation, "rows");

	return 9 * (1 / json_num(rows, "development", NAN) +
		       1 / json_num(rows, "holdout", NAN));
}

static void
flag_stability(struct flags *f, const json_t *evaluation)
{
	const json_t *s = json_object_get(evaluation, "stability"), *v;
	double psi = json_num(s, "score_psi", NAN);
	/* What chance could do is no warning. */
	double chance = 2 * flag_psi_chance(evaluation);
	size_t i, watch = 0;
	const char *worst = "";
	double most = 0;

	if (psi > PSI_WATCH)
		raise_flag(f,
		    !(psi > chance)   ? DOC_PLAIN
		    : psi > PSI_SHIFT ? DOC_BAD
				      : DOC_WARN,
		    "The score is distributed differently in the holdout than "
		    "in development (PSI %.3f; convention: over %.2f watch, "
		    "over %.2f shifted).",
		    psi, PSI_WATCH, PSI_SHIFT);
	json_array_foreach (json_object_get(s, "features"), i, v) {
		double x = json_num(v, "psi", NAN);

		watch += x > PSI_WATCH;
		if (x > most) {
			most = x;
			worst = json_str(v, "feature", "");
		}
	}
	if (watch > 0)
		raise_flag(f,
		    most > PSI_SHIFT && most > chance ? DOC_WARN : DOC_PLAIN,
		    "%zu feature%s a PSI over %.2f between development and "
		    "holdout, most of all %.80s (%.3f).",
		    watch, watch == 1 ? " has" : "s have", PSI_WATCH, worst,
		    most);
}

/* "a, b, c and 4 more" of the names of those columns that answer. */
static size_t
name_columns(struct arena *a, const json_t *columns,
    int (*answers)(const json_t *, double), double rows, const char **names)
{
	const json_t *c;
	size_t i, n = 0;
	char *list = arena_strdup(a, "");

	json_array_foreach (columns, i, c) {
		if (!answers(c, rows))
			continue;
		if (n < 5)
			list = arena_printf(a, "%s%s%.60s", list,
			    n > 0 ? ", " : "", json_str(c, "name", ""));
		n++;
	}
	*names = n > 5 ? arena_printf(a, "%s and %zu more", list, n - 5) : list;
	return n;
}

static int
is_personal(const json_t *column, double rows)
{
	const json_t *v;
	size_t i;

	(void)rows;
	json_array_foreach (json_object_get(column, "suspects"), i, v)
		if (json_is_string(v) &&
		    strncmp(json_string_value(v), "personal", 8) == 0)
			return 1;
	return 0;
}

static int
is_sparse(const json_t *column, double rows)
{
	return json_num(column, "missing", 0) > MISSING_HIGH * rows;
}

static void
flag_data(struct flags *f, const json_t *profile)
{
	const json_t *columns = json_object_get(profile, "columns"), *v;
	double duplicates = json_num(profile, "duplicate_rows", 0);
	double rows = json_num(profile, "rows", INFINITY);
	const char *names;
	size_t i, n;

	json_array_foreach (json_object_get(profile, "leakage"), i, v) {
		if (i == 5)
			break;
		raise_flag(f, DOC_WARN,
		    "%.80s alone all but gives the target away (%.80s %.3f): "
		    "it may not be known when a prediction is made.",
		    json_str(v, "column", ""), json_str(v, "measure", "score"),
		    json_num(v, "score", NAN));
	}
	n = name_columns(f->arena, columns, is_personal, rows, &names);
	if (n > 0)
		raise_flag(f, DOC_WARN,
		    "%zu column%s to hold personal data: %s.", n,
		    n == 1 ? " seems" : "s seem", names);
	n = name_columns(f->arena, columns, is_sparse, rows, &names);
	if (n > 0)
		raise_flag(f, DOC_PLAIN,
		    "%zu column%s more than %.0f%% missing values: %s.", n,
		    n == 1 ? " has" : "s have", 100 * MISSING_HIGH, names);
	if (duplicates > 0)
		raise_flag(f, DOC_PLAIN,
		    "%.0f rows are exact duplicates of others; copies may lie "
		    "on both sides of the split.",
		    duplicates);
}

/* Open, and more than a remark. */
static int
is_pending(const json_t *finding)
{
	static const char *const grave[] = { "medium", "high", "critical" };
	const char *severity = json_str(finding, "severity", "");

	if (strcmp(json_str(finding, "status", "open"), "open") != 0)
		return 0;
	for (size_t i = 0; i < nitems(grave); i++)
		if (strcmp(severity, grave[i]) == 0)
			return 1;
	return json_is_true(json_object_get(finding, "needs_answer"));
}

static void
flag_findings(struct flags *f, const json_t *findings)
{
	const json_t *v;
	size_t i, open = 0;

	json_array_foreach (findings, i, v)
		open += (size_t)is_pending(v);
	if (open > 0)
		raise_flag(f, DOC_WARN,
		    "%zu finding%s of medium severity or more %s open.", open,
		    open == 1 ? "" : "s", open == 1 ? "is" : "are");
}

struct flag *
flag_all(const struct section_input *in)
{
	static const enum doc_tone order[] = { DOC_BAD, DOC_WARN, DOC_PLAIN };
	struct flags f = { .arena = in->arena };
	struct flag *all = NULL, **end = &all;

	flag_metric(&f, in->evaluation);
	flag_findings(&f, in->findings);
	flag_fairness(&f, in->evaluation);
	flag_stability(&f, in->evaluation);
	flag_calibration(&f, in->evaluation);
	flag_data(&f, in->profile);
	flag_holdout(&f, in->evaluation);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if ((*end = f.first[order[i]]) != NULL)
			end = &f.last[order[i]]->next;
	return all;
}
