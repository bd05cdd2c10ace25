#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fcgi/groups.h"
#include "fcgi/openapi.h"
#include "lib/auto.h"
#include "lib/err.h"
#include "lib/ident.h"
#include "lib/json.h"

#include "lib/banned.h"

#define SCHEMA_MAX (1 << 20)

static json_t *form_object(const struct field *, enum field_in);

static json_t *
words(const char *s)
{
	json_t *list = json_array();

	for (size_t n; *s != '\0'; s += n + (s[n] == ' ')) {
		n = strcspn(s, " ");
		json_array_append_new(list, json_stringn(s, n));
	}
	return list;
}

static void
set_range(json_t *v, const struct field *f, const char *least, const char *most)
{
	if (f->min != 0 || f->max != 0)
		json_object_set_new(v, least, json_integer(f->min));
	if (f->max != 0)
		json_object_set_new(v, most, json_integer(f->max));
}

/* The schema of one value. */
static json_t *
value(const struct field *f)
{
	json_t *v;

	switch (f->type) {
	case T_INT:
		v = json_pack("{s:s}", "type", "integer");
		set_range(v, f, "minimum", "maximum");
		return v;
	case T_NUMBER:
		v = json_pack("{s:s}", "type", "number");
		set_range(v, f, "minimum", "maximum");
		return v;
	case T_BOOL:
		return json_pack("{s:s}", "type", "boolean");
	case T_ENUM:
		return json_pack(
		    "{s:s, s:o}", "type", "string", "enum", words(f->oneof));
	case T_NAME:
		return json_pack("{s:s, s:s}", "type", "string", "pattern",
		    "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$");
	case T_ID:
		return json_pack("{s:s, s:o}", "type", "string", "pattern",
		    json_sprintf("^%s_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-"
				 "[0-9a-f]{4}-[0-9a-f]{12}$",
			f->oneof));
	case T_TIME:
		return json_pack(
		    "{s:s, s:s}", "type", "string", "format", "date-time");
	case T_OBJECT:
		return f->form != NULL ? form_object(f->form, IN_BODY)
		                       : json_pack("{s:s}", "type", "object");
	case T_TEXT:
		v = json_pack("{s:s}", "type", "string");
		set_range(v, f, "minLength", "maxLength");
		return v;
	case T_JSON:
		break;
	}
	return json_object();
}

/* A default as JSON of the field's type, not as the text that is bound. */
static json_t *
fallback(const struct field *f)
{
	struct err e;

	if (f->list > 0 || (f->type != T_TEXT && f->type != T_NAME &&
			       f->type != T_ENUM && f->type != T_TIME))
		return json_parse(f->absent, strlen(f->absent), &e);
	return json_string(f->absent);
}

static json_t *
schema(const struct field *f)
{
	json_t *v = value(f);

	if (f->list > 0)
		v = json_pack("{s:s, s:i, s:o}", "type", "array", "maxItems",
		    f->list, "items", v);
	if (f->absent != NULL)
		json_object_set_new(v, "default", fallback(f));
	/* A null member is an absent one. */
	if (f->in == IN_BODY && !f->required && json_object_get(v, "type")) {
		json_t *types =
		    json_pack("[O, s]", json_object_get(v, "type"), "null");
		json_t *e = json_object_get(v, "enum");
		json_object_set_new(v, "type", types);
		if (e != NULL)
			json_array_append_new(e, json_null());
	}
	if (f->help != NULL && f->in == IN_BODY)
		json_object_set_new(v, "description", json_string(f->help));
	return v;
}

static json_t *
form_object(const struct field *form, enum field_in in)
{
	json_t *members = json_object(), *need = json_array(), *v;

	for (const struct field *f = form; f->name != NULL; f++) {
		if (f->in != in)
			continue;
		json_object_set_new(members, f->name, schema(f));
		if (f->required)
			json_array_append_new(need, json_string(f->name));
	}
	v = json_pack("{s:s, s:o, s:b}", "type", "object", "properties",
	    members, "additionalProperties", 0);
	if (json_array_size(need) > 0)
		json_object_set(v, "required", need);
	json_decref(need);
	return v;
}

static void
add_parameter(json_t *list, const struct field *f)
{
	const char *in = f->in == IN_PATH    ? "path"
	                 : f->in == IN_QUERY ? "query"
	                                     : "header";
	json_t *p = json_pack("{s:s, s:s, s:b, s:o}", "name", f->name, "in", in,
	    "required", f->in == IN_PATH || f->required, "schema", schema(f));

	if (f->list > 0) {
		json_object_set_new(p, "style", json_string("form"));
		json_object_set_new(p, "explode", json_false());
	}
	if (f->help != NULL)
		json_object_set_new(p, "description", json_string(f->help));
	json_array_append_new(list, p);
}

