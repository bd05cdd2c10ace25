#include "config.h"

#include <string.h>

#include "lib/banned.h"
#include "lib/buf.h"
#include "lib/report/markup.h"

void
markup_escape(struct buf *b, const char *s)
{
	for (;;) {
		size_t n = strcspn(s, "&<>\"'");

		buf_add(b, s, n);
		s += n;
		switch (*s++) {
		case '\0':
			return;
		case '&':
			buf_puts(b, "&amp;");
			break;
		case '<':
			buf_puts(b, "&lt;");
			break;
		case '>':
			buf_puts(b, "&gt;");
			break;
		case '"':
			buf_puts(b, "&quot;");
			break;
		default:
			buf_puts(b, "&#39;");
		}
	}
}

static int
word(char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

void
markup_markdown(struct buf *b, const char *s, int begins_line)
{
	static const char special[] = "\\`*[]#|~";
	const char *start = s;

	for (; *s != '\0'; s++) {
		int head = begins_line && s == start;
		size_t digits = strspn(s, "0123456789");

		if (*s == '&')
			buf_puts(b, "&amp;");
		else if (*s == '<')
			buf_puts(b, "&lt;");
		else if (*s == '>')
			buf_puts(b, "&gt;");
		else if (*s == ':' && strncmp(s, "://", 3) == 0)
			/* GitHub makes links of bare addresses. */
			buf_puts(b, "&#58;");
		else if (*s == '@')
			buf_puts(b, "&#64;");
		else if (*s == 'w' && strncmp(s, "www.", 4) == 0)
			buf_puts(b, "&#119;");
		else if (*s == '_' && s != start && word(s[-1]) && word(s[1]))
			buf_add(b, s, 1); /* never emphasis inside a word */
		else if (*s == '_' || strchr(special, *s) != NULL ||
			 (head && strchr("-+=", *s) != NULL))
			buf_printf(b, "\\%c", *s);
		else if (head && digits > 0 &&
			 (s[digits] == '.' || s[digits] == ')')) {
			/* "1. " would begin a list; "0.79" must not change. */
			if (s[digits + 1] != ' ' && s[digits + 1] != '\0') {
				buf_add(b, s, 1);
				continue;
			}
			buf_add(b, s, digits);
			buf_printf(b, "\\%c", s[digits]);
			s += digits;
		} else
			buf_add(b, s, 1);
	}
}
