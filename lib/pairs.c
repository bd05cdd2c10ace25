#include "config.h"

#include <ctype.h>
#include <jansson.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/err.h"
#include "lib/pairs.h"

static int
hex(int c)
{
	return isdigit(c) ? c - '0' : isxdigit(c) ? tolower(c) - 'a' + 10 : -1;
}

/* Decode n bytes into the arena; NULL if they are not well-formed. */
static char *
decode(const char *s, size_t n, struct arena *a)
{
	char *out = arena_alloc(a, n + 1), *p = out;

	for (size_t i = 0; i < n; i++, p++) {
		if (s[i] == '+')
			*p = ' ';
		else if (s[i] != '%')
			*p = s[i];
		else {
			int hi, lo;
			if (n - i < 3)
				return NULL;
			hi = hex((unsigned char)s[i + 1]);
			lo = hex((unsigned char)s[i + 2]);
			if (hi == -1 || lo == -1 || hi + lo == 0)
				return NULL;
			*p = (char)(hi << 4 | lo);
			i += 2;
		}
	}
	/* jansson knows what UTF-8 is. */
	json_t *v = json_stringn(out, (size_t)(p - out));
	if (v == NULL)
		return NULL;
	json_decref(v);
	return out;
}

struct pair *
pairs_parse(const char *s, struct arena *a, struct err *e)
{
	struct pair *pair = arena_alloc(a, (PAIRS_MAX + 1) * sizeof(*pair));
	int n = 0;

	for (; *s != '\0'; s += *s == '&') {
		size_t len = strcspn(s, "&"), name = strcspn(s, "=&");
		if (len == 0)
			continue;
		if (n == PAIRS_MAX)
			goto bad;
		pair[n].name = decode(s, name, a);
		pair[n].value =
		    name == len ? "" : decode(s + name + 1, len - name - 1, a);
		if (pair[n].name == NULL || pair[n].value == NULL)
			goto bad;
		n++;
		s += len;
	}
	return pair;
bad:
	err_set(e, ERR_MALFORMED, "the query string is not well-formed");
	return NULL;
}

const char *
pairs_find(const struct pair *p, const char *name)
{
	for (; p != NULL && p->name != NULL; p++)
		if (strcmp(p->name, name) == 0)
			return p->value;
	return NULL;
}