/* Of a row that has no form yet. */
static void
path_parameters(json_t *list, const char *path)
{
	for (const char *p = path; (p = strchr(p, '{')) != NULL; p++)
		json_array_append_new(
		    list, json_pack("{s:s%, s:s, s:b, s:{s:s}}", "name", p + 1,
			      strcspn(p + 1, ".}"), "in", "path", "required", 1,
			      "schema", "type", "string"));
}

static json_t *
ref(const char *kind, const char *name)
{
	return json_pack(
	    "{s:o}", "$ref", json_sprintf("#/components/%s/%s", kind, name));
}

static json_t *
parameters(const struct route *r)
{
	json_t *list = json_array();

	for (const struct field *f = r->form; f != NULL && f->name; f++)
		if (f->in == IN_PATH || f->in == IN_QUERY || f->in == IN_HEADER)
			add_parameter(list, f);
	if (r->form == NULL)
		path_parameters(list, r->path);
	if (r->once)
		json_array_append_new(
		    list, ref("parameters", "IdempotencyKey"));
	if (r->wait != NULL)
		json_array_append_new(list, ref("parameters", "Prefer"));
	return list;
}

static json_t *
request_content(const struct route *r)
{
	json_t *content = json_object(), *types;
	size_t i;
	json_t *type;

	if (r->takes == NULL) {
		json_object_set_new(content, "application/json",
		    json_pack(
			"{s:o}", "schema", form_object(r->form, IN_BODY)));
		return content;
	}
	types = words(r->takes);
	json_array_foreach (types, i, type)
		json_object_set_new(
		    content, json_string_value(type), json_object());
	json_decref(types);
	return content;
}

static int
needs_body(const struct route *r)
{
	for (const struct field *f = r->form; f != NULL && f->name; f++)
		if (f->in == IN_BODY && f->required)
			return 1;
	return r->takes != NULL;
}

static json_t *
good(const struct route *r)
{
	json_t *v = json_pack("{s:s}", "description", r->help);
	const char *type = r->gives != NULL ? r->gives : "application/json";

	if (r->ok != 204 && (r->schema != NULL || r->gives != NULL))
		json_object_set_new(v, "content",
		    json_pack("{s:{s:o}}", type, "schema",
			r->schema != NULL
			    ? ref("schemas", r->schema)
			    : json_pack("{s:s}", "type", "string")));
	json_object_set_new(v, "headers",
	    json_pack("{s:o}", "X-Request-Id", ref("headers", "RequestId")));
	return v;
}

static void
add_answer(json_t *answers, int status, json_t *v)
{
	char text[12];

	snprintf(text, sizeof(text), "%d", status);
	json_object_set_new(answers, text, v);
}

/* What can go wrong follows from the row. */
static json_t *
answers(const struct route *r)
{
	static const int always[] = { 400, 405, 413, 429, 500, 503 };
	json_t *all = json_object();
	json_t *problem = ref("responses", "Problem");

	if (route_unbuilt(r))
		add_answer(all, 501, json_incref(problem));
	else
		add_answer(all, r->ok ? r->ok : 200, good(r));
	if (r->wait != NULL)
		add_answer(all, r->ok == 202 ? 200 : 202, good(r));
	if (r->also != 0)
		add_answer(all, r->also, good(r));
	for (size_t i = 0; i < nitems(always); i++)
		add_answer(all, always[i], json_incref(problem));
	if (r->role > ANYONE || r->method == POST)
		add_answer(all, 401, json_incref(problem));
	if (r->role > ANYONE)
		add_answer(all, 403, json_incref(problem));
	add_answer(all, 404, json_incref(problem));
	if (r->method != GET) {
		add_answer(all, 409, json_incref(problem));
		add_answer(all, 415, json_incref(problem));
	}
	add_answer(all, 422, json_incref(problem));
	json_decref(problem);
	return all;
}

static json_t *
operation(const struct route *r, const char *tag)
{
	json_t *o = json_pack("{s:s, s:s, s:[s], s:o, s:s}", "operationId",
	    r->op, "summary", r->help, "tags", tag, "responses", answers(r),
	    "x-role", r->role == ANYONE ? "public" : role_names[r->role]);
	json_t *list = parameters(r);

	if (json_array_size(list) > 0)
		json_object_set(o, "parameters", list);
	json_decref(list);
	if (r->takes != NULL || form_takes(r->form, IN_BODY))
		json_object_set_new(o, "requestBody",
		    json_pack("{s:b, s:o}", "required", needs_body(r),
			"content", request_content(r)));
	if (r->role == ANYONE)
		json_object_set_new(o, "security", json_array());
	if (route_unbuilt(r))
		json_object_set_new(o, "x-unbuilt", json_true());
	return o;
}

/* The group of a path: what stands behind /api/v1/. */
static void
tag_of(const char *path, char tag[32])
{
	static const char api[] = "/api/v1/";
	const char *p = path;

	if (strncmp(p, api, sizeof(api) - 1) == 0) {
		p += sizeof(api) - 1;
		snprintf(tag, 32, "%.*s", (int)strcspn(p, "/"), p);
	} else
		snprintf(tag, 32, "ops");
}

