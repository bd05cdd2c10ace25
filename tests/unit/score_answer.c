/*
 * Answers: decisions, warnings, refusals with their pointers, reasons.
 */
#include "config.h"

#include <math.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/score/answer.h"
#include "lib/score/explain.h"
#include "lib/score/mws.h"
#include "tests/tap.h"
#include "tests/unit/score_model.h"

static struct arena *a;
static struct err e;

static json_t *
ask(const struct mws *m, const char *features, int explain)
{
	auto_json json_t *v = json_parse(features, strlen(features), &e);
	json_t *answer = NULL;

	if (v == NULL)
		return NULL;
	e = (struct err){ 0 };
	return score_answer(m, v, explain, a, &answer, &e) == 0 ? answer : NULL;
}

/* Whether exactly this is warned of: "field code, field code". */
static int
warned(const json_t *answer, const char *want)
{
	const json_t *w;
	char *text = arena_strdup(a, "");
	size_t i;

	json_array_foreach (json_object_get(answer, "warnings"), i, w)
		text = arena_printf(a, "%s%s%s %s", text, i > 0 ? ", " : "",
		    json_str(w, "field", "?"), json_str(w, "code", "?"));
	if (strcmp(text, want) != 0)
		printf("# %s\n", text);
	return strcmp(text, want) == 0;
}

static void
test_answers(const struct mws *m)
{
	json_t *v = ask(m,
	    "{\"age\": 50, \"job\": \"smith\", \"since\": "
	    "\"2000-02-29\", \"member\": \"yes\", \"note\": null}",
	    0);
	/* As the weights of score_model.c have it. */
	double margin = -2.5 + 0.5 * (double)(float)((50.0 - 30) * 0.1) + 2 +
	                0.25 * (double)-0.2f + 0.001 * 2000 + 0.01 * 50 +
	                0.3 * 2.5 - 0.75;
	double p = 1 / (1 + exp(-margin));

	ok(fabs(json_num(v, "probability", -1) - p) < 1e-6,
	    "the probability is %g", json_num(v, "probability", -1));
	ok(strcmp(json_str(v, "prediction", ""), "bad") == 0,
	    "it is over the threshold, so the positive label is predicted");
	ok(json_num(v, "threshold", -1) == 0.4, "the threshold is told");
	ok(warned(v, ""), "nothing is warned of");
	ok(json_object_get(v, "reasons") == NULL, "no reasons unless asked");
	v = ask(m,
	    "{\"age\": 25, \"job\": \"clerk\", \"since\": \"1900-01-01\", "
	    "\"member\": true}",
	    0);
	ok(strcmp(json_str(v, "prediction", ""), "good") == 0 && warned(v, ""),
	    "below the threshold the other label is predicted");
}

static void
test_warnings(const struct mws *m)
{
	/* clang-format off */
	const struct { const char *features, *want; } t[] = {
		{ "{}", "age missing_field, job missing_field, since missing_field, member missing_field" },
		{ "{\"age\":1,\"job\":\"pope\",\"since\":0,\"member\":\"no\"}", "job unknown_level" },
		{ "{\"age\":1,\"job\":\"clerk\",\"since\":0,\"member\":\"no\",\"hat\":1}", "hat unknown_field" },
		{ "{\"age\":\"young\",\"job\":\"clerk\",\"since\":0,\"member\":\"no\"}", "age ill_typed" },
		{ "{\"age\":true,\"job\":\"clerk\",\"since\":0,\"member\":\"no\"}", "age ill_typed" },
		{ "{\"age\":\"31\",\"job\":\"clerk\",\"since\":0,\"member\":\"no\"}", "age ill_typed" },
		{ "{\"age\":\"?\",\"job\":\"NA\",\"since\":\"\",\"member\":\"no\"}", "age missing_field, job missing_field, since missing_field" },
		{ "{\"age\":1,\"job\":7,\"since\":\"soon\",\"member\":\"no\"}", "job unknown_level, since ill_typed" },
		{ "{\"age\":1,\"job\":\"clerk\",\"since\":false,\"member\":0.5}", "since ill_typed, member unknown_level" },
		{ "{\"age\":1,\"job\":\"caf\xc3\xa9/bar\",\"since\":0,\"member\":false,\"note\":\"what\"}", "" },
	};
	/* clang-format on */

	for (size_t i = 0; i < nitems(t); i++)
		ok(warned(ask(m, t[i].features, 0), t[i].want), "%s warns: %s",
		    t[i].features, t[i].want);

	json_t *text = ask(m, "{\"age\": \"31\"}", 0);
	json_t *number = ask(m, "{\"age\": 31}", 0);

	ok(json_equal(json_object_get(text, "probability"),
	       json_object_get(number, "probability")),
	    "a number written as a text counts as the number");
}

