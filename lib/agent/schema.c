#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/agent/schema.h"
#include "lib/auto.h"
#include "lib/err.h"

#define POINTER_MAX 256

static const char *const keywords[] = { "type", "properties", "required",
	"additionalProperties", "items", "minItems", "maxItems", "minLength",
	"maxLength", "minimum", "maximum", "enum", "default", "title",
	"description" };

static const char *const type_names[] = { "object", "array", "string",
	"integer", "number", "boolean", "null" };

/* Whether any number is this type; json knows integers and reals. */
static int
is_type(const json_t *v, const char *type)
{
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		return strcmp(type, "object") == 0;
	case JSON_ARRAY:
		return strcmp(type, "array") == 0;
	case JSON_STRING:
		return strcmp(type, "string") == 0;
	case JSON_INTEGER:
		return strcmp(type, "integer") == 0 ||
		       strcmp(type, "number") == 0;
	case JSON_REAL:
		return strcmp(type, "number") == 0;
	case JSON_TRUE:
	case JSON_FALSE:
		return strcmp(type, "boolean") == 0;
	case JSON_NULL:
	default:
		return strcmp(type, "null") == 0;
	}
}

static int
known(const char *s, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(s, list[i]) == 0)
			return 1;
	return 0;
}

static int
check_type(const json_t *type, struct err *e)
{
	const json_t *t;
	size_t i;

	if (json_is_string(type)) {
		if (known(json_string_value(type), type_names,
			nitems(type_names)))
			return 0;
		return err_set(e, ERR_INVALID, "schema: no type '%s'",
		    json_string_value(type));
	}
	if (!json_is_array(type) || json_array_size(type) == 0)
		return err_set(
		    e, ERR_INVALID, "schema: type is a name or a list");
	json_array_foreach (type, i, t)
		if (!json_is_string(t) || check_type(t, e) == -1)
			return err_set(e, ERR_INVALID,
			    "schema: type is a name or a list of names");
	return 0;
}

int
schema_check(const json_t *schema, struct err *e)
{
	const json_t *v, *props;
	const char *key;

	if (!json_is_object(schema))
		return err_set(e, ERR_INVALID, "schema: not an object");
	json_object_foreach ((json_t *)schema, key, v)
		if (!known(key, keywords, nitems(keywords)))
			return err_set(e, ERR_INVALID,
			    "schema: keyword '%s' is not checked here", key);
	if ((v = json_object_get(schema, "type")) != NULL &&
	    check_type(v, e) == -1)
		return -1;
	if ((v = json_object_get(schema, "additionalProperties")) != NULL &&
	    !json_is_boolean(v))
		return err_set(e, ERR_INVALID,
		    "schema: additionalProperties is true or false");
	if ((v = json_object_get(schema, "items")) != NULL &&
	    schema_check(v, e) == -1)
		return -1;
	props = json_object_get(schema, "properties");
	json_object_foreach ((json_t *)props, key, v)
		if (schema_check(v, e) == -1)
			return -1;
	return 0;
}

struct fit {
	char pointer[POINTER_MAX];
	json_t *errors; /* all that was found */
};

