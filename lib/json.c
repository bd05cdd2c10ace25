#include "config.h"

#include <err.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/err.h"
#include "lib/json.h"

/* jansson recurses once a level: look at the depth before it does. */
static int
too_deep(const char *s, size_t n, struct err *e)
{
	int depth = 0, in_string = 0;
	long line = 1;
	const char *start = s;

	for (const char *p = s; p < s + n; p++) {
		if (*p == '\n') {
			line++;
			start = p + 1;
		}
		if (in_string) {
			if (*p == '\\')
				p++;
			else if (*p == '"')
				in_string = 0;
			continue;
		}
		if (*p == '"')
			in_string = 1;
		else if (*p == '{' || *p == '[')
			depth++;
		else if (*p == '}' || *p == ']')
			depth--;
		if (depth > JSON_DEPTH_MAX)
			return err_at(e, ERR_MALFORMED, line, p - start + 1,
			    "JSON is nested deeper than %d levels",
			    JSON_DEPTH_MAX);
	}
	return 0;
}

json_t *
json_parse(const char *text, size_t n, struct err *e)
{
	json_error_t je;
	json_t *v;

	if (too_deep(text, n, e) == -1)
		return NULL;
	if ((v = json_loadb(text, n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY,
		 &je)) == NULL)
		err_at(
		    e, ERR_MALFORMED, je.line, je.column, "JSON: %s", je.text);
	return v;
}

json_t *
json_parse_file(const char *path, size_t max, struct err *e)
{
	auto_file FILE *f = fopen(path, "re");
	auto_str char *text = NULL;
	struct stat st;
	size_t n;

	if (f == NULL || fstat(fileno(f), &st) == -1) {
		err_set(e, ERR_INTERNAL, "cannot open '%s': %s", path,
		    strerror(errno));
		return NULL;
	}
	if ((size_t)st.st_size > max) {
		err_set(e, ERR_TOO_LARGE, "'%s' has more than %zu bytes", path,
		    max);
		return NULL;
	}
	if ((text = malloc((size_t)st.st_size + 1)) == NULL)
		err(1, "json");
	n = fread(text, 1, (size_t)st.st_size, f);
	if (ferror(f)) {
		err_set(e, ERR_INTERNAL, "cannot read '%s': %s", path,
		    strerror(errno));
		return NULL;
	}
	return json_parse(text, n, e);
}

char *
json_text(const json_t *v, struct arena *a)
{
	char *s;

	if ((s = json_dumps(v, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY |
				   JSON_REAL_PRECISION(17))) == NULL)
		errx(1, "json: cannot encode");
	arena_defer(a, free, s);
	return s;
}

const char *
json_str(const json_t *o, const char *key, const char *none)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s != NULL ? s : none;
}

double
json_num(const json_t *o, const char *key, double none)
{
	const json_t *v = json_object_get(o, key);

	return json_is_number(v) ? json_number_value(v) : none;
}

long long
json_int(const json_t *o, const char *key, long long none)
{
	const json_t *v = json_object_get(o, key);

	return json_is_integer(v) ? json_integer_value(v) : none;
}

json_t *
json_finite(double x)
{
	return isfinite(x) ? json_real(x) : json_null();
}
