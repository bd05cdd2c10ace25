/*
 * The words of expressions.
 */
#include "config.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/banned.h"
#include "lib/err.h"
#include "lib/score/dsl_parse.h"

int
dsl_fail(struct dsl_parser *p, const char *at, const char *fmt, ...)
{
	char text[256];
	long line = 1;
	const char *start = p->source;
	va_list ap;

	for (const char *s = p->source; s < at; s++)
		if (*s == '\n') {
			line++;
			start = s + 1;
		}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_at(p->e, ERR_INVALID, line, at - start + 1, "%s", text);
}

static int
is_word(unsigned char c, int first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       c >= 0x80 || (!first && ((c >= '0' && c <= '9') || c == '.'));
}

/* A text or a field in quotes, which a backslash escapes. */
static int
lex_quoted(struct dsl_parser *p, char quote)
{
	const char *s = p->next + 1;
	char *t = arena_alloc(p->a, strlen(s) + 1);
	size_t n = 0;

	for (; *s != quote; s++) {
		if (*s == '\\' && s[1] != '\0')
			s++;
		if (*s == '\0')
			return dsl_fail(p, p->next, "this quote is not closed");
		t[n++] = *s;
	}
	p->token.kind = quote == '`' ? TOKEN_FIELD : TOKEN_TEXT;
	p->token.text = t;
	p->next = s + 1;
	return 0;
}

static int
lex_number(struct dsl_parser *p)
{
	const char *s = p->next;
	char digits[64];
	size_t n;

	s += strspn(s, "0123456789");
	if (*s == '.')
		s += 1 + strspn(s + 1, "0123456789");
	if (*s == 'e' || *s == 'E') {
		s++;
		if (*s == '+' || *s == '-')
			s++;
		s += strspn(s, "0123456789");
	}
	n = (size_t)(s - p->next);
	if (n >= sizeof(digits) || is_word((unsigned char)*s, 1))
		return dsl_fail(p, p->next, "this is no number");
	memcpy(digits, p->next, n);
	digits[n] = '\0';

	char *end;

	p->token.number = strtod(digits, &end);
	if (*end != '\0' || !isfinite(p->token.number))
		return dsl_fail(p, p->next, "this is no number");
	p->token.kind = TOKEN_NUMBER;
	p->next = s;
	return 0;
}

int
dsl_lex(struct dsl_parser *p)
{
	static const char *const signs[] = { "<=", ">=", "==", "!=", "<", ">",
		"+", "-", "*", "/", "(", ")", "," };

	p->next += strspn(p->next, " \t\r\n");
	p->token = (struct dsl_token){ .at = p->next };

	unsigned char c = (unsigned char)*p->next;

	if (c == '\0')
		return 0;
	if (c == '"' || c == '\'' || c == '`')
		return lex_quoted(p, (char)c);
	if ((c >= '0' && c <= '9') || c == '.')
		return lex_number(p);
	if (is_word(c, 1)) {
		size_t n = 1;
		char *t;

		while (is_word((unsigned char)p->next[n], 0))
			n++;
		t = arena_alloc(p->a, n + 1);
		memcpy(t, p->next, n);
		p->token.kind = TOKEN_NAME;
		p->token.text = t;
		p->next += n;
		return 0;
	}
	for (size_t i = 0; i < nitems(signs); i++) {
		size_t n = strlen(signs[i]);

		if (strncmp(p->next, signs[i], n) == 0) {
			p->token.kind = TOKEN_SIGN;
			p->token.text = signs[i];
			p->next += n;
			return 0;
		}
	}
	if (c == '=')
		return dsl_fail(p, p->next, "'=' compares nothing: write '=='");
	return dsl_fail(p, p->next, "this character has no meaning here");
}

int
dsl_is_sign(const struct dsl_parser *p, const char *sign)
{
	return p->token.kind == TOKEN_SIGN && strcmp(p->token.text, sign) == 0;
}

int
dsl_is_name(const struct dsl_parser *p, const char *word)
{
	return p->token.kind == TOKEN_NAME && strcmp(p->token.text, word) == 0;
}

int
dsl_expect(struct dsl_parser *p, const char *sign)
{
	if (!dsl_is_sign(p, sign))
		return dsl_fail(p, p->token.at, "'%s' is missing here", sign);
	return dsl_lex(p);
}
