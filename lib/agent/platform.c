#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/agent/platform.h"
#include "lib/agent/progress.h"
#include "lib/agent/run.h"
#include "lib/agent/work.h"
#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/data/frame.h"
#include "lib/data/profile.h"
#include "lib/data/target.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/ml/evaluate.h"
#include "lib/ml/metric.h"
#include "lib/ml/model.h"
#include "lib/ml/spec.h"
#include "lib/ml/split.h"
#include "lib/report/picture.h"
#include "lib/store.h"

#include "lib/banned.h"

#define JSON_FILE_MAX (256UL * 1024 * 1024)

/* The files of a bundle, as lib/ml/model.h names them. */
static const struct {
	const char *name, *media_type;
} bundle_files[] = {
	{ "model.json", "application/json" },
	{ "booster.ubj", "application/octet-stream" },
	{ "scorer.mws", "application/octet-stream" },
	{ "reference.json", "application/json" },
	{ "MANIFEST", "text/plain" },
};

static const char *const on_error_names[] = {
	[ON_ERROR_FAIL] = "fail",
	[ON_ERROR_SKIP] = "skip",
	[ON_ERROR_NULL] = "null",
};

enum data_format
platform_format(const char *name)
{
	for (int i = 0; i < DATA__MAX; i++)
		if (strcmp(data_format_names[i], name) == 0)
			return (enum data_format)i;
	return DATA_CSV;
}

enum on_error
platform_on_error(const char *name)
{
	for (size_t i = 0; i < nitems(on_error_names); i++)
		if (strcmp(on_error_names[i], name) == 0)
			return (enum on_error)i;
	return ON_ERROR_FAIL;
}

int
platform_load(struct work *w, const struct data_place *place, struct err *e)
{
	struct split *split;
	struct frame *f;

	w->place = place;
	if (work_respec(w, e) == -1)
		return -1;
	if (access(place->path, R_OK) == -1)
		return err_set(e,
		    errno == ENOENT ? ERR_NOT_FOUND : ERR_INTERNAL,
		    "the data set's bytes are not in the store: %s",
		    strerror(errno));
	f = frame_read(place->path, platform_format(place->format),
	    platform_on_error(place->on_error), e);
	if (f == NULL)
		return -1;
	work_lock(w, f);
	if (target_check(f, w->spec->target, task_names[w->spec->task], e) ==
	    -1) {
		if (*e->pointer == '\0')
			snprintf(e->pointer, sizeof(e->pointer), "/target");
		return -1;
	}
	/* What cannot be split is refused before anybody starts to work. */
	if ((split = work_split(w, w->request, e)) == NULL)
		return -1;
	split_free(split);
	return 0;
}

/* The artifacts of a platform's step: noted when it was replayed, too. */
static int
note(struct work *w, const json_t *step)
{
	work_note_artifacts(w, json_object_get(step, "artifacts"));
	return 0;
}

static json_t *
keep_json(struct work *w, const char *name, const char *kind, const json_t *doc,
    struct err *e)
{
	struct arena *a = arena_new();
	const char *text = json_text(doc, a);
	json_t *kept =
	    work_keep(w, name, kind, "application/json", text, strlen(text), e);

	arena_free(a);
	return kept;
}

static json_t *
read_artifact(struct work *w, const char *name, struct err *e)
{
	const json_t *artifact = work_artifact(w, name);
	char path[4096];

	if (store_check(
		w->data_dir, json_str(artifact, "sha256", ""), name, e) == -1)
		return NULL;
	store_path(
	    w->data_dir, json_str(artifact, "sha256", ""), path, sizeof(path));
	return json_parse_file(path, JSON_FILE_MAX, e);
}

/* A picture of each column, from the profile, into the list of artifacts. */
static int
keep_pictures(
    struct work *w, const json_t *profile, json_t *made, struct err *e)
{
	auto_json json_t *files = NULL;
	const json_t *one;
	char dir[4096], path[4400];
	json_t *kept;
	size_t i;
	int rc = -1;

	if (work_folder(w, dir, e) == -1)
		return -1;
	if ((files = picture_columns(profile, dir, e)) != NULL)
		rc = 0;
	json_array_foreach (files, i, one) {
		snprintf(path, sizeof(path), "%s/%s", dir,
		    json_str(one, "name", ""));
		kept = work_keep_file(w, json_str(one, "name", ""), "plot",
		    json_str(one, "media_type", ""), path, e);
		if (kept == NULL) {
			rc = -1;
			break;
		}
		json_array_append_new(made, kept);
	}
	work_folder_done(dir);
	return rc;
}

static int
profile_once(struct work *w, const char *key, struct err *e)
{
	auto_json json_t *doc =
	    profile_file(w->place->path, platform_format(w->place->format),
		platform_on_error(w->place->on_error), w->spec->target, e);
	auto_json json_t *made = json_array();
	json_t *kept;

	if (doc == NULL ||
	    (kept = keep_json(w, "profile.json", "profile", doc, e)) == NULL)
		return -1;
	json_array_append_new(made, kept);
	if (keep_pictures(w, doc, made, e) == -1)
		return -1;
	return run_commit(
	    w->run, key, "platform", json_pack("{s:O}", "artifacts", made), e);
}

