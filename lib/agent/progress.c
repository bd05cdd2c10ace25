#include "config.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "lib/agent/progress.h"
#include "lib/agent/template.h"
#include "lib/agent/work.h"
#include "lib/json.h"
#include "lib/ml/search.h"
#include "lib/ml/spec.h"

#include "lib/banned.h"

/* Shares of a run's time, as measured on credit-g and adult. */
static const struct {
	const char *phase;
	double share;
} shares[] = {
	{ "intake", 0.01 },
	{ "profile", 0.02 },
	{ "plan", 0.01 },
	{ "prepare", 0.10 },
	{ "train", 0.66 },
	{ "challenge", 0.05 },
	{ "evaluate", 0.10 },
	{ "document", 0.05 },
};

static double
share(const char *phase)
{
	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++)
		if (strcmp(shares[i].phase, phase) == 0)
			return shares[i].share;
	return 0.02;
}

/* The seconds that what was journaled took, and its share of the whole. */
static double
remaining(const struct work *w, double fraction)
{
	struct timespec now;
	double spent;

	clock_gettime(CLOCK_MONOTONIC, &now);
	spent = (double)now.tv_sec + (double)now.tv_nsec / 1e9 - w->started +
	        w->spent_before;
	if (fraction < 0.02 || spent < 0.2)
		return NAN;
	return spent * (1 - fraction) / fraction;
}

json_t *
progress_json(const struct work *w)
{
	const struct template *t = w->template;
	int planned = w->spec != NULL ? search_planned(w->spec) : t->trials;
	int trials = (int)json_array_size(w->results);
	double sum = 0, done = 0, eta;

	if (planned < trials)
		planned = trials;
	for (int i = 0; i < t->nphases; i++) {
		sum += share(t->phase[i].name);
		if (i < w->phase)
			done += share(t->phase[i].name);
		else if (i == w->phase &&
			 strcmp(t->phase[i].name, "train") == 0 && planned > 0)
			done += share("train") * trials / planned;
	}
	done = w->phase >= t->nphases ? 1 : sum > 0 ? done / sum : 0;
	eta = remaining(w, done);
	return json_pack("{s:i, s:i, s:f, s:o}", "done", trials + w->phase,
	    "total", planned + t->nphases, "fraction",
	    round(done * 1000) / 1000, "eta_s",
	    json_finite(round(eta * 10) / 10));
}