static void
test_refusals(const struct mws *m)
{
	/* clang-format off */
	const struct { const char *features, *pointer; } t[] = {
		{ "[]", "/features" },
		{ "{\"age\": []}", "/features/age" },
		{ "{\"age\": {\"x\": 1}}", "/features/age" },
		{ "{\"hat/~x\": {}}", "/features/hat~1~0x" },
		{ "{\"age\": 1e39}", "/features/age" },
		{ "{\"since\": 1e15}", "/features/since" },
	};
	/* clang-format on */

	for (size_t i = 0; i < nitems(t); i++)
		ok(ask(m, t[i].features, 0) == NULL && e.code == ERR_INVALID &&
			strcmp(e.pointer, t[i].pointer) == 0,
		    "%s is refused at %s: %s", t[i].features, e.pointer,
		    e.text);
}

static void
test_policy(void)
{
	struct prep *p = model_prep();
	struct pack pack = model_pack(p);
	struct mws *m;

	p->field[0].refuse = REFUSE_MISSING;
	p->field[1].refuse = REFUSE_UNKNOWN;
	p->field[2].refuse = REFUSE_TYPE;
	m = model_open(&pack, a);
	ok(ask(m, "{\"job\":\"clerk\"}", 0) == NULL &&
		strcmp(e.pointer, "/features/age") == 0,
	    "a schema can insist on a field: %s", e.text);
	ok(ask(m, "{\"age\":1,\"job\":\"pope\"}", 0) == NULL &&
		strcmp(e.pointer, "/features/job") == 0,
	    "or on known levels: %s", e.text);
	ok(ask(m, "{\"age\":1,\"since\":\"soon\"}", 0) == NULL &&
		strcmp(e.pointer, "/features/since") == 0,
	    "or on types: %s", e.text);
	ok(warned(ask(m, "{\"age\":1}", 0),
	       "job missing_field, since missing_field, member missing_field"),
	    "and warn of what it does not insist on");
	for (int i = 0; i < p->nfields; i++)
		p->field[i].refuse = 0;
}

static void
test_reasons(const struct mws *m)
{
	json_t *v =
	    ask(m, "{\"age\": 50, \"job\": \"smith\", \"member\": \"yes\"}", 1);
	const json_t *reasons = json_object_get(v, "reasons");
	const json_t *why = json_object_get(v, "explanation");
	const json_t *all = json_object_get(why, "contributions"), *c;
	const char *name;
	double sum = json_num(why, "base", NAN), p, last = INFINITY;
	size_t i;

	json_object_foreach ((json_t *)(uintptr_t)all, name, c)
		sum += json_number_value(c);
	p = json_num(v, "probability", -1);
	ok(fabs(sum - log(p / (1 - p))) < 1e-5,
	    "contributions and base sum up to the log odds");
	ok(json_object_size(all) == 4,
	    "each field that matters has a contribution");
	ok(json_array_size(reasons) == 3, "three fields speak for the label");
	json_array_foreach (reasons, i, c) {
		ok(json_num(c, "contribution", -1) > 0 &&
			json_num(c, "contribution", -1) <= last,
		    "reason %zu: %s", i + 1, json_str(c, "text", "?"));
		last = json_num(c, "contribution", -1);
	}
	ok(strcmp(json_str(json_array_get(reasons, 0), "field", ""), "job") ==
		0,
	    "the strongest is first");
	v = ask(m,
	    "{\"job\": "
	    "\"x\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9"
	    "\\u00e9\\u00e9"
	    "\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u"
	    "00e9\\u00e9\\u00e9\\u00e9\\u00e9"
	    "\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u"
	    "00e9\\u00e9\\u00e9\\u00e9\\u00e9\"}",
	    1);
	c = json_array_get(json_object_get(v, "reasons"), 1);
	ok(strcmp(json_str(c, "field", ""), "job") == 0 &&
		strstr(json_str(c, "text", ""), "...") != NULL &&
		json_string_length(json_object_get(c, "text")) < 100,
	    "a long value is cut between characters: %s",
	    json_str(c, "text", "?"));
	v = ask(m, "{\"member\": \"yes\"}", 1);
	reasons = json_object_get(v, "reasons");
	json_array_foreach (reasons, i, c)
		ok(json_is_null(json_object_get(c, "value")),
		    "a missing field can be a reason: %s",
		    json_str(c, "text", "?"));
}

