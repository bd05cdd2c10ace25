#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/agent/run.h"
#include "lib/agent/work.h"
#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/data/frame.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/ml/evaluate.h"
#include "lib/ml/spec.h"
#include "lib/ml/split.h"
#include "lib/ml/trial.h"
#include "lib/store.h"

struct vault {
	struct frame *frame;
};

static int
tick(void *arg, double fraction)
{
	(void)fraction;
	return run_poll(arg);
}

void
work_init(struct work *w, struct run *run, struct arena *a)
{
	*w = (struct work){
		.run = run,
		.arena = a,
		.threads = 1,
		.watch = { tick, run },
		.vault = arena_alloc(a, sizeof(*w->vault)),
		.request = json_deep_copy(run_row(run)),
		.probes = json_object(),
		.excluded = json_array(),
		.derived = json_array(),
		.results = json_array(),
		.trials = json_array(),
		.findings = json_array(),
		.decisions = json_array(),
		.artifacts = json_array(),
	};
}

void
work_done(struct work *w)
{
	json_t *const owned[] = { w->request, w->dataset_profile, w->profile,
		w->probes, w->excluded, w->derived, w->results, w->trials,
		w->selection, w->findings, w->decisions, w->artifacts, w->model,
		w->evaluation, w->development };

	for (size_t i = 0; i < nitems(owned); i++)
		json_decref(owned[i]);
	study_free(w->study);
	split_free(w->split);
	frame_free(w->vault->frame);
}

void
work_lock(struct work *w, struct frame *f)
{
	frame_free(w->vault->frame);
	w->vault->frame = f;
}

json_t *
work_columns(const struct work *w)
{
	const struct frame *f = w->vault->frame;
	json_t *list = json_array();

	for (size_t i = 0; i < f->ncols; i++)
		json_array_append_new(
		    list, json_pack("{s:s, s:s}", "name", f->column[i].name,
			      "type", column_type_names[f->column[i].type]));
	return list;
}

size_t
work_rows(const struct work *w)
{
	return w->vault->frame->nrows;
}

size_t
work_column_count(const struct work *w)
{
	return w->vault->frame->ncols;
}

int
work_respec(struct work *w, struct err *e)
{
	struct spec *spec = spec_from_json(w->request, w->arena, e);

	if (spec == NULL)
		return -1;
	spec->threads = w->threads;
	w->spec = spec;
	return 0;
}

int
work_seal(struct work *w, struct err *e)
{
	struct split *split = split_make(w->vault->frame, w->spec, e);

	if (split == NULL)
		return -1;
	study_free(w->study);
	split_free(w->split);
	w->split = split;
	w->study = study_new(split);
	json_object_clear(w->probes);
	json_decref(w->development);
	w->development = NULL;
	return 0;
}

struct split *
work_split(const struct work *w, const json_t *request, struct err *e)
{
	struct spec *spec = spec_from_json(request, w->arena, e);

	return spec == NULL ? NULL : split_make(w->vault->frame, spec, e);
}

int
work_change(struct work *w, const json_t *excluded, const json_t *derived,
    struct err *e)
{
	json_t *request = work_request(w, excluded, derived);

	json_decref(w->request);
	w->request = request;
	if (work_respec(w, e) == -1 || work_seal(w, e) == -1)
		return -1;
	if (json_array_size(w->results) > 0) {
		w->generation++;
		json_array_clear(w->results);
		json_decref(w->selection);
		w->selection = NULL;
	}
	return 0;
}

static json_t *
params(json_t *request)
{
	json_t *p = json_object_get(request, "params");

	if (json_is_object(p))
		return p;
	p = json_object();
	json_object_set_new(request, "params", p);
	return p;
}

static json_t *
list_of(json_t *object, const char *key)
{
	json_t *list = json_object_get(object, key);

	if (json_is_array(list))
		return list;
	list = json_array();
	json_object_set_new(object, key, list);
	return list;
}

static bool
has_text(const json_t *list, const char *text)
{
	const json_t *v;
	size_t i;

	json_array_foreach (list, i, v)
		if (json_is_string(v) &&
		    strcmp(json_string_value(v), text) == 0)
			return true;
	return false;
}

json_t *
work_request(
    const struct work *w, const json_t *excluded, const json_t *derived)
{
	json_t *request = json_deep_copy(w->request);
	json_t *exclude = list_of(params(request), "exclude");
	json_t *derive = list_of(params(request), "derived");
	const json_t *v;
	size_t i;

	json_array_foreach (excluded, i, v)
		if (!has_text(exclude, json_str(v, "column", "")))
			json_array_append(
			    exclude, json_object_get(v, "column"));
	json_array_foreach (derived, i, v)
		json_array_append_new(derive,
		    json_pack("{s:s, s:s}", "name", json_str(v, "name", ""),
			"expr", json_str(v, "expr", "")));
	return request;
}

