#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/agent/agent.h"
#include "lib/agent/folder.h"
#include "lib/agent/lineage.h"
#include "lib/agent/run.h"
#include "lib/agent/tool.h"
#include "lib/agent/tools.h"
#include "lib/agent/work.h"
#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/report/report.h"
#include "lib/store.h"

#include "lib/banned.h"

#define READ_MAX  (16 * 1024)
#define WHOLE_MAX (64 * 1024 * 1024)

/* The run as the API shows it, from its row. */
static json_t *
run_shape(const struct work *w)
{
	static const char *const kept[] = { "run_id", "name", "template",
		"target", "positive", "objective", "protected", "compliance",
		"seed", "budget", "params", "created_by", "created_at",
		"started_at" };
	const json_t *row = run_row(w->run);
	json_t *v, *run = json_object();

	for (size_t i = 0; i < nitems(kept); i++)
		if ((v = json_object_get(row, kept[i])) != NULL)
			json_object_set(run, kept[i], v);
	json_object_set_new(run, "dataset",
	    json_pack("{s:O?, s:O?}", "name",
		json_object_get(row, "dataset_name"), "digest",
		json_object_get(row, "dataset_digest")));
	return run;
}

/* What the bundle says of itself, NULL when it cannot be read: the report is
 * then a little shorter. */
static json_t *
bundle_json(const struct work *w)
{
	const json_t *one = work_artifact(w, "model/model.json");
	char path[4096];
	struct err e;

	if (one == NULL || store_check(w->data_dir, json_str(one, "sha256", ""),
			       "model/model.json", &e) == -1)
		return NULL;
	store_path(
	    w->data_dir, json_str(one, "sha256", ""), path, sizeof(path));
	return json_parse_file(path, WHOLE_MAX, &e);
}

static json_t *
report_doc(const struct work *w)
{
	const json_t *row = run_row(w->run);

	return json_pack(
	    "{s:o, s:{s:O?, s:O?, s:I, s:I}, s:O?, s:O?, s:O, s:O, s:O, s:o,"
	    " s:o*}",
	    "run", run_shape(w), "dataset", "name",
	    json_object_get(row, "dataset_name"), "digest",
	    json_object_get(row, "dataset_digest"), "rows",
	    (json_int_t)work_rows(w), "columns",
	    (json_int_t)work_column_count(w), "profile", w->dataset_profile,
	    "evaluation", w->evaluation, "trials", w->trials, "findings",
	    w->findings, "decisions", w->decisions, "lineage", lineage_json(w),
	    "model", bundle_json(w));
}

static bool
wanted(const json_t *list, const char *document)
{
	const json_t *v;
	size_t i;

	json_array_foreach (list, i, v)
		if (strcmp(json_string_value(v), document) == 0)
			return true;
	return false;
}

/* What document a file of the report belongs to. */
static const char *
document_of(const json_t *file)
{
	return strcmp(json_str(file, "kind", ""), "plot") == 0
	           ? "report"
	           : json_str(file, "kind", "");
}

static int
keep_files(struct work *w, const char *dir, const json_t *files,
    const json_t *documents, json_t *made, struct err *e)
{
	const json_t *one;
	char path[4400];
	json_t *kept;
	size_t i;

	json_array_foreach (files, i, one) {
		if (!wanted(documents, document_of(one)))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir,
		    json_str(one, "name", ""));
		kept = work_keep_file(w, json_str(one, "name", ""),
		    json_str(one, "kind", ""), json_str(one, "media_type", ""),
		    path, e);
		if (kept == NULL)
			return -1;
		json_array_append_new(made, kept);
	}
	return 0;
}

static int
write_report(
    struct work *w, const json_t *documents, json_t *made, struct err *e)
{
	auto_json json_t *doc = report_doc(w);
	auto_json json_t *files = NULL;
	char dir[4096];
	int rc = -1;

	if (work_folder(w, dir, e) == -1)
		return -1;
	if ((files = report_write(doc, dir, e)) != NULL)
		rc = keep_files(w, dir, files, documents, made, e);
	work_folder_done(dir);
	return rc;
}

static int
write_lineage(struct work *w, json_t *made, struct err *e)
{
	auto_json json_t *doc = lineage_json(w);
	struct arena *a = arena_new();
	const char *text = json_text(doc, a);
	json_t *kept = work_keep(w, "lineage.json", "lineage",
	    "application/json", text, strlen(text), e);

	arena_free(a);
	if (kept == NULL)
		return -1;
	json_array_append_new(made, kept);
	return 0;
}

static int
document_write_run(struct work *w, const struct tool_call *call,
    json_t **result, struct err *e)
{
	const json_t *documents = json_object_get(call->args, "documents");
	json_t *made = json_array();
	int rc = 0;

	if (w->evaluation == NULL)
		rc = err_set(e, ERR_CONFLICT,
		    "there is nothing to report before the evaluation");
	if (rc == 0 &&
	    (wanted(documents, "report") || wanted(documents, "model_card")))
		rc = write_report(w, documents, made, e);
	if (rc == 0 && wanted(documents, "lineage"))
		rc = write_lineage(w, made, e);
	if (rc == -1) {
		json_decref(made);
		return -1;
	}
	*result = json_pack("{s:o, s:o}", "artifacts", made, "summary",
	    json_sprintf("%zu files written", json_array_size(made)));
	return 0;
}

