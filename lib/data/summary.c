/*
 * All that the profile keeps of one column while its cells go by.
 */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/banned.h"
#include "lib/data/reader.h"
#include "lib/data/sample.h"
#include "lib/data/sniff.h"
#include "lib/data/summary.h"
#include "lib/data/top.h"
#include "lib/data/value.h"
#include "lib/json.h"

/* Values shown of a column, and their length in bytes. */
#define TOP  20
#define TEXT 200

/* Bins of a histogram as it is shown. */
#define BINS 32

/* Values of a block that are looked at for personal data: more of the first. */
#define LOOKS_FIRST 64
#define LOOKS       4

static const struct {
	const char *name;
	double q;
} quantiles[] = {
	{ "p01", 0.01 },
	{ "p05", 0.05 },
	{ "p25", 0.25 },
	{ "p50", 0.50 },
	{ "p75", 0.75 },
	{ "p95", 0.95 },
	{ "p99", 0.99 },
};

struct summary *
summary_new(const struct reader_column *c, size_t index, size_t rows, int keys)
{
	struct summary *s = calloc(1, sizeof(*s));

	if (s == NULL)
		abort();
	s->name = c->name;
	s->sniff = sniff_new(c, index);
	sniff_absent(s->sniff, rows);
	s->place = -1;
	s->keys = keys;
	return s;
}

void
summary_free(struct summary *s)
{
	if (s == NULL)
		return;
	sniff_free(s->sniff);
	free(s->histogram);
	free(s->sample_x);
	free(s->sample_key);
	free(s);
}

void
summary_room(struct summary_room *r, size_t n)
{
	if (n <= r->max)
		return;
	summary_room_done(r);
	r->max = n;
	r->x = calloc(n, sizeof(*r->x));
	r->dense = calloc(n + 1, sizeof(*r->dense));
	r->key = calloc(n, sizeof(*r->key));
	r->row_hash = calloc(n, sizeof(*r->row_hash));
	if (r->x == NULL || r->dense == NULL || r->key == NULL ||
	    r->row_hash == NULL)
		abort();
}

void
summary_room_done(struct summary_room *r)
{
	free(r->x);
	free(r->dense);
	free(r->key);
	free(r->row_hash);
	*r = (struct summary_room){ 0 };
}

static void
numbers(struct summary *s, const struct summary_room *room, size_t n)
{
	const double *x = room->x;
	struct moments m;

	if (s->missing > 0) {
		double *dense = room->dense;
		size_t k = 0;

		for (size_t i = 0; i < n; i++) {
			dense[k] = x[i];
			k += !isnan(x[i]);
		}
		x = dense;
		n = k;
	}
	if (n == 0)
		return;
	m = moments_of(x, n);
	moments_add(&s->moments, &m);
	s->mean = m.mean;
	if (s->histogram == NULL &&
	    (s->histogram = calloc(1, sizeof(*s->histogram))) == NULL)
		abort();
	histogram_add(s->histogram, x, n, m.min, m.max);
}

static void
look(struct summary *s, const struct cell *cell, const uint64_t *key, size_t n)
{
	size_t looks = s->personal.looked == 0 ? LOOKS_FIRST : LOOKS;

	for (size_t i = 0; i < n && looks > 0; i++)
		if (key[i] != 0) {
			personal_look(&s->personal, cell[i].text, cell[i].len);
			looks--;
		}
}

/* Room for the sampled rows, as they become more. */
static void
sample_room(struct summary *s, size_t n)
{
	size_t old = s->sampled;

	if (n <= old)
		return;
	s->sampled = 2 * n;
	s->sample_x =
	    reallocarray(s->sample_x, s->sampled, sizeof(*s->sample_x));
	if (s->keys)
		s->sample_key = reallocarray(
		    s->sample_key, s->sampled, sizeof(*s->sample_key));
	if (s->sample_x == NULL || (s->keys && s->sample_key == NULL))
		abort();
	for (size_t i = old; i < s->sampled; i++) {
		s->sample_x[i] = NAN;
		if (s->keys)
			s->sample_key[i] = 0;
	}
}

void
summary_take(struct summary *s, const struct cell *cell, size_t n,
    const struct sample *sample, struct summary_room *room)
{
	s->mean = 0;
	s->missing = sniff_cells(s->sniff, cell, n, room->x, room->key);
	if (sniff_numeric(s->sniff))
		numbers(s, room, n);
	else
		s->missing = n; /* of numbers, there is none */
	look(s, cell, room->key, n);
	/* Turning keeps the columns apart in the sum. */
	for (size_t i = 0; i < n; i++)
		room->row_hash[i] =
		    (room->row_hash[i] << 7 | room->row_hash[i] >> 57) +
		    room->key[i];
	sample_room(s, sample->n);
	for (size_t i = 0; i < sample->nmoves; i++)
		s->sample_x[sample->move[i].to] = room->x[sample->move[i].from];
	for (size_t i = 0; i < sample->nmoves && s->keys; i++)
		s->sample_key[sample->move[i].to] =
		    room->key[sample->move[i].from];
}

