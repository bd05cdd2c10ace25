/*
 * Inference calls: JSON fields in, JSON answer out.
 */
#include "config.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/data/value.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/score/answer.h"
#include "lib/score/date.h"
#include "lib/score/explain.h"
#include "lib/score/mws.h"
#include "lib/score/mws_map.h"
#include "lib/score/pack.h"

/* What can be wrong with a value and yet be lived with. */
enum trouble { UNKNOWN_FIELD, MISSING_FIELD, UNKNOWN_LEVEL, ILL_TYPED };

/* clang-format off */
static const struct {
	const char *code, *text;
	unsigned refuse;
} troubles[] = {
	[UNKNOWN_FIELD] = { "unknown_field", "the model has no such field: ignored", 0 },
	[MISSING_FIELD] = { "missing_field", "no value: taken as missing", REFUSE_MISSING },
	[UNKNOWN_LEVEL] = { "unknown_level", "the model was not trained with this value: taken as unknown", REFUSE_UNKNOWN },
	[ILL_TYPED]     = { "ill_typed", "the value does not fit the field", REFUSE_TYPE },
};

static const char *const spaces[LINK__MAX] = {
	[LINK_IDENTITY] = "value",
	[LINK_SIGMOID]  = "log_odds",
	[LINK_SOFTMAX]  = "log_odds",
	[LINK_EXP]      = "log",
};
/* clang-format on */

struct reader {
	const struct mws *m;
	struct raw *raw;
	json_t *warnings;
	struct arena *a;
	struct err *e;
};

/* /features/NAME, with the escapes of RFC 6901. */
static const char *
pointer(struct reader *r, const char *name)
{
	char *p = arena_alloc(r->a, sizeof("/features/") + 2 * strlen(name));
	char *to = p + strlen("/features/");

	memcpy(p, "/features/", strlen("/features/"));
	for (; *name != '\0'; name++) {
		if (*name == '~' || *name == '/') {
			*to++ = '~';
			*to++ = *name == '~' ? '0' : '1';
		} else {
			*to++ = *name;
		}
	}
	return p;
}

/* Warn, or refuse where the schema says so. */
static int
report(struct reader *r, const struct prep_field *f, const char *name,
    enum trouble what, const char *text)
{
	if (f != NULL && f->refuse & troubles[what].refuse)
		return err_ptr(r->e, ERR_INVALID, pointer(r, name), "%s",
		    what == MISSING_FIELD ? "a value is required"
					  : "the value does not fit the field");
	json_array_append_new(r->warnings,
	    json_pack("{ssssss}", "field", name, "code", troubles[what].code,
		"text", text != NULL ? text : troubles[what].text));
	return 0;
}

/* null, or a text that training reads as missing. */
static int
is_nothing(const json_t *v)
{
	return v == NULL || json_is_null(v) ||
	       (json_is_string(v) &&
		   value_missing(json_string_value(v), json_string_length(v)));
}

static int
read_number(struct reader *r, const struct prep_field *f, const json_t *v,
    struct raw *out)
{
	double x;

	if (json_is_number(v)) {
		x = json_number_value(v);
		if (!(fabs(x) <= (double)FLT_MAX))
			return err_ptr(r->e, ERR_INVALID, pointer(r, f->name),
			    "the number is too large");
	} else if (json_is_string(v) &&
		   value_number(
		       json_string_value(v), json_string_length(v), &x, NULL) &&
		   fabs(x) <= (double)FLT_MAX) {
		if (report(r, f, f->name, ILL_TYPED,
			"a text for a number: read as one") == -1)
			return -1;
	} else {
		return report(
		    r, f, f->name, ILL_TYPED, "not a number: taken as missing");
	}
	*out = (struct raw){ .kind = RAW_NUMBER, .number = x };
	return 0;
}

static int
read_date(struct reader *r, const struct prep_field *f, const json_t *v,
    struct raw *out)
{
	double x;
	struct date d;

	if (json_is_string(v)) {
		if (!value_datetime(
			json_string_value(v), json_string_length(v), &x))
			return report(r, f, f->name, ILL_TYPED,
			    "not a date: taken as missing");
	} else if (json_is_number(v)) {
		x = json_number_value(v);
		if (date_split(x, &d) == -1)
			return err_ptr(r->e, ERR_INVALID, pointer(r, f->name),
			    "the number is too large for a date");
	} else {
		return report(
		    r, f, f->name, ILL_TYPED, "not a date: taken as missing");
	}
	*out = (struct raw){ .kind = RAW_NUMBER, .number = x };
	return 0;
}