static int
note_apply(struct work *w, const struct tool_call *call, const json_t *result,
    struct err *e)
{
	(void)call;
	(void)e;
	work_note_artifacts(w, json_object_get(result, "artifacts"));
	return 0;
}

static bool
is_text(const char *media_type)
{
	return strncmp(media_type, "text/", 5) == 0 ||
	       strcmp(media_type, "application/json") == 0;
}

/* A stretch of UTF-8, without the characters that its ends cut through. */
static json_t *
whole_text(const char *s, size_t n)
{
	json_t *v = NULL;

	while (n > 0 && (*s & 0xc0) == 0x80) {
		s++;
		n--;
	}
	for (int i = 0; i < 4 && v == NULL; i++)
		if ((v = json_stringn(s, n)) == NULL && n > 0)
			n--;
	return v != NULL ? v : json_string("[no text]");
}

static int
artifact_read_run(struct work *w, const struct tool_call *call, json_t **result,
    struct err *e)
{
	const char *name = json_str(call->args, "name", "");
	const json_t *artifact = work_artifact(w, name);
	size_t offset = (size_t)json_int(call->args, "offset", 0), n, size;
	struct arena *a;
	char path[4096];
	const char *text;

	if (artifact == NULL)
		return err_set(
		    e, ERR_NOT_FOUND, "there is no artifact '%.200s'", name);
	if (strcmp(json_str(artifact, "kind", ""), "profile") == 0 &&
	    w->evaluation == NULL)
		return err_set(e, ERR_DENIED,
		    "'%.200s' counts the sealed rows too: dataset_profile "
		    "shows those for development",
		    name);
	if (!is_text(json_str(artifact, "media_type", "")))
		return err_set(e, ERR_UNSUPPORTED, "'%.200s' is no text", name);
	store_path(
	    w->data_dir, json_str(artifact, "sha256", ""), path, sizeof(path));
	a = arena_new();
	if ((text = folder_read(path, WHOLE_MAX, &size, a, e)) == NULL) {
		arena_free(a);
		return -1;
	}
	offset = offset < size ? offset : size;
	n = size - offset < READ_MAX ? size - offset : READ_MAX;
	*result = json_pack("{s:s, s:o, s:o, s:I, s:o}", "name", name, "text",
	    whole_text(text + offset, n), "next_offset",
	    offset + n < size ? json_integer((json_int_t)(offset + n))
			      : json_null(),
	    "bytes", (json_int_t)size, "summary",
	    json_sprintf("%zu of %zu bytes of %s", n, size, name));
	arena_free(a);
	return 0;
}

/* Agents write beside the platform's artifacts, never over them. */
static int
artifact_write_run(struct work *w, const struct tool_call *call,
    json_t **result, struct err *e)
{
	const char *name = json_str(call->args, "name", "");
	const char *text = json_str(call->args, "text", "");
	char full[256];
	json_t *kept;

	if (name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
			      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] !=
		'\0' ||
	    *name == '.')
		return err_ptr(e, ERR_INVALID, "/name",
		    "must have only letters, digits, '.', '_' and '-'");
	snprintf(full, sizeof(full), "notes/%s", name);
	kept = work_keep(w, full, "note",
	    json_str(call->args, "media_type", "text/markdown"), text,
	    strlen(text), e);
	if (kept == NULL)
		return -1;
	*result = json_pack("{s:[o], s:o}", "artifacts", kept, "summary",
	    json_sprintf("%s written", full));
	return 0;
}

/* clang-format off */
const struct tool tool_document_write = {
	.name = "document_write",
	.description =
	    "Have the platform write documents from the run's own numbers: the report "
	    "(PDF, HTML and plots), the model card, the lineage.",
	.schema = SCHEMA({
		"type": "object", "additionalProperties": false,
		"required": ["documents"],
		"properties": {
			"documents": { "type": "array", "minItems": 1, "maxItems": 3,
				"items": { "enum": ["report", "model_card", "lineage"] } }
		}
	}),
	.effect = TOOL_CHANGES,
	.permission = TOOL_ALLOW,
	.run = document_write_run,
	.apply = note_apply,
};

const struct tool tool_artifact_read = {
	.name = "artifact_read",
	.description = "Read an artifact of this run that is text, 16 KB at a time.",
	.schema = SCHEMA({
		"type": "object", "additionalProperties": false,
		"required": ["name"],
		"properties": {
			"name": { "type": "string", "minLength": 1, "maxLength": 255 },
			"offset": { "type": "integer", "minimum": 0, "maximum": 67108864 }
		}
	}),
	.effect = TOOL_READS,
	.permission = TOOL_ALLOW,
	.run = artifact_read_run,
};

const struct tool tool_artifact_write = {
	.name = "artifact_write",
	.description = "Keep a note of your own as notes/NAME beside the run's artifacts.",
	.schema = SCHEMA({
		"type": "object", "additionalProperties": false,
		"required": ["name", "text"],
		"properties": {
			"name": { "type": "string", "minLength": 1, "maxLength": 120 },
			"text": { "type": "string", "minLength": 1, "maxLength": 262144 },
			"media_type": { "enum": ["text/markdown", "text/plain", "application/json"] }
		}
	}),
	.effect = TOOL_CHANGES,
	.permission = TOOL_ALLOW,
	.run = artifact_write_run,
	.apply = note_apply,
};
/* clang-format on */