static void
test_others(void)
{
	static const char *label[] = { "low", "middle", "high" };
	static const double bias[] = { 0.1, 0.7, 0.2 };
	static const double kx[] = { 0.1, 0.5, 0.9 }, ky[] = { 0, 0.2, 1 };
	struct pack p = model_pack(model_prep());
	float f[3];
	json_t *v;

	p.kind = MWS_CONSTANT;
	p.task = MWS_MULTICLASS;
	p.label = label;
	p.nlabels = 3;
	p.adverse = -1;
	p.bias = bias;
	p.link = LINK_SOFTMAX;
	v = ask(model_open(&p, a), "{}", 1);
	ok(strcmp(json_str(v, "prediction", ""), "middle") == 0 &&
		json_object_size(json_object_get(v, "probabilities")) == 3,
	    "a constant of three labels");
	ok(json_array_size(json_object_get(v, "reasons")) == 0,
	    "has no reasons");

	p.task = MWS_REGRESSION;
	p.nlabels = 0;
	p.link = LINK_IDENTITY;
	v = ask(model_open(&p, a), "{}", 0);
	ok(json_num(v, "value", 0) == (double)0.1f &&
		json_equal(json_object_get(v, "value"),
		    json_object_get(v, "prediction")),
	    "a regression answers with its value");

	p = model_pack(model_prep());
	p.calibration = CALIBRATION_ISOTONIC;
	p.knot_x = kx;
	p.knot_y = ky;
	p.nknots = 3;
	for (int i = 0; i < 3; i++)
		f[i] = (float[]){ 0.05f, 0.7f, 0.95f }[i];
	for (int i = 0; i < 3; i++)
		mws_calibrate(model_open(&p, a), &f[i]);
	ok(f[0] == 0 && fabs((double)f[1] - 0.6) < 1e-6 && f[2] == 1,
	    "isotonic calibration joins its knots and is flat outside");
	p.calibration = CALIBRATION_PLATT;
	p.platt_a = 1;
	p.platt_b = 0.5;
	f[0] = 0.3f;
	mws_calibrate(model_open(&p, a), &f[0]);
	ok(fabs((double)f[0] - 1 / (1 + exp(-(log(0.3 / 0.7) + 0.5)))) < 1e-6,
	    "Platt's calibration moves the log odds");
}

static void
test_scorecard(void)
{
	struct pack p = model_pack(model_prep());
	static const float reference[9] = { 0, 0, 0, 0, 0, 2000, 0, 0, 0 };
	double odds = log(2), margin, prob;
	json_t *v;

	p.kind = MWS_SCORECARD;
	p.bias = (double[]){ 600 };
	p.intercept = 600 / 20 * odds;
	p.slope = -odds / 20;
	p.reference = reference;
	v = ask(model_open(&p, a), "{\"age\": 50, \"job\": \"smith\"}", 1);
	/* 2 + 0 + 0 + 1 - 0.2 + 2000 + 50 + 2.5 + 0.5 points and the base */
	ok(fabs(json_num(v, "score", 0) - 2655.8) < 1e-3,
	    "a scorecard tells %g points", json_num(v, "score", 0));
	margin = p.intercept + p.slope * json_num(v, "score", 0);
	prob = 1 / (1 + exp(-margin));
	ok(fabs(json_num(v, "probability", 0) - prob) < 1e-4 * prob,
	    "and its probability");
	ok(json_num(json_object_get(
			json_object_get(v, "explanation"), "contributions"),
	       "since", 1) == 0,
	    "what is at the reference contributes nothing");
}

int
main(void)
{
	struct pack p = model_pack(model_prep());
	struct mws *m;

	a = arena_new();
	m = model_open(&p, a);
	test_answers(m);
	test_warnings(m);
	test_refusals(m);
	test_policy();
	test_reasons(m);
	test_others();
	test_scorecard();
	arena_free(a);
	return done();
}
