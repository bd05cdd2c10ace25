/* A whole run in memory: the rules provider, the real tools, real learners, a
 * small table with everything that a data steward and a validator look for. */
#include "config.h"

#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/agent/pipeline.h"
#include "lib/agent/platform.h"
#include "lib/agent/rules.h"
#include "lib/agent/run.h"
#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/err.h"
#include "lib/json.h"
#include "tests/tap.h"

static char dir[] = "/tmp/agent-pipeline-XXXXXX";
static struct err e;

static unsigned long state = 1;

static double
draw(void)
{
	state = state * 6364136223846793005UL + 1442695040888963407UL;
	return (double)(state >> 11) / 9007199254740992.0;
}

/* 400 people: income says something, noise nothing, the e-mail everything
 * about one, `outcome` gives the target away. */
static const char *
write_people(struct arena *a)
{
	const char *path = arena_printf(a, "%s/people.csv", dir);
	FILE *f = fopen(path, "w");
	double income, noise, p;
	int yes;

	fputs("email,income,noise,sex,flat,outcome,default\n", f);
	for (int i = 0; i < 400; i++) {
		income = exp(7 + 2 * draw());
		noise = draw();
		p = 1 / (1 + exp(income / 1500 - 1.5));
		yes = draw() < p;
		fprintf(f, "p%d@example.org,%.2f,%.4f,%s,1,%s,%s\n", i, income,
		    noise, draw() < 0.5 ? "f" : "m", yes ? "lost" : "paid",
		    yes ? "yes" : "no");
	}
	fclose(f);
	return path;
}

static struct run *
run_people(struct arena *a, const char *path, const char *row, int *rc)
{
	auto_json json_t *v = json_loads(row, 0, NULL);
	struct data_place place = { path, "csv", "fail" };
	struct run *run = run_open_memory(v, a);

	e = (struct err){ 0 };
	*rc = pipeline_run(
	    &(struct pipeline){
		.run = run,
		.provider = &rules_provider,
		.share_dir = SRCDIR "/share",
		.data_dir = dir,
		.place = &place,
		.threads = 1,
	    },
	    a, &e);
	return run;
}

static const json_t *
nth_event(const struct run *run, const char *type, int n)
{
	const json_t *one;
	size_t i;

	json_array_foreach (run_memory_events(run), i, one)
		if (strcmp(json_str(one, "type", ""), type) == 0 && n-- == 0)
			return json_object_get(one, "payload");
	return NULL;
}

static int
has_finding(const struct run *run, const char *title)
{
	const json_t *one;

	for (int n = 0; (one = nth_event(run, "finding_raised", n)) != NULL;
	     n++)
		if (strstr(json_str(one, "title", ""), title) != NULL)
			return 1;
	return 0;
}

static const char *
artifact(const struct run *run, const char *name)
{
	const json_t *one;
	size_t i;

	json_array_foreach (run_memory_artifacts(run), i, one)
		if (strcmp(json_str(one, "name", ""), name) == 0)
			return json_str(one, "sha256", NULL);
	return NULL;
}

/* Whether a column stands among the arguments of columns_exclude. */
static int
left_out(const struct run *run, const char *column)
{
	const json_t *d, *one;
	size_t i;

	for (int n = 0; (d = nth_event(run, "decision", n)) != NULL; n++) {
		if (strcmp(json_str(d, "tool", ""), "columns_exclude") != 0)
			continue;
		json_array_foreach (
		    json_object_get(json_object_get(d, "arguments"), "columns"),
		    i, one)
			if (strcmp(json_str(one, "column", ""), column) == 0)
				return 1;
	}
	return 0;
}

#define ROW                                                                    \
	"{\"run_id\":\"run_1\",\"template\":\"binary_classification\","        \
	"\"dataset_name\":\"people\",\"dataset_digest\":\"%064d\","            \
	"\"target\":\"%s\",\"positive\":\"yes\",\"objective\":null,"           \
	"\"protected\":[\"sex\"],\"seed\":3,"                                  \
	"\"budget\":{\"trials\":6},\"params\":{%s}}"

static void
test_whole(struct arena *a, const char *path)
{
	const char *row = arena_printf(a, ROW, 0, "default", "");
	char digest[65] = "";
	struct run *run;
	int rc;

	run = run_people(a, path, row, &rc);
	ok(rc == 0, "a run goes through to the end: %s", e.text);
	ok(left_out(run, "email") && left_out(run, "flat"),
	    "the steward leaves out personal data and constants");
	ok(left_out(run, "outcome") && has_finding(run, "give the target away"),
	    "and what gives the target away, with a finding");
	ok(!left_out(run, "income") && !left_out(run, "sex"),
	    "but not what is fine, nor a protected attribute");
	ok(artifact(run, "model/MANIFEST") != NULL &&
		artifact(run, "metrics.json") != NULL &&
		artifact(run, "report.pdf") != NULL &&
		artifact(run, "model_card.md") != NULL &&
		artifact(run, "profile.json") != NULL &&
		artifact(run, "lineage.json") != NULL,
	    "model, metrics, report, card, profile and lineage are there");
	ok(nth_event(run, "holdout_scored", 0) != NULL &&
		nth_event(run, "holdout_scored", 1) == NULL,
	    "the holdout was scored once");
	ok(nth_event(run, "model_selected", 0) != NULL, "a model was chosen");
	snprintf(digest, sizeof(digest), "%s",
	    rc == 0 ? artifact(run, "model/MANIFEST") : "");
	run_close(run);

	run = run_people(a, path, row, &rc);
	ok(rc == 0 && strcmp(artifact(run, "model/MANIFEST"), digest) == 0,
	    "the same run again gives the same model");
	run_close(run);
}

static void
test_refused(struct arena *a, const char *path)
{
	/* clang-format off */
	static const struct {
		const char *target, *params, *pointer, *what;
	} bad[] = {
		{ "nothing", "", "/target", "a target that is not there" },
		{ "flat", "", "/target", "a constant target" },
		{ "default", "\"folds\": 99", "/params/folds", "too many folds" },
		{ "default", "\"what\": 1", "/params/what", "an unknown parameter" },
	};
	/* clang-format on */
	struct run *run;
	int rc;

	for (size_t i = 0; i < nitems(bad); i++) {
		run = run_people(a, path,
		    arena_printf(a, ROW, 0, bad[i].target, bad[i].params), &rc);
		ok(rc == -1 && e.code == ERR_INVALID &&
			strcmp(e.pointer, bad[i].pointer) == 0,
		    "%s is refused at %s: %s", bad[i].what, e.pointer, e.text);
		ok(nth_event(run, "trial_started", 0) == NULL,
		    "before anything is trained");
		run_close(run);
	}
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st;
	(void)type;
	(void)f;
	return remove(path);
}

static void
remove_all(void)
{
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int
main(void)
{
	struct arena *a = arena_new();
	const char *path;

	if (mkdtemp(dir) == NULL)
		return 99;
	path = write_people(a);
	test_whole(a, path);
	test_refused(a, path);
	arena_free(a);
	remove_all();
	return done();
}
