/*
 * Universal Binary JSON: values as they lie in the bytes, numbers big-endian.
 */
#include "config.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/banned.h"
#include "lib/err.h"
#include "lib/score/ubj.h"

struct ubj {
	char type; /* its marker; '[' array, '{' object */
	char item; /* arrays of one type: the marker of the elements */
	const unsigned char *at;  /* numbers, texts, typed arrays */
	size_t n;                 /* bytes, elements or members */
	const struct ubj **value; /* elements of arrays, values of objects */
	const struct ubj *name;   /* of a member: its string */
};

struct reader {
	const unsigned char *start, *p, *end;
	struct arena *a;
	struct err *e;
	int depth;
};

/* A container under construction. */
struct list {
	const struct ubj **v;
	size_t n, room;
};

static int
damaged(struct reader *r, const char *what)
{
	return err_set(r->e, ERR_MALFORMED, "UBJSON: %s at byte %zu", what,
	    (size_t)(r->p - r->start));
}

/* Bytes of a value of fixed size, -1 for other markers. */
static int
width(char type)
{
	switch (type) {
	case 'Z':
	case 'T':
	case 'F':
		return 0;
	case 'i':
	case 'U':
	case 'C':
		return 1;
	case 'I':
		return 2;
	case 'l':
	case 'd':
		return 4;
	case 'L':
	case 'D':
		return 8;
	default:
		return -1;
	}
}