int
work_column(const struct work *w, const char *name, struct err *e)
{
	int i = frame_find(w->split->frame, name);

	if (i == -1)
		return err_set(
		    e, ERR_INVALID, "there is no column '%.200s'", name);
	return i;
}

bool
work_usable(const struct work *w, const char *name)
{
	if (strcmp(name, w->spec->target) == 0)
		return false;
	for (int i = 0; i < w->spec->nexclude; i++)
		if (strcmp(w->spec->exclude[i], name) == 0)
			return false;
	return true;
}

static json_t *
kept(struct work *w, const char *name, const char *kind, const char *media_type,
    const struct stored *object)
{
	run_artifact(w->run, name, kind, media_type, object);
	run_event(w->run, "artifact_written", NULL,
	    json_pack("{s:s, s:s, s:I, s:s}", "name", name, "kind", kind,
		"bytes", (json_int_t)object->bytes, "sha256", object->sha256));
	return json_pack("{s:s, s:s, s:s, s:I, s:s}", "name", name, "kind",
	    kind, "media_type", media_type, "bytes", (json_int_t)object->bytes,
	    "sha256", object->sha256);
}

json_t *
work_keep(struct work *w, const char *name, const char *kind,
    const char *media_type, const void *bytes, size_t n, struct err *e)
{
	struct stored object;

	if (store_put(w->data_dir, bytes, n, &object, e) == -1)
		return NULL;
	return kept(w, name, kind, media_type, &object);
}

json_t *
work_keep_file(struct work *w, const char *name, const char *kind,
    const char *media_type, const char *path, struct err *e)
{
	struct stored object;

	if (store_put_file(w->data_dir, path, &object, e) == -1)
		return NULL;
	return kept(w, name, kind, media_type, &object);
}

void
work_note_artifacts(struct work *w, const json_t *list)
{
	const json_t *one, *old;
	size_t i, j;

	json_array_foreach (list, i, one) {
		json_array_foreach (w->artifacts, j, old)
			if (strcmp(json_str(old, "name", ""),
				json_str(one, "name", "")) == 0) {
				json_array_remove(w->artifacts, j);
				break;
			}
		json_array_append_new(w->artifacts, json_deep_copy(one));
	}
}

const json_t *
work_artifact(const struct work *w, const char *name)
{
	const json_t *one;
	size_t i;

	json_array_foreach (w->artifacts, i, one)
		if (strcmp(json_str(one, "name", ""), name) == 0)
			return one;
	return NULL;
}

int
work_folder(const struct work *w, char path[4096], struct err *e)
{
	snprintf(path, 4096, "%s/tmp", w->data_dir);
	if (mkdir(path, 0750) == -1 && errno != EEXIST)
		return err_file(e, "make", path);
	snprintf(path, 4096, "%s/tmp/%s.XXXXXX", w->data_dir, run_id(w->run));
	if (mkdtemp(path) == NULL)
		return err_file(e, "make", path);
	return 0;
}

/* Remove what is in a folder that we made, two levels deep at most. */
static void
empty(int at, int depth)
{
	const struct dirent *entry;
	DIR *d = fdopendir(at);
	int sub;

	if (d == NULL) {
		close(at);
		return;
	}
	while ((entry = readdir(d)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0 ||
		    unlinkat(at, entry->d_name, 0) == 0)
			continue;
		if (depth == 0)
			continue;
		sub = openat(at, entry->d_name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub != -1)
			empty(sub, depth - 1);
		unlinkat(at, entry->d_name, AT_REMOVEDIR);
	}
	closedir(d);
}

void
work_sweep(const struct work *w)
{
	const char *id = run_id(w->run);
	const struct dirent *entry;
	char path[4096 + NAME_MAX];
	DIR *d;

	snprintf(path, sizeof(path), "%s/tmp", w->data_dir);
	if ((d = opendir(path)) == NULL)
		return;
	while ((entry = readdir(d)) != NULL)
		if (strncmp(entry->d_name, id, strlen(id)) == 0) {
			snprintf(path, sizeof(path), "%s/tmp/%s", w->data_dir,
			    entry->d_name);
			work_folder_done(path);
		}
	closedir(d);
}

void
work_folder_done(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd != -1)
		empty(fd, 2);
	rmdir(path);
}

const json_t *
work_development(struct work *w, struct err *e)
{
	const json_t *result = json_object_get(w->selection, "result");

	if (result == NULL) {
		err_set(e, ERR_INVALID, "no trial is selected yet");
		return NULL;
	}
	if (w->development == NULL)
		w->development = evaluate_development(
		    w->study, json_object_get(result, "config"), &w->watch, e);
	return w->development;
}
