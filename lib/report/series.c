#include "config.h"

#include <math.h>

#include "lib/arena.h"
#include "lib/report/series.h"

double
series_number(const json_t *v)
{
	return json_is_number(v) ? json_number_value(v) : NAN;
}

static double *
read(struct arena *a, const json_t *array, const char *key, size_t max,
    size_t *n)
{
	size_t size = json_array_size(array);
	double *v;

	*n = size < max ? size : max;
	if (*n == 0)
		return NULL;
	v = arena_alloc(a, *n * sizeof(*v));
	for (size_t i = 0; i < *n; i++) {
		const json_t *item = json_array_get(array, i);

		v[i] = series_number(
		    key != NULL ? json_object_get(item, key) : item);
	}
	return v;
}

double *
series_numbers(struct arena *a, const json_t *array, size_t max, size_t *n)
{
	return read(a, array, NULL, max, n);
}

double *
series_members(struct arena *a, const json_t *array, const char *key,
    size_t max, size_t *n)
{
	return read(a, array, key, max, n);
}

size_t
series_pairs(
    struct arena *a, const json_t *array, size_t max, double **x, double **y)
{
	size_t size = json_array_size(array), n = size < max ? size : max;

	if (n == 0)
		return 0;
	*x = arena_alloc(a, n * sizeof(**x));
	*y = arena_alloc(a, n * sizeof(**y));
	for (size_t i = 0; i < n; i++) {
		size_t at = n > 1 ? i * (size - 1) / (n - 1) : 0;
		const json_t *pair = json_array_get(array, at);

		(*x)[i] = series_number(json_array_get(pair, 0));
		(*y)[i] = series_number(json_array_get(pair, 1));
	}
	return n;
}

const char *
series_word(struct arena *a, const json_t *v)
{
	switch (v == NULL ? JSON_NULL : json_typeof(v)) {
	case JSON_STRING:
		return json_string_value(v);
	case JSON_INTEGER:
		/* Without commas: it may be a name, a year, a seed. */
		return arena_printf(
		    a, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	case JSON_REAL:
		return arena_printf(a, "%.6g", json_real_value(v));
	case JSON_TRUE:
		return "true";
	case JSON_FALSE:
		return "false";
	default:
		return "";
	}
}

const char **
series_words(struct arena *a, const json_t *array, size_t max, size_t *n)
{
	size_t size = json_array_size(array);
	const char **w;

	*n = size < max ? size : max;
	w = arena_alloc(a, (*n + 1) * sizeof(*w));
	for (size_t i = 0; i < *n; i++)
		w[i] = series_word(a, json_array_get(array, i));
	return w;
}
