#include "config.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/ml/learner.h"
#include "lib/ml/rng.h"
#include "lib/ml/search.h"
#include "lib/ml/spec.h"

#include "lib/banned.h"

#define STREAM 0x73656172 /* "sear" */

/* From this share of the seconds on, what is good is finished before anything
 * new is begun. */
#define FINISH 0.7

/*
 * The slots of a search: first the fixed trials, then `drawn` random ones,
 * then `raised` of these, again, on all folds.  Results say their slot; those
 * without are an agent's own.
 */
struct plan {
	enum learner_id fixed[LEARNER__MAX];
	int nfixed, drawn, raised;
	bool rungs; /* false: drawn ones are trained on all folds at once */
};

static bool
has_learner(const struct spec *s, int l)
{
	return (s->learners & 1u << l) && (learners[l].tasks & 1u << s->task);
}

static int
validated(const struct spec *s)
{
	return s->folds - (s->split == SPLIT_TIME);
}

/* What is asked first: should the budget be short, the others are missed
 * less. */
static const enum learner_id order[LEARNER__MAX] = {
	LEARNER_BASELINE,
	LEARNER_LOGISTIC,
	LEARNER_RIDGE,
	LEARNER_XGBOOST,
	LEARNER_SCORECARD,
	LEARNER_RANDOM_FOREST,
};

static struct plan
make_plan(const struct spec *s)
{
	struct plan p = { 0 };
	int left, weight = 0;

	for (int i = 0; i < LEARNER__MAX; i++) {
		if (!has_learner(s, order[i]))
			continue;
		weight += learners[order[i]].weight;
		if (p.nfixed < s->trials)
			p.fixed[p.nfixed++] = order[i];
	}
	left = weight == 0 ? 0 : s->trials - p.nfixed;
	p.rungs = left >= 4 && validated(s) > 2;
	p.raised = p.rungs ? left / 4 : 0;
	p.drawn = left - p.raised;
	return p;
}

int
search_planned(const struct spec *s)
{
	struct plan p = make_plan(s);

	return p.nfixed + p.drawn + p.raised;
}

static bool
finite_score(const json_t *result, double *score)
{
	const json_t *v = json_object_get(result, "score");

	*score = json_number_value(v);
	return json_is_number(v);
}

static bool
is_better(const struct spec *s, double a, double b)
{
	return metric_kinds[s->objective].sign > 0 ? a > b : a < b;
}

static bool
is_whole(const struct spec *s, const json_t *result)
{
	return json_array_size(json_object_get(result, "folds")) ==
	       (size_t)validated(s);
}

/* A scorecard run must end in a scorecard: others are there to compare. */
static bool
is_eligible(const struct spec *s, const json_t *result)
{
	const char *name = json_string_value(
	    json_object_get(json_object_get(result, "config"), "learner"));

	return strcmp(s->template, "scorecard") != 0 || name == NULL ||
	       !(s->learners & 1u << LEARNER_SCORECARD) ||
	       strcmp(name, learner_names[LEARNER_SCORECARD]) == 0;
}

const json_t *
search_best(const struct spec *s, const json_t *results)
{
	const json_t *best = NULL, *r;
	double best_score = 0, score;
	size_t i;

	json_array_foreach ((json_t *)results, i, r)
		if (is_whole(s, r) && is_eligible(s, r) &&
		    finite_score(r, &score) &&
		    (best == NULL || is_better(s, score, best_score))) {
			best = r;
			best_score = score;
		}
	return best;
}

static const json_t *
slot_result(const json_t *results, int slot)
{
	const json_t *r;
	size_t i;

	json_array_foreach ((json_t *)results, i, r)
		if (json_int(r, "slot", -1) == slot)
			return r;
	return NULL;
}

static enum learner_id
draw_learner(const struct spec *s, struct rng *r)
{
	int total = 0, at;
	bool forced = strcmp(s->template, "scorecard") == 0 &&
	              has_learner(s, LEARNER_SCORECARD);

	if (forced)
		return LEARNER_SCORECARD;
	for (int l = 0; l < LEARNER__MAX; l++)
		total += has_learner(s, l) ? learners[l].weight : 0;
	at = (int)rng_below(r, (uint64_t)total);
	for (int l = 0; l < LEARNER__MAX; l++) {
		at -= has_learner(s, l) ? learners[l].weight : 0;
		if (at < 0)
			return (enum learner_id)l;
	}
	abort();
}