static void misfit(struct fit *f, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
misfit(struct fit *f, const char *fmt, ...)
{
	char text[256];
	va_list ap;
	json_t *message;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* Cut in the middle of a character, a text is no JSON string. */
	if ((message = json_string(text)) == NULL)
		message = json_string("does not fit");
	json_array_append_new(f->errors,
	    json_pack("{s:s, s:o}", "pointer", f->pointer, "message", message));
}

/* Extend the pointer by one token, escaped as RFC 6901 wants; gives the length
 * to cut it back to.  What does not fit is left out whole. */
static size_t
descend(struct fit *f, const char *token)
{
	size_t back = strlen(f->pointer), n = back;

	for (f->pointer[n++] = '/'; *token != '\0'; token++) {
		if (n + 3 > sizeof(f->pointer)) {
			f->pointer[back] = '\0';
			return back;
		}
		if (*token == '~' || *token == '/') {
			f->pointer[n++] = '~';
			f->pointer[n++] = *token == '~' ? '0' : '1';
		} else
			f->pointer[n++] = *token;
	}
	f->pointer[n] = '\0';
	return back;
}

static int
fits_type(const json_t *type, const json_t *v, struct fit *f)
{
	const json_t *t;
	size_t i;

	if (type == NULL)
		return 1;
	if (json_is_string(type)) {
		if (is_type(v, json_string_value(type)))
			return 1;
		misfit(f, "must be of type %s", json_string_value(type));
		return 0;
	}
	json_array_foreach (type, i, t)
		if (is_type(v, json_string_value(t)))
			return 1;
	misfit(f, "is of a type that is not allowed here");
	return 0;
}

static void
fits_enum(const json_t *list, const json_t *v, struct fit *f)
{
	char said[160] = "";
	const json_t *one;
	size_t i, n;

	json_array_foreach (list, i, one)
		if (json_equal(one, v))
			return;
	json_array_foreach (list, i, one) {
		n = strlen(said);
		if (json_is_string(one))
			snprintf(said + n, sizeof(said) - n, "%s%s",
			    i > 0 ? ", " : "", json_string_value(one));
	}
	misfit(f, "must be one of: %s", said);
}

/* Length in characters: continuation bytes of UTF-8 do not count. */
static json_int_t
characters(const json_t *v)
{
	json_int_t n = 0;

	for (const char *s = json_string_value(v); *s != '\0'; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

static void
fits_range(const json_t *schema, const char *low, const char *high,
    double value, const char *what, struct fit *f)
{
	const json_t *lo = json_object_get(schema, low);
	const json_t *hi = json_object_get(schema, high);

	if (json_is_number(lo) && value < json_number_value(lo))
		misfit(
		    f, "%smust be at least %.10g", what, json_number_value(lo));
	if (json_is_number(hi) && value > json_number_value(hi))
		misfit(
		    f, "%smust be at most %.10g", what, json_number_value(hi));
}

static void fits(const json_t *, const json_t *, struct fit *);

static void
fits_object(const json_t *schema, const json_t *v, struct fit *f)
{
	const json_t *props = json_object_get(schema, "properties");
	const json_t *need = json_object_get(schema, "required");
	const json_t *one, *sub;
	const char *key;
	size_t i, back;

	json_array_foreach (need, i, one)
		if (json_object_get(v, json_string_value(one)) == NULL)
			misfit(f, "'%s' is missing", json_string_value(one));
	json_object_foreach ((json_t *)v, key, one) {
		sub = json_object_get(props, key);
		back = descend(f, key);
		if (sub != NULL)
			fits(sub, one, f);
		else if (json_is_false(
			     json_object_get(schema, "additionalProperties")))
			misfit(f, "is not known here");
		f->pointer[back] = '\0';
	}
}

static void
fits_array(const json_t *schema, const json_t *v, struct fit *f)
{
	const json_t *items = json_object_get(schema, "items"), *one;
	char token[24];
	size_t i, back;

	fits_range(schema, "minItems", "maxItems", (double)json_array_size(v),
	    "the number of items ", f);
	if (items == NULL)
		return;
	json_array_foreach (v, i, one) {
		snprintf(token, sizeof(token), "%zu", i);
		back = descend(f, token);
		fits(items, one, f);
		f->pointer[back] = '\0';
	}
}

static void
fits(const json_t *schema, const json_t *v, struct fit *f)
{
	const json_t *list = json_object_get(schema, "enum");

	if (!fits_type(json_object_get(schema, "type"), v, f))
		return;
	if (list != NULL)
		fits_enum(list, v, f);
	if (json_is_object(v))
		fits_object(schema, v, f);
	else if (json_is_array(v))
		fits_array(schema, v, f);
	else if (json_is_string(v))
		fits_range(schema, "minLength", "maxLength",
		    (double)characters(v), "the length ", f);
	else if (json_is_number(v))
		fits_range(
		    schema, "minimum", "maximum", json_number_value(v), "", f);
}

int
schema_fits(
    const json_t *schema, const json_t *value, json_t *errors, struct err *e)
{
	auto_json json_t *own = errors == NULL ? json_array() : NULL;
	struct fit f = { .errors = errors == NULL ? own : errors };
	size_t before = json_array_size(f.errors);
	const json_t *first;

	fits(schema, value, &f);
	if ((first = json_array_get(f.errors, before)) == NULL)
		return 0;
	return err_ptr(e, ERR_INVALID,
	    json_string_value(json_object_get(first, "pointer")), "%s",
	    json_string_value(json_object_get(first, "message")));
}

void
schema_defaults(const json_t *schema, json_t *value)
{
	const json_t *sub, *absent;
	const char *key;
	json_t *one;
	size_t i;

	if (json_is_object(value)) {
		json_object_foreach (
		    json_object_get(schema, "properties"), key, sub) {
			absent = json_object_get(sub, "default");
			one = json_object_get(value, key);
			if (one == NULL && absent != NULL)
				json_object_set_new(
				    value, key, json_deep_copy(absent));
			else if (one != NULL)
				schema_defaults(sub, one);
		}
	} else if (json_is_array(value)) {
		if ((sub = json_object_get(schema, "items")) == NULL)
			return;
		json_array_foreach (value, i, one)
			schema_defaults(sub, one);
	}
}
