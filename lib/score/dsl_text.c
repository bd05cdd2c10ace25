/*
 * The text functions of expressions, which run at compile time on the levels
 * of a category.
 */
#include "config.h"

#include <string.h>

#include "lib/arena.h"
#include "lib/score/dsl_code.h"

/* The first byte of a UTF-8 character, not one that goes on. */
static int
is_head(char c)
{
	return (c & 0xc0) != 0x80;
}

static char *
copy(const char *s, size_t n, struct arena *a)
{
	return memcpy(arena_alloc(a, n + 1), s, n);
}

double
dsl_text_eq(const char *s, const char *t)
{
	return strcmp(s, t) == 0;
}

double
dsl_text_contains(const char *s, const char *t)
{
	return strstr(s, t) != NULL;
}

double
dsl_text_starts(const char *s, const char *t)
{
	return strncmp(s, t, strlen(t)) == 0;
}

double
dsl_text_ends(const char *s, const char *t)
{
	size_t n = strlen(s), m = strlen(t);

	return n >= m && memcmp(s + n - m, t, m) == 0;
}

double
dsl_text_len(const char *s)
{
	int n = 0;

	for (; *s != '\0'; s++)
		n += is_head(*s);
	return n;
}

const char *
dsl_text_lower(const char *s, struct arena *a)
{
	char *t = copy(s, strlen(s), a);

	for (char *p = t; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return t;
}

const char *
dsl_text_upper(const char *s, struct arena *a)
{
	char *t = copy(s, strlen(s), a);

	for (char *p = t; *p != '\0'; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	return t;
}

const char *
dsl_text_trim(const char *s, struct arena *a)
{
	size_t n;

	s += strspn(s, " \t\r\n");
	for (n = strlen(s); n > 0 && strchr(" \t\r\n", s[n - 1]) != NULL; n--)
		;
	return copy(s, n, a);
}

const char *
dsl_text_substr(const char *s, int from, int n, struct arena *a)
{
	const char *end;

	for (; *s != '\0' && from > 0; from--)
		for (s++; !is_head(*s); s++)
			;
	for (end = s; *end != '\0' && n > 0; n--)
		for (end++; !is_head(*end); end++)
			;
	return copy(s, (size_t)(end - s), a);
}
