#include "config.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "lib/agent/yamlin.h"
#include "lib/err.h"

struct in {
	yaml_parser_t parser;
	yaml_event_t event;
	long first_line;
	int nodes;
	struct err *err;
};

static int
fail_at(struct in *in, const yaml_mark_t *m, const char *text)
{
	return err_at(in->err, ERR_MALFORMED, (long)m->line + in->first_line,
	    (long)m->column + 1, "YAML: %s", text);
}

static int
next(struct in *in)
{
	yaml_event_delete(&in->event);
	if (yaml_parser_parse(&in->parser, &in->event))
		return 0;
	return fail_at(in, &in->parser.problem_mark,
	    in->parser.problem != NULL ? in->parser.problem : "cannot be read");
}

static int
all_of(const char *s, const char *set)
{
	return *s != '\0' && s[strspn(s, set)] == '\0';
}

static json_t *
number(const char *s)
{
	const char *digits = s + (*s == '-' || *s == '+');
	char *end;
	double x;

	if (all_of(digits, "0123456789") && strlen(digits) < 19)
		return json_integer(strtoll(s, NULL, 10));
	if (!all_of(s, "0123456789+-.eE") || strpbrk(s, "0123456789") == NULL)
		return NULL;
	errno = 0;
	x = strtod(s, &end);
	return *end == '\0' && isfinite(x) ? json_real(x) : NULL;
}

static json_t *
plain(const char *s)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };
	json_t *v;

	for (size_t i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++)
		if (strcmp(s, nulls[i]) == 0)
			return json_null();
	if (strcmp(s, "true") == 0 || strcmp(s, "True") == 0)
		return json_true();
	if (strcmp(s, "false") == 0 || strcmp(s, "False") == 0)
		return json_false();
	if ((v = number(s)) != NULL)
		return v;
	return json_string(s);
}

static json_t *
scalar(struct in *in)
{
	const char *s = (const char *)in->event.data.scalar.value;
	json_t *v = NULL;

	if (in->event.data.scalar.anchor != NULL)
		fail_at(in, &in->event.start_mark, "anchors are not read");
	else if (in->event.data.scalar.tag != NULL)
		fail_at(in, &in->event.start_mark, "tags are not read");
	else if (strlen(s) != in->event.data.scalar.length)
		fail_at(in, &in->event.start_mark, "text has a NUL byte");
	else {
		v = in->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE
		        ? plain(s)
		        : json_string(s);
		if (v == NULL)
			fail_at(in, &in->event.start_mark, "text is not UTF-8");
	}
	return v;
}

static json_t *node(struct in *, int depth);

static json_t *
sequence(struct in *in, int depth)
{
	json_t *list = json_array(), *v;

	for (;;) {
		if (next(in) == -1)
			break;
		if (in->event.type == YAML_SEQUENCE_END_EVENT)
			return list;
		if ((v = node(in, depth + 1)) == NULL)
			break;
		json_array_append_new(list, v);
	}
	json_decref(list);
	return NULL;
}

/* One "key: value" of a mapping; the event at hand is the key's. */
static int
member(struct in *in, json_t *map, int depth)
{
	yaml_mark_t mark = in->event.start_mark;
	char *key;
	json_t *v;
	int rc;

	if (in->event.type != YAML_SCALAR_EVENT ||
	    in->event.data.scalar.anchor != NULL)
		return fail_at(in, &mark, "a key is plain text");
	key = strdup((const char *)in->event.data.scalar.value);
	if (key == NULL)
		abort();
	if (json_object_get(map, key) != NULL)
		rc = fail_at(in, &mark, "the key is there twice");
	else if (next(in) == -1 || (v = node(in, depth + 1)) == NULL)
		rc = -1;
	else if (json_object_set_new(map, key, v) == -1)
		rc = fail_at(in, &mark, "a key is not UTF-8");
	else
		rc = 0;
	free(key);
	return rc;
}

static json_t *
mapping(struct in *in, int depth)
{
	json_t *map = json_object();

	for (;;) {
		if (next(in) == -1)
			break;
		if (in->event.type == YAML_MAPPING_END_EVENT)
			return map;
		if (member(in, map, depth) == -1)
			break;
	}
	json_decref(map);
	return NULL;
}

static json_t *
node(struct in *in, int depth)
{
	const yaml_event_t *ev = &in->event;

	if (depth > YAMLIN_DEPTH_MAX) {
		fail_at(in, &ev->start_mark, "nested too deep");
		return NULL;
	}
	if (++in->nodes > YAMLIN_NODES_MAX) {
		fail_at(in, &ev->start_mark, "too many values");
		return NULL;
	}
	switch (ev->type) {
	case YAML_SCALAR_EVENT:
		return scalar(in);
	case YAML_SEQUENCE_START_EVENT:
		if (ev->data.sequence_start.anchor == NULL &&
		    ev->data.sequence_start.tag == NULL)
			return sequence(in, depth);
		break;
	case YAML_MAPPING_START_EVENT:
		if (ev->data.mapping_start.anchor == NULL &&
		    ev->data.mapping_start.tag == NULL)
			return mapping(in, depth);
		break;
	case YAML_ALIAS_EVENT:
	default:
		break;
	}
	fail_at(in, &ev->start_mark, "anchors, aliases and tags are not read");
	return NULL;
}

/* Between STREAM-START and the end: nothing, or one document. */
static json_t *
document(struct in *in)
{
	json_t *v;

	if (next(in) == -1 || next(in) == -1)
		return NULL;
	if (in->event.type == YAML_STREAM_END_EVENT)
		return json_null();
	if (next(in) == -1 || (v = node(in, 0)) == NULL)
		return NULL;
	if (next(in) == 0 && next(in) == 0) {
		if (in->event.type == YAML_STREAM_END_EVENT)
			return v;
		fail_at(in, &in->event.start_mark, "more than one document");
	}
	json_decref(v);
	return NULL;
}

json_t *
yamlin_parse(const char *text, size_t n, long first_line, struct err *e)
{
	struct in in = { .first_line = first_line, .err = e };
	json_t *v;

	if (!yaml_parser_initialize(&in.parser))
		abort();
	yaml_parser_set_encoding(&in.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(
	    &in.parser, (const unsigned char *)text, n);
	v = document(&in);
	yaml_event_delete(&in.event);
	yaml_parser_delete(&in.parser);
	return v;
}