static json_t *
request(const struct spec *s, const json_t *results, int slot, int rung,
    json_t *config, bool whole)
{
	json_t *folds = json_array();
	int first = s->split == SPLIT_TIME ? 1 : 0;

	if (whole)
		for (int f = first; f < s->folds; f++)
			json_array_append_new(folds, json_integer(f));
	else /* by time: the two that have the most to learn from */
		for (int f = 0; f < 2; f++)
			json_array_append_new(folds,
			    json_integer(first == 0 ? f : s->folds - 2 + f));
	return json_pack("{s:I,s:i,s:i,s:o,s:o}", "trial",
	    (json_int_t)json_array_size(results) + 1, "rung", rung, "slot",
	    slot, "config", config, "folds", folds);
}

static json_t *
finished(const char *reason)
{
	return json_pack("{s:b,s:s}", "done", 1, "reason", reason);
}

/* The drawn result of the given rank that is worth going on with; of equals,
 * the earlier is the better. */
static const json_t *
ranked(
    const struct spec *s, const struct plan *p, const json_t *results, int rank)
{
	for (int i = 0; i < p->drawn; i++) {
		const json_t *r = slot_result(results, p->nfixed + i);
		double score, other;
		int ahead = 0;

		if (r == NULL || !finite_score(r, &score))
			continue;
		for (int j = 0; j < p->drawn; j++) {
			const json_t *o = slot_result(results, p->nfixed + j);

			if (j == i || o == NULL || !finite_score(o, &other))
				continue;
			ahead += is_better(s, other, score) ||
			         (other == score && j < i);
		}
		if (ahead == rank)
			return r;
	}
	return NULL;
}

json_t *
search_next(const struct spec *s, const json_t *results, struct err *err)
{
	struct plan p = make_plan(s);
	const json_t *r;
	double spent = 0;
	int slot = 0;
	size_t i;

	if (!json_is_array(results)) {
		err_set(err, ERR_INTERNAL, "a search's results are no list");
		return NULL;
	}
	json_array_foreach ((json_t *)results, i, r) {
		int used = (int)json_int(r, "slot", -1);

		slot = used >= slot ? used + 1 : slot;
		spent += json_num(r, "seconds", 0);
	}
	if (slot >= 2 && spent >= s->seconds)
		return finished("the budget of seconds is spent");
	if (slot < p.nfixed)
		return request(s, results, slot, 1,
		    json_pack("{s:s}", "learner", learner_names[p.fixed[slot]]),
		    true);
	if (slot < p.nfixed + p.drawn && p.rungs &&
	    spent >= FINISH * s->seconds)
		slot = p.nfixed + p.drawn;
	if (slot < p.nfixed + p.drawn) {
		struct rng rng;

		rng_init(&rng, s->seed, STREAM + ((uint64_t)slot << 32));
		return request(s, results, slot, p.rungs ? 0 : 1,
		    learner_draw(draw_learner(s, &rng), &rng), !p.rungs);
	}
	if (slot < p.nfixed + p.drawn + p.raised) {
		r = ranked(s, &p, results, slot - p.nfixed - p.drawn);
		if (r != NULL)
			return request(s, results, slot, 1,
			    json_deep_copy(json_object_get(r, "config")), true);
	}
	return finished("the budget of trials is spent");
}

json_t *
search_to_json(const struct spec *s, const json_t *results)
{
	json_t *so_far = json_array(), *prefix = json_array();
	const json_t *r, *best;
	size_t i;

	json_array_foreach ((json_t *)results, i, r) {
		json_array_append(prefix, (json_t *)r);
		best = search_best(s, prefix);
		json_array_append_new(so_far,
		    best == NULL ? json_null()
				 : json_incref(json_object_get(best, "score")));
	}
	json_decref(prefix);
	return json_pack("{s:s,s:O,s:o}", "metric",
	    metric_kinds[s->objective].name, "trials", results, "best_so_far",
	    so_far);
}
