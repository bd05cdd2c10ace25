#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/field.h"
#include "lib/ident.h"

#define NAME_CHARS_MAX 128

static int
is_word_of(const char *s, const char *words)
{
	size_t n = strlen(s);

	for (const char *w = words; n > 0 && (w = strstr(w, s)) != NULL; w += n)
		if ((w == words || w[-1] == ' ') &&
		    (w[n] == ' ' || w[n] == '\0'))
			return 1;
	return 0;
}

static int
is_name(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVW"
			     "XYZ0123456789._-");

	return isalnum((unsigned char)*s) && s[n] == '\0' &&
	       n <= NAME_CHARS_MAX;
}

/* "2026-11-24T08:15:00.123456Z": d is a digit, the rest stands for itself. */
static int
is_time(const char *s)
{
	static const char shape[] = "dddd-dd-ddTdd:dd:dd";
	const char *p = s;

	for (const char *t = shape; *t != '\0'; t++, p++)
		if (*t == 'd' ? !isdigit((unsigned char)*p)
			      : toupper((unsigned char)*p) != *t)
			return 0;
	if (*p == '.') {
		size_t n = strspn(++p, "0123456789");
		if (n == 0 || n > 9)
			return 0;
		p += n;
	}
	if (*p == 'Z' || *p == 'z')
		return p[1] == '\0';
	return (*p == '+' || *p == '-') && isdigit((unsigned char)p[1]) &&
	       isdigit((unsigned char)p[2]) && p[3] == ':' &&
	       isdigit((unsigned char)p[4]) && isdigit((unsigned char)p[5]) &&
	       p[6] == '\0';
}

static long long
count_chars(const char *s)
{
	long long n = 0;

	for (; *s != '\0'; s++)
		if (((unsigned char)*s & 0xc0) != 0x80)
			n++;
	return n;
}

static int
is_int(const struct field *f, const char *s)
{
	long long n;
	char *end;

	if (*s != '-' && !isdigit((unsigned char)*s))
		return 0;
	errno = 0;
	n = strtoll(s, &end, 10);
	return errno == 0 && end != s && *end == '\0' && n >= f->min &&
	       (f->max == 0 || n <= f->max);
}

static int
is_number(const struct field *f, const char *s)
{
	double x;
	char *end;

	/* strtod reads words and hexadecimals, too. */
	if (s[strspn(s, "+-.0123456789eE")] != '\0')
		return 0;
	x = strtod(s, &end);
	return end != s && *end == '\0' && isfinite(x) && x >= (double)f->min &&
	       (f->max == 0 || x <= (double)f->max);
}

static const char *
range(struct arena *a, const struct field *f, const char *what)
{
	return f->max == 0
	           ? arena_printf(a, "%s of at least %lld", what, f->min)
	           : arena_printf(
			 a, "%s from %lld to %lld", what, f->min, f->max);
}

const char *
field_check(const struct field *f, const char *s, struct arena *a)
{
	switch (f->type) {
	case T_TEXT: {
		long long n = count_chars(s);
		if (n >= f->min && (f->max == 0 || n <= f->max))
			return NULL;
		return f->max == 0
		           ? arena_printf(
				 a, "have at least %lld characters", f->min)
		           : arena_printf(a, "have %lld to %lld characters",
				 f->min, f->max);
	}
	case T_NAME:
		return is_name(s) ? NULL
		                  : "be a name: a letter or digit, then "
		                    "letters, digits, "
		                    "'.', '_' and '-', at most 128";
	case T_ID:
		return ident_ok(s, f->oneof)
		           ? NULL
		           : arena_printf(a,
				 "be an identifier that begins with %s_",
				 f->oneof);
	case T_INT:
		return is_int(f, s) ? NULL
		                    : arena_printf(a, "be %s",
					  range(a, f, "a whole number"));
	case T_NUMBER:
		return is_number(f, s)
		           ? NULL
		           : arena_printf(a, "be %s", range(a, f, "a number"));
	case T_BOOL:
		return strcmp(s, "true") == 0 || strcmp(s, "false") == 0
		           ? NULL
		           : "be true or false";
	case T_ENUM:
		return is_word_of(s, f->oneof)
		           ? NULL
		           : arena_printf(a, "be one of: %s", f->oneof);
	case T_TIME:
		return is_time(s) ? NULL
		                  : "be a time like 2026-11-24T08:15:00Z";
	case T_JSON:
	case T_OBJECT:
		return NULL;
	}
	abort();
}
