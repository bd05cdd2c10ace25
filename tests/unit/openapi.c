/*
 * The committed OpenAPI document is the one that the rows print.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi/openapi.h"
#include "lib/err.h"
#include "tests/tap.h"

static char *
whole(FILE *f, size_t *n)
{
	char *s = calloc(1, 8 << 20);

	if (s == NULL || f == NULL)
		return NULL;
	*n = fread(s, 1, (8 << 20) - 1, f);
	fclose(f);
	return s;
}

int
main(void)
{
	const char *src = getenv("srcdir");
	char path[1024], *old, *new;
	size_t n = 0, m = 0;
	struct err e = { 0 };
	FILE *f = tmpfile();

	src = src != NULL ? src : ".";
	snprintf(path, sizeof(path), "%s/share/schemas", src);
	ok(openapi_print(path, f, &e) == 0, "the document prints: %s", e.text);
	rewind(f);
	new = whole(f, &m);
	snprintf(path, sizeof(path), "%s/share/openapi.json", src);
	old = whole(fopen(path, "r"), &n);
	ok(old != NULL && n == m && memcmp(old, new, n) == 0,
	    "share/openapi.json is up to date (make openapi)");
	free(old);
	free(new);
	return done();
}
