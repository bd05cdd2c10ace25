#include "config.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/agent/folder.h"
#include "lib/agent/schema.h"
#include "lib/agent/template.h"
#include "lib/agent/yamlin.h"
#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/digest.h"
#include "lib/err.h"
#include "lib/json.h"

#define NAMES_SCHEMA                                                           \
	"{\"type\":\"array\",\"minItems\":1,\"maxItems\":32,"                  \
	"\"items\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":64}}"

static const char yaml_schema[] =
    "{\"type\":\"object\",\"additionalProperties\":false,"
    "\"required\":[\"name\",\"title\",\"task\",\"metric\",\"metrics\","
    "\"learners\",\"budget\",\"folds\",\"holdout\",\"phases\"],"
    "\"properties\":{"
    "\"name\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":64},"
    "\"title\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":200},"
    "\"description\":{\"type\":\"string\",\"maxLength\":2000},"
    "\"task\":{\"enum\":[\"binary\",\"multiclass\",\"regression\"]},"
    "\"metric\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":64},"
    "\"metrics\":" NAMES_SCHEMA ","
    "\"learners\":" NAMES_SCHEMA ","
    "\"budget\":{\"type\":\"object\",\"additionalProperties\":false,"
    "\"required\":[\"trials\",\"seconds\"],\"properties\":{"
    "\"trials\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":10000},"
    "\"seconds\":{\"type\":\"integer\",\"minimum\":1,"
    "\"maximum\":604800}}},"
    "\"folds\":{\"type\":\"integer\",\"minimum\":2,\"maximum\":10},"
    "\"holdout\":{\"type\":\"number\",\"minimum\":0.05,"
    "\"maximum\":0.5},"
    "\"phases\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":16,"
    "\"items\":{\"type\":\"object\",\"additionalProperties\":false,"
    "\"required\":[\"name\",\"agent\"],\"properties\":{"
    "\"name\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":64},"
    "\"agent\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":64},"
    "\"outputs\":" NAMES_SCHEMA ","
    "\"returns\":{\"type\":\"integer\",\"minimum\":0,"
    "\"maximum\":5}}}}}}";

static const char *
text_of(const json_t *v, const char *key, struct arena *a)
{
	return arena_strdup(a, json_str(v, key, ""));
}

static const char **
names_of(const json_t *v, const char *key, struct arena *a)
{
	const json_t *list = json_object_get(v, key), *one;
	const char **out =
	    arena_alloc(a, (json_array_size(list) + 1) * sizeof(*out));
	size_t i;

	json_array_foreach (list, i, one)
		out[i] = arena_strdup(a, json_string_value(one));
	return out;
}

static int
listed(const char *const *list, const char *name)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, name) == 0)
			return 1;
	return 0;
}

static int
read_phases(
    struct template *t, const json_t *doc, struct arena *a, struct err *e)
{
	const json_t *list = json_object_get(doc, "phases"), *one;
	struct template_phase *p;
	size_t i;

	t->phase = arena_alloc(a, json_array_size(list) * sizeof(*t->phase));
	json_array_foreach (list, i, one) {
		p = &t->phase[t->nphases];
		p->name = text_of(one, "name", a);
		p->agent = text_of(one, "agent", a);
		p->outputs = names_of(one, "outputs", a);
		p->returns = (int)json_int(one, "returns", 0);
		if (template_phase(t, p->name) != NULL)
			return err_ptr(e, ERR_INVALID, "/phases",
			    "phase '%s' is there twice", p->name);
		t->nphases++;
	}
	return 0;
}

struct template *
template_parse(const char *yaml, size_t n, struct arena *a, struct err *e)
{
	auto_json json_t *schema = json_loads(yaml_schema, 0, NULL);
	auto_json json_t *doc = NULL;
	const json_t *budget;
	struct template *t;
	char hex[DIGEST_HEX];

	if (n > TEMPLATE_FILE_MAX) {
		err_set(e, ERR_TOO_LARGE, "a template has at most %d bytes",
		    TEMPLATE_FILE_MAX);
		return NULL;
	}
	if ((doc = yamlin_parse(yaml, n, 1, e)) == NULL ||
	    schema_fits(schema, doc, NULL, e) == -1)
		return NULL;
	t = arena_alloc(a, sizeof(*t));
	t->name = text_of(doc, "name", a);
	t->title = text_of(doc, "title", a);
	t->description = text_of(doc, "description", a);
	t->task = text_of(doc, "task", a);
	t->metric = text_of(doc, "metric", a);
	t->metrics = names_of(doc, "metrics", a);
	t->learners = names_of(doc, "learners", a);
	budget = json_object_get(doc, "budget");
	t->trials = (int)json_int(budget, "trials", 0);
	t->seconds = json_int(budget, "seconds", 0);
	t->folds = (int)json_int(doc, "folds", 0);
	t->holdout = json_num(doc, "holdout", 0);
	digest_mem(yaml, n, hex);
	t->sha256 = arena_strdup(a, hex);
	if (!listed(t->metrics, t->metric)) {
		err_ptr(e, ERR_INVALID, "/metric",
		    "'%s' is not among the metrics", t->metric);
		return NULL;
	}
	return read_phases(t, doc, a, e) == -1 ? NULL : t;
}

const struct template_phase *
template_phase(const struct template *t, const char *name)
{
	for (int i = 0; i < t->nphases; i++)
		if (strcmp(t->phase[i].name, name) == 0)
			return &t->phase[i];
	return NULL;
}

static void *
parse_item(const char *text, size_t n, struct arena *a, struct err *e)
{
	return template_parse(text, n, a, e);
}

struct template **
template_load_all(const char *share_dir, struct arena *a, struct err *e)
{
	return (struct template **)folder_load(
	    arena_printf(a, "%s/templates", share_dir), ".yaml",
	    TEMPLATE_FILE_MAX, parse_item, a, e);
}

struct template *
template_load(
    const char *share_dir, const char *name, struct arena *a, struct err *e)
{
	struct template **all = template_load_all(share_dir, a, e);
	const char *known = "";

	if (all == NULL)
		return NULL;
	for (; *all != NULL; all++) {
		if (strcmp((*all)->name, name) == 0)
			return *all;
		known = arena_printf(a, "%s%s%s", known,
		    *known != '\0' ? ", " : "", (*all)->name);
	}
	err_ptr(e, ERR_NOT_FOUND, "/template",
	    "no template '%.64s'; there are %s", name, known);
	return NULL;
}

static json_t *
list_json(const char *const *list)
{
	json_t *v = json_array();

	for (; *list != NULL; list++)
		json_array_append_new(v, json_string(*list));
	return v;
}

json_t *
template_json(const struct template *t)
{
	json_t *phases = json_array();

	for (int i = 0; i < t->nphases; i++)
		json_array_append_new(
		    phases, json_pack("{s:s, s:s, s:o, s:i}", "name",
				t->phase[i].name, "agent", t->phase[i].agent,
				"outputs", list_json(t->phase[i].outputs),
				"returns", t->phase[i].returns));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:{s:i, s:I},"
			 " s:i, s:f, s:o, s:s}",
	    "name", t->name, "title", t->title, "description", t->description,
	    "task", t->task, "metric", t->metric, "metrics",
	    list_json(t->metrics), "learners", list_json(t->learners), "budget",
	    "trials", t->trials, "seconds", (json_int_t)t->seconds, "folds",
	    t->folds, "holdout", t->holdout, "phases", phases, "sha256",
	    t->sha256);
}