int
platform_profile(struct work *w, struct err *e)
{
	const char *key = "platform/profile";

	if (run_step(w->run, key) == NULL && profile_once(w, key, e) == -1)
		return -1;
	note(w, run_step(w->run, key));
	json_decref(w->dataset_profile);
	w->dataset_profile = read_artifact(w, "profile.json", e);
	return w->dataset_profile == NULL ? -1 : 0;
}

static json_t *
keep_bundle(struct work *w, const char *dir, struct err *e)
{
	json_t *list = json_array(), *kept;
	char path[4200], name[64];

	for (size_t i = 0; i < nitems(bundle_files); i++) {
		snprintf(
		    path, sizeof(path), "%s/%s", dir, bundle_files[i].name);
		snprintf(name, sizeof(name), "model/%s", bundle_files[i].name);
		if (access(path, F_OK) == -1)
			continue; /* a linear model has no booster */
		kept = work_keep_file(
		    w, name, "model", bundle_files[i].media_type, path, e);
		if (kept == NULL) {
			json_decref(list);
			return NULL;
		}
		json_array_append_new(list, kept);
	}
	return list;
}

static json_t *
fit(struct work *w, struct err *e)
{
	const json_t *result = json_object_get(w->selection, "result");
	char dir[4096], digest[DIGEST_HEX];
	json_t *artifacts = NULL;
	struct model *m;

	if (result == NULL) {
		err_set(e, ERR_CONFLICT, "no trial was selected");
		return NULL;
	}
	if ((m = model_fit(w->study, result, &w->watch, e)) == NULL)
		return NULL;
	if (work_folder(w, dir, e) == 0) {
		if (model_save(m, dir, digest, e) == 0)
			artifacts = keep_bundle(w, dir, e);
		work_folder_done(dir);
	}
	model_free(m);
	if (artifacts == NULL)
		return NULL;
	return json_pack(
	    "{s:s, s:o}", "digest", digest, "artifacts", artifacts);
}

int
platform_fit(struct work *w, struct err *e)
{
	const char *key = "platform/fit";
	json_t *step = run_step(w->run, key);

	if (step == NULL) {
		if ((step = fit(w, e)) == NULL ||
		    run_commit(w->run, key, "platform", step, e) == -1)
			return -1;
		step = run_step(w->run, key);
	}
	note(w, step);
	json_decref(w->model);
	w->model = json_incref(step);
	return 0;
}

/* The bundle as files in a folder, by link where the file system can. */
static struct model *
fetch_model(struct work *w, const char *dir, struct err *e)
{
	const json_t *list = json_object_get(w->model, "artifacts"), *one;
	char from[4096], to[4200];
	size_t i;

	json_array_foreach (list, i, one) {
		if (store_check(w->data_dir, json_str(one, "sha256", ""),
			json_str(one, "name", ""), e) == -1)
			return NULL;
		store_path(w->data_dir, json_str(one, "sha256", ""), from,
		    sizeof(from));
		snprintf(to, sizeof(to), "%s/%s", dir,
		    json_str(one, "name", "model/") + strlen("model/"));
		if (link(from, to) == -1 && symlink(from, to) == -1) {
			err_set(e, ERR_INTERNAL, "cannot link '%s': %s", to,
			    strerror(errno));
			return NULL;
		}
	}
	return model_load(dir, e);
}

static json_t *
score(struct work *w, struct err *e)
{
	json_t *doc = NULL;
	struct model *m;
	char dir[4096];

	if (work_folder(w, dir, e) == -1)
		return NULL;
	if ((m = fetch_model(w, dir, e)) != NULL)
		doc = evaluate_holdout(m, w->split, w->results, &w->watch, e);
	model_free(m);
	work_folder_done(dir);
	return doc;
}

static int
score_once(struct work *w, const char *key, struct err *e)
{
	const char *metric = metric_kinds[w->spec->objective].name;
	json_t *doc = score(w, e), *kept, *value;

	if (doc == NULL)
		return -1;
	value = json_object_get(json_object_get(doc, "holdout"), metric);
	run_event(w->run, "holdout_scored", NULL,
	    json_pack("{s:s, s:O?, s:O?, s:O?, s:O?}", "metric", metric,
		"value", value, "baseline",
		json_object_get(json_object_get(doc, "baseline"), metric),
		"rows",
		json_object_get(json_object_get(doc, "rows"), "holdout"),
		"model", json_object_get(w->model, "digest")));
	kept = keep_json(w, "metrics.json", "metrics", doc, e);
	json_decref(doc);
	if (kept == NULL)
		return -1;
	run_patch(w->run, "progress", progress_json(w));
	return run_commit(w->run, key, "platform",
	    json_pack("{s:[o]}", "artifacts", kept), e);
}

int
platform_score(struct work *w, struct err *e)
{
	const char *key = "platform/holdout";

	if (run_step(w->run, key) == NULL && score_once(w, key, e) == -1)
		return -1;
	note(w, run_step(w->run, key));
	json_decref(w->evaluation);
	w->evaluation = read_artifact(w, "metrics.json", e);
	return w->evaluation == NULL ? -1 : 0;
}