/* OpenAPI has no {name...}. */
static void
plain_path(const char *path, char out[256])
{
	size_t n = 0;

	for (; *path != '\0' && n < 255; path++)
		if (strncmp(path, "...}", 4) == 0) {
			out[n++] = '}';
			path += 3;
		} else
			out[n++] = *path;
	out[n] = '\0';
}

static json_t *
paths(void)
{
	json_t *all = json_object(), *item;
	char tag[32], path[256], method[8];
	const struct route *r;

	for (int i = 0; (r = route_at(i)) != NULL; i++) {
		plain_path(r->path, path);
		tag_of(r->path, tag);
		if ((item = json_object_get(all, path)) == NULL) {
			item = json_object();
			json_object_set_new(all, path, item);
		}
		snprintf(method, sizeof(method), "%s", method_name(r->method));
		for (char *p = method; *p != '\0'; p++)
			*p = (char)(*p | 0x20);
		json_object_set_new(item, method, operation(r, tag));
	}
	return all;
}

static int
read_schemas(const char *dir, json_t *schemas, struct err *e)
{
	char path[4096], name[256];
	struct dirent *de;
	json_t *v;
	int rc = 0;
	DIR *d;

	if ((d = opendir(dir)) == NULL)
		return err_set(e, ERR_INVALID, "cannot open '%s': %s", dir,
		    strerror(errno));
	while (rc == 0 && (de = readdir(d)) != NULL) {
		size_t n = strlen(de->d_name);
		if (n < 6 || strcmp(de->d_name + n - 5, ".json") != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, de->d_name);
		snprintf(name, sizeof(name), "%.*s", (int)n - 5, de->d_name);
		if ((v = json_parse_file(path, SCHEMA_MAX, e)) == NULL)
			rc = err_set(e, e->code, "%s: %s", path, e->text);
		else
			json_object_set_new(schemas, name, v);
	}
	closedir(d);
	return rc;
}

static int
check_schemas(const json_t *schemas, struct err *e)
{
	const struct route *r;

	for (int i = 0; (r = route_at(i)) != NULL; i++)
		if (r->schema != NULL &&
		    json_object_get(schemas, r->schema) == NULL)
			return err_set(e, ERR_INVALID,
			    "%s: there is no schema %s", r->op, r->schema);
	return 0;
}

static json_t *
components(json_t *schemas)
{
	return json_pack("{s:o, s:{s:{s:s, s:s, s:s}},"
			 " s:{s:{s:s, s:s, s:s, s:{s:s, s:i}},"
			 "    s:{s:s, s:s, s:s, s:{s:s}}},"
			 " s:{s:{s:s, s:{s:s}}},"
			 " s:{s:{s:s, s:{s:{s:o}}}}}",
	    "schemas", schemas, "securitySchemes", "bearer", "type", "http",
	    "scheme", "bearer", "bearerFormat", "JWT", "parameters",
	    "IdempotencyKey", "name", "Idempotency-Key", "in", "header",
	    "description",
	    "The same key with the same request gives the first answer again",
	    "schema", "type", "string", "maxLength", 200, "Prefer", "name",
	    "Prefer", "in", "header", "description",
	    "wait=N holds the answer for up to N (25) seconds until it is done",
	    "schema", "type", "string", "headers", "RequestId", "description",
	    "The request's identifier, as in the logs and the journal",
	    "schema", "type", "string", "responses", "Problem", "description",
	    "What went wrong (RFC 9457)", "content", "application/problem+json",
	    "schema", ref("schemas", "Problem"));
}

int
openapi_print(const char *dir, FILE *f, struct err *e)
{
	json_t *schemas = json_object();
	auto_json json_t *doc = NULL;

	if (read_schemas(dir, schemas, e) == -1 ||
	    check_schemas(schemas, e) == -1) {
		json_decref(schemas);
		return -1;
	}
	doc = json_pack("{s:s, s:{s:s, s:s, s:s, s:{s:s, s:s}},"
			" s:[{s:s}], s:[{s:[]}], s:o, s:o}",
	    "openapi", "3.1.0", "info", "title", "Modelwright", "version",
	    PACKAGE_VERSION, "description",
	    "A model factory with gates, on one Linux server.", "license",
	    "name", "Apache-2.0", "identifier", "Apache-2.0", "servers", "url",
	    "/", "security", "bearer", "paths", paths(), "components",
	    components(schemas));
	if (doc == NULL)
		return err_set(e, ERR_INTERNAL, "cannot make the document");
	if (json_dumpf(doc, f, JSON_INDENT(1) | JSON_SORT_KEYS) == -1 ||
	    fputc('\n', f) == EOF)
		return err_set(
		    e, ERR_INTERNAL, "cannot write: %s", strerror(errno));
	return 0;
}