/* Sort by the bits: those of a double, the sign turned, are in its order. */
static void
sort(double *x, size_t n)
{
	uint64_t *a = calloc(n, sizeof(*a)), *b = calloc(n, sizeof(*b)), *t;
	const uint64_t top = 1ull << 63;

	if (a == NULL || b == NULL)
		abort();
	for (size_t i = 0; i < n; i++) {
		memcpy(&a[i], &x[i], sizeof(a[i]));
		a[i] = a[i] & top ? ~a[i] : a[i] | top;
	}
	for (int shift = 0; shift < 64; shift += 8) {
		size_t at[257] = { 0 };

		for (size_t i = 0; i < n; i++)
			at[(a[i] >> shift & 0xff) + 1]++;
		if (at[(a[0] >> shift & 0xff) + 1] == n)
			continue;
		for (int i = 0; i < 256; i++)
			at[i + 1] += at[i];
		for (size_t i = 0; i < n; i++)
			b[at[a[i] >> shift & 0xff]++] = a[i];
		t = a;
		a = b;
		b = t;
	}
	for (size_t i = 0; i < n; i++) {
		a[i] = a[i] & top ? a[i] & ~top : ~a[i];
		memcpy(&x[i], &a[i], sizeof(x[i]));
	}
	free(a);
	free(b);
}

static json_t *
number(enum column_type type, double x)
{
	char text[VALUE_DATETIME];

	if (type == COL_DATETIME) {
		value_datetime_text(x, text);
		return json_string(text);
	}
	if (x == floor(x) && fabs(x) < 9e15 && type != COL_NUMBER)
		return json_integer((json_int_t)x);
	return json_finite(x);
}

/* By linear interpolation between the sampled values (R's type 7). */
static json_t *
quantile(enum column_type type, const double *x, size_t n, double q)
{
	double at = q * (double)(n - 1), low = floor(at), y = x[(size_t)low];

	if (at > low)
		y += (x[(size_t)low + 1] - y) * (at - low);
	return number(type, y);
}

static json_t *
quantiles_json(const struct summary *s, enum column_type type, size_t sampled)
{
	double *x = calloc(sampled + 1, sizeof(*x));
	json_t *o = json_object();
	size_t n = 0;

	if (x == NULL)
		abort();
	for (size_t i = 0; i < sampled; i++)
		if (!isnan(s->sample_x[i]))
			x[n++] = s->sample_x[i];
	if (n > 0) {
		sort(x, n);
		for (size_t i = 0; i < nitems(quantiles); i++)
			json_object_set_new(o, quantiles[i].name,
			    quantile(type, x, n, quantiles[i].q));
	}
	free(x);
	return o;
}

static json_t *
histogram_json(const struct summary *s, enum column_type type)
{
	json_t *edges = json_array(), *counts = json_array();
	uint64_t count[BINS];
	double edge[BINS + 1];
	size_t n;

	n = histogram_bins(
	    s->histogram, type == COL_INTEGER ? 1 : 0, BINS, edge, count);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(
		    counts, json_integer((json_int_t)count[i]));
	for (size_t i = 0; i <= n; i++)
		json_array_append_new(edges, json_finite(edge[i]));
	return json_pack("{s:o, s:o}", "edges", edges, "counts", counts);
}

static void
numbers_json(
    const struct summary *s, json_t *o, enum column_type type, size_t sampled)
{
	const struct moments *m = &s->moments;

	json_object_set_new(o, "min", number(type, m->min));
	json_object_set_new(o, "max", number(type, m->max));
	json_object_set_new(o, "mean",
	    type == COL_DATETIME ? number(type, m->mean)
				 : json_finite(m->mean));
	json_object_set_new(o, "sd", json_finite(moments_sd(m)));
	json_object_set_new(o, "skew", json_finite(moments_skew(m)));
	json_object_set_new(o, "quantiles", quantiles_json(s, type, sampled));
	json_object_set_new(o, "histogram", histogram_json(s, type));
}

json_t *
summary_text(const char *text, size_t n)
{
	if (n > TEXT)
		n = TEXT;
	for (size_t less = 0; less < 4 && less <= n; less++) {
		json_t *v = json_stringn(text, n - less);

		if (v != NULL)
			return v;
	}
	return json_string("");
}

static json_t *
top_json(const struct summary *s, int *exact)
{
	struct top_value v[TOP];
	size_t n = sniff_top(s->sniff, v, TOP, exact);
	json_t *a = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(a, json_pack("{s:o, s:I}", "value",
					     summary_text(v[i].text, v[i].len),
					     "count", (json_int_t)v[i].count));
	return a;
}

json_t *
summary_json(const struct summary *s, size_t sampled)
{
	enum column_type type = sniff_type(s->sniff);
	const char *suspect[PERSONAL_SUSPECTS];
	json_t *o = json_object(), *suspects = json_array();
	size_t distinct, least, most, n;
	double mean;
	int exact;

	json_object_set_new(o, "name", json_string(s->name));
	json_object_set_new(o, "type", json_string(column_type_names[type]));
	json_object_set_new(
	    o, "missing", json_integer((json_int_t)sniff_missing(s->sniff)));
	distinct = sniff_distinct(s->sniff, &exact);
	json_object_set_new(o, "distinct", json_integer((json_int_t)distinct));
	json_object_set_new(o, "distinct_exact", json_boolean(exact));
	if (type == COL_INTEGER || type == COL_NUMBER || type == COL_DATETIME)
		numbers_json(s, o, type, sampled);
	else if (sniff_length(s->sniff, &least, &most, &mean))
		json_object_set_new(o, "length",
		    json_pack("{s:I, s:f, s:I}", "min", (json_int_t)least,
			"mean", mean, "max", (json_int_t)most));
	json_object_set_new(o, "top", top_json(s, &exact));
	json_object_set_new(o, "top_exact", json_boolean(exact));
	n = personal_suspects(&s->personal, s->name,
	    type == COL_TEXT || type == COL_IDENTIFIER || distinct > TOP,
	    suspect);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(suspects, json_string(suspect[i]));
	json_object_set_new(o, "suspects", suspects);
	return o;
}