/* The level that a boolean stands for, in the words of the training data. */
static int
boolean_level(const struct mws *m, int field, int yes)
{
	const struct prep_field *f = &mws_prep(m)->field[field];
	const char *word = yes ? "true" : "false";
	int level = mws_level(m, field, word, strlen(word));

	for (int i = 0; level == -1 && i < f->nlevels; i++)
		if (value_boolean(f->level[i], strlen(f->level[i])) == yes)
			level = i;
	return level;
}

static int
number_level(const struct mws *m, int field, const json_t *v)
{
	char text[32];
	int level;

	if (json_is_integer(v)) {
		snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT,
		    json_integer_value(v));
		return mws_level(m, field, text, strlen(text));
	}
	/* As short as it goes, then with all its digits. */
	snprintf(text, sizeof(text), "%.15g", json_real_value(v));
	if ((level = mws_level(m, field, text, strlen(text))) != -1)
		return level;
	snprintf(text, sizeof(text), "%.17g", json_real_value(v));
	return mws_level(m, field, text, strlen(text));
}

static int
read_level(struct reader *r, int field, const struct prep_field *f,
    const json_t *v, struct raw *out)
{
	int level;

	if (json_is_string(v))
		level = mws_level(
		    r->m, field, json_string_value(v), json_string_length(v));
	else if (json_is_boolean(v))
		level = boolean_level(r->m, field, json_is_true(v));
	else
		level = number_level(r->m, field, v);
	if (level != -1) {
		*out = (struct raw){ .kind = RAW_LEVEL, .level = level };
		return 0;
	}
	if (is_nothing(v))
		return 0;
	*out = (struct raw){ .kind = RAW_UNKNOWN };
	return report(r, f, f->name, UNKNOWN_LEVEL, NULL);
}

static int
read_value(struct reader *r, const char *name, const json_t *v)
{
	int i = mws_field(r->m, name, strlen(name));
	const struct prep_field *f;

	if (json_is_object(v) || json_is_array(v))
		return err_ptr(r->e, ERR_INVALID, pointer(r, name),
		    "a field is a number, a text, true, false or null");
	if (json_is_real(v) && !isfinite(json_real_value(v)))
		return err_ptr(r->e, ERR_INVALID, pointer(r, name),
		    "the number is not finite");
	if (i == -1)
		return report(r, NULL, name, UNKNOWN_FIELD, NULL);
	f = &mws_prep(r->m)->field[i];
	if (!r->m->used[i] || (f->kind != FIELD_CATEGORY && is_nothing(v)))
		return 0;
	if (json_is_null(v))
		return 0;
	switch (f->kind) {
	case FIELD_NUMBER:
		return read_number(r, f, v, &r->raw[i]);
	case FIELD_DATETIME:
		return read_date(r, f, v, &r->raw[i]);
	default:
		return read_level(r, i, f, v, &r->raw[i]);
	}
}

int
score_read(const struct mws *m, const json_t *features, struct raw *raw,
    json_t *warnings, struct arena *a, struct err *e)
{
	struct reader r = { m, raw, warnings, a, e };
	const struct prep *p = mws_prep(m);
	const char *name;
	json_t *v;

	if (!json_is_object(features))
		return err_ptr(e, ERR_INVALID, "/features",
		    "the features are an object of fields");
	memset(raw, 0, (size_t)p->nfields * sizeof(*raw));
	json_object_foreach ((json_t *)(uintptr_t)features, name, v)
		if (read_value(&r, name, v) == -1)
			return -1;
	for (int i = 0; i < p->nfields; i++) {
		const char *field = p->field[i].name;

		/* A level may be written like what else means "missing". */
		if (m->used[i] && raw[i].kind == RAW_MISSING &&
		    is_nothing(json_object_get(features, field)) &&
		    report(&r, &p->field[i], field, MISSING_FIELD, NULL) == -1)
			return -1;
	}
	return 0;
}

/* Which label the numbers speak for; -1 for a regression. */
static int
decide(const struct mws *m, const float *p)
{
	int best = 0;

	switch (mws_task(m)) {
	case MWS_BINARY:
		return (double)p[0] >= mws_threshold(m) ? mws_positive(m)
		                                        : !mws_positive(m);
	case MWS_MULTICLASS:
		for (int i = 1; i < mws_nlabels(m); i++)
			if (p[i] > p[best])
				best = i;
		return best;
	default:
		return -1;
	}
}