static uint64_t
big_endian(const unsigned char *p, int n)
{
	uint64_t v = 0;

	for (int i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

static double
decode(char type, const unsigned char *p)
{
	union {
		uint32_t i;
		float f;
	} f;
	union {
		uint64_t i;
		double d;
	} d;

	switch (type) {
	case 'i':
		return (int8_t)p[0];
	case 'U':
		return p[0];
	case 'I':
		return (int16_t)big_endian(p, 2);
	case 'l':
		return (int32_t)big_endian(p, 4);
	case 'L':
		return (double)(int64_t)big_endian(p, 8);
	case 'd':
		f.i = (uint32_t)big_endian(p, 4);
		return (double)f.f;
	case 'D':
		d.i = big_endian(p, 8);
		return d.d;
	case 'T':
		return 1;
	case 'F':
		return 0;
	default:
		return NAN;
	}
}

static int
marker(struct reader *r, char *out)
{
	do {
		if (r->p == r->end)
			return damaged(r, "the document ends too early");
		*out = (char)*r->p++;
	} while (*out == 'N');
	return 0;
}

/* A length: a marker of an integer, and the integer. */
static int
length(struct reader *r, size_t *out)
{
	char type;
	double n;
	int w;

	if (marker(r, &type) == -1)
		return -1;
	w = width(type);
	if (strchr("iUIlL", type) == NULL || r->end - r->p < w)
		return damaged(r, "no length");
	n = decode(type, r->p);
	/* No element is smaller than nothing: some types have no bytes. */
	if (!(n >= 0 && n <= (double)(r->end - r->start)))
		return damaged(r, "a length beyond the document");
	r->p += w;
	*out = (size_t)n;
	return 0;
}

static int
bytes(struct reader *r, struct ubj *v, size_t n)
{
	if ((size_t)(r->end - r->p) < n)
		return damaged(r, "the document ends too early");
	v->at = r->p;
	v->n = n;
	r->p += n;
	return 0;
}

static void
append(struct reader *r, struct list *l, const struct ubj *v)
{
	if (l->n == l->room) {
		size_t room = l->room > 0 ? 2 * l->room : 8;
		const struct ubj **new = arena_alloc(r->a, room * sizeof(*new));

		if (l->n > 0)
			memcpy(new, l->v, l->n * sizeof(*new));
		l->v = new;
		l->room = room;
	}
	l->v[l->n++] = v;
}

static const struct ubj *value(struct reader *, char type);

/* The $ and # that may follow the opening of a container. */
static int
header(struct reader *r, char *type, size_t *count, int *counted)
{
	*type = 0;
	*counted = 0;
	if (r->p < r->end && *r->p == '$') {
		r->p++;
		if (marker(r, type) == -1)
			return -1;
		if (r->p == r->end || *r->p != '#')
			return damaged(r, "a type without a count");
	}
	if (r->p < r->end && *r->p == '#') {
		r->p++;
		*counted = 1;
		return length(r, count);
	}
	return 0;
}

static int
at_end(struct reader *r, char close, size_t n, size_t count, int counted)
{
	if (counted)
		return n == count;
	while (r->p < r->end && *r->p == 'N')
		r->p++;
	if (r->p < r->end && *r->p == (unsigned char)close) {
		r->p++;
		return 1;
	}
	return 0;
}

static int
container(struct reader *r, struct ubj *v)
{
	int object = v->type == '{', counted;
	struct list l = { 0 };
	size_t count = 0;
	char type;

	if (header(r, &type, &count, &counted) == -1)
		return -1;
	if (!object && type != 0 && width(type) > 0) {
		v->item = type;
		if (bytes(r, v, count * (size_t)width(type)) == -1)
			return -1;
		v->n = count;
		return 0;
	}
	while (!at_end(r, object ? '}' : ']', l.n, count, counted)) {
		struct ubj *name = NULL, *item;
		const struct ubj *got;
		char t = type;
		size_t n;

		if (object) {
			name = arena_alloc(r->a, sizeof(*name));
			name->type = 'S';
			if (length(r, &n) == -1 || bytes(r, name, n) == -1)
				return -1;
		}
		if (t == 0 && marker(r, &t) == -1)
			return -1;
		if ((got = value(r, t)) == NULL)
			return -1;
		item = arena_alloc(r->a, sizeof(*item));
		*item = *got;
		item->name = name;
		append(r, &l, item);
	}
	v->value = l.v;
	v->n = l.n;
	return 0;
}

static const struct ubj *
value(struct reader *r, char type)
{
	struct ubj *v = arena_alloc(r->a, sizeof(*v));
	size_t n;
	int w = width(type), bad;

	v->type = type;
	if (w >= 0)
		return bytes(r, v, (size_t)w) == -1 ? NULL : v;
	switch (type) {
	case 'S':
	case 'H':
		return length(r, &n) == -1 || bytes(r, v, n) == -1 ? NULL : v;
	case '[':
	case '{':
		if (++r->depth > UBJ_DEPTH_MAX) {
			damaged(r, "nested too deeply");
			return NULL;
		}
		bad = container(r, v);
		r->depth--;
		return bad == -1 ? NULL : v;
	default:
		damaged(r, "an unknown marker");
		return NULL;
	}
}

const struct ubj *
ubj_parse(const void *data, size_t n, struct arena *a, struct err *e)
{
	struct reader r = { data, data, (const unsigned char *)data + n, a, e,
		0 };
	char type;

	if (marker(&r, &type) == -1)
		return NULL;
	return value(&r, type);
}

const struct ubj *
ubj_get(const struct ubj *v, const char *name)
{
	size_t n = strlen(name);

	if (v == NULL || v->type != '{')
		return NULL;
	for (size_t i = 0; i < v->n; i++)
		if (v->value[i]->name->n == n &&
		    memcmp(v->value[i]->name->at, name, n) == 0)
			return v->value[i];
	return NULL;
}

size_t
ubj_len(const struct ubj *v)
{
	return v != NULL && v->type == '[' ? v->n : 0;
}

const struct ubj *
ubj_item(const struct ubj *v, size_t i)
{
	return i < ubj_len(v) && v->item == 0 ? v->value[i] : NULL;
}

double
ubj_num(const struct ubj *v, size_t i)
{
	if (i >= ubj_len(v))
		return NAN;
	if (v->item != 0)
		return decode(v->item, v->at + i * (size_t)width(v->item));
	return decode(v->value[i]->type, v->value[i]->at);
}

double
ubj_number(const struct ubj *v)
{
	char text[64], *end;
	double x;

	if (v == NULL)
		return NAN;
	if (v->type != 'S')
		return decode(v->type, v->at);
	if (v->n == 0 || v->n >= sizeof(text))
		return NAN;
	memcpy(text, v->at, v->n);
	text[v->n] = '\0';
	x = strtod(text, &end);
	return *end == '\0' ? x : NAN;
}

const char *
ubj_text(const struct ubj *v, struct arena *a)
{
	if (v == NULL || v->type != 'S')
		return NULL;
	return memcpy(arena_alloc(a, v->n + 1), v->at, v->n);
}