static void
put_numbers(const struct mws *m, const float *p, int label, json_t *answer)
{
	json_t *all;

	if (label == -1) {
		json_object_set_new(
		    answer, "prediction", json_finite((double)p[0]));
		json_object_set_new(answer, "value", json_finite((double)p[0]));
		return;
	}
	json_object_set_new(
	    answer, "prediction", json_string(mws_label(m, label)));
	if (mws_task(m) == MWS_BINARY) {
		json_object_set_new(
		    answer, "probability", json_finite((double)p[0]));
		json_object_set_new(
		    answer, "threshold", json_real(mws_threshold(m)));
		return;
	}
	all = json_object();
	for (int i = 0; i < mws_nlabels(m); i++)
		json_object_set_new(
		    all, mws_label(m, i), json_finite((double)p[i]));
	json_object_set_new(answer, "probabilities", all);
}

/* A value as a reason words it: whole where it is short. */
static const char *
wording(const json_t *v, struct arena *a)
{
	const size_t most = 60;
	char *s;
	size_t n;

	if (json_is_null(v))
		return "missing";
	s = json_text(v, a);
	if ((n = strlen(s)) <= most)
		return s;
	/* Not in the middle of a character. */
	for (n = most; n > 0 && (s[n] & 0xc0) == 0x80; n--)
		;
	return arena_printf(a, "%.*s...", (int)n, s);
}

static json_t *
reason(const struct mws *m, const json_t *features, int field, double push,
    const char *label, struct arena *a)
{
	const char *name = mws_prep(m)->field[field].name;
	json_t *v = json_object_get(features, name), *r = json_object();
	auto_json json_t *given = v != NULL ? json_incref(v) : json_null();
	const char *said = wording(given, a);

	json_object_set_new(r, "field", json_string(name));
	json_object_set(r, "value", given);
	json_object_set_new(r, "contribution", json_finite(push));
	json_object_set_new(r, "text",
	    json_string(label != NULL
			    ? arena_printf(
				  a, "%s (%s) speaks for %s", name, said, label)
			    : arena_printf(a, "%s (%s) makes the value %s",
				  name, said, push > 0 ? "higher" : "lower")));
	return r;
}

static void
put_reasons(const struct mws *m, const json_t *features, int predicted,
    json_t *answer, struct arena *a)
{
	const struct prep *p = mws_prep(m);
	const size_t width = (size_t)p->nfields + 1;
	int label = mws_adverse(m) != -1 ? mws_adverse(m) : predicted;
	double *by =
	    arena_alloc(a, (size_t)mws_ngroups(m) * width * sizeof(*by));
	json_t *reasons = json_array(), *all = json_object();
	int field[ANSWER_REASONS], n;
	const double *of = by;

	explain_fields(m, m->x, by);
	n = explain_reasons(m, by, label, field, ANSWER_REASONS);
	if (mws_task(m) == MWS_MULTICLASS)
		of = by + (size_t)label * width;
	for (int i = 0; i < n; i++)
		json_array_append_new(
		    reasons, reason(m, features, field[i], of[field[i]],
				 mws_label(m, label), a));
	for (int i = 0; i < p->nfields; i++)
		if (m->used[i])
			json_object_set_new(
			    all, p->field[i].name, json_finite(of[i]));
	json_object_set_new(answer, "reasons", reasons);
	/* A binary model has one margin, that of its positive label. */
	if (mws_task(m) == MWS_BINARY)
		label = mws_positive(m);
	json_object_set_new(answer, "explanation",
	    json_pack("{s:s, s:s*, s:o, s:o}", "space", spaces[m->h->link],
		"label", mws_label(m, label), "base",
		json_finite(of[p->nfields]), "contributions", all));
}

static void
free_json(void *v)
{
	json_decref(v);
}

int
score_answer(const struct mws *m, const json_t *features, int explain,
    struct arena *a, json_t **answer, struct err *e)
{
	json_t *out = json_object(), *warnings = json_array();
	struct raw *raw =
	    arena_alloc(a, ((size_t)mws_prep(m)->nfields + 1) * sizeof(*raw));
	float *p = arena_alloc(a, (size_t)mws_ngroups(m) * sizeof(*p));
	int label;

	arena_defer(a, free_json, out);
	json_object_set_new(out, "warnings", warnings);
	if (score_read(m, features, raw, warnings, a, e) == -1)
		return -1;
	mws_predict(m, raw, p);
	label = decide(m, p);
	put_numbers(m, p, label, out);
	if (mws_kind(m) == MWS_SCORECARD)
		json_object_set_new(
		    out, "score", json_finite(mws_score(m, m->x)));
	if (explain)
		put_reasons(m, features, label, out, a);
	*answer = out;
	return 0;
}
