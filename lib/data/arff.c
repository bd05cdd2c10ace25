/*
 * ARFF (Weka's format): a typed header, then dense or sparse rows.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/banned.h"
#include "lib/data/date_pattern.h"
#include "lib/data/format.h"
#include "lib/data/limits.h"
#include "lib/data/scan.h"
#include "lib/data/utf8.h"
#include "lib/data/value.h"

/* What a column has besides its name. */
struct attribute {
	const char **level; /* in the order of the header */
	int *slot; /* level numbers by text: open addressing, -1 none */
	size_t nlevels, nslots;
	const char *pattern; /* of a date */
};

struct arff {
	struct attribute *attribute;
	size_t max;
};

/* A token, and the byte after it. */
struct token {
	const char *text;
	size_t len;
	int quoted, scratch;
	const char *next;
};

static inline int
blank(char c)
{
	return c == ' ' || c == '\t';
}

static const char *
skip(const char *p, const char *end)
{
	while (p < end && blank(*p))
		p++;
	return p;
}

/* A token in quotes, ' or ", with backslashes as in Weka; p is at the quote. */
static int
quoted(struct reader *r, const char *p, const char *end, struct token *t,
    struct err *e)
{
	static const char from[] = "nrt", to[] = "\n\r\t";
	const char quote = *p, *start = ++p, *x;
	int escapes = 0;
	char *out;

	while (p < end && *p != quote) {
		if (*p == '\\' && p + 1 < end) {
			escapes = 1;
			p++;
		}
		p++;
	}
	if (p >= end)
		return format_err(r, start - 1, e, ERR_MALFORMED,
		    "a quoted value is not closed before the line ends: add "
		    "the closing %c, or put a backslash before a quote that "
		    "is a part of the value",
		    quote);
	*t = (struct token){ start, (size_t)(p - start), 1, escapes, p + 1 };
	if (!escapes)
		return 0;
	t->text = out = format_scratch(r, t->len);
	for (const char *q = start; q < p; q++) {
		if (*q == '\\' && (x = strchr(from, *++q)) != NULL &&
		    *x != '\0')
			*out++ = to[x - from];
		else
			*out++ = *q;
	}
	t->len = (size_t)(out - t->text);
	return 0;
}

/* The next token of a row or a list of levels, up to a comma, a blank or what
 * closes the list. */
static int
token(struct reader *r, const char *p, const char *end, struct token *t,
    struct err *e)
{
	const char *start = p;

	if (p < end && (*p == '\'' || *p == '"'))
		return quoted(r, p, end, t, e);
	while (p < end && !blank(*p) && *p != ',' && *p != '}')
		p++;
	if (p == start)
		return format_err(r, p, e, ERR_MALFORMED,
		    "a value is missing here: write ? for a missing value");
	*t = (struct token){ start, (size_t)(p - start), 0, 0, p };
	return 0;
}

static size_t
level_slot(const struct attribute *a, const char *text, size_t n)
{
	uint64_t h = 0xcbf29ce484222325ull; /* FNV-1a */
	size_t i;

	for (size_t k = 0; k < n; k++)
		h = (h ^ (unsigned char)text[k]) * 0x100000001b3ull;
	i = (h ^ h >> 32) & (a->nslots - 1);
	while (a->slot[i] != -1) {
		const char *have = a->level[a->slot[i]];

		if (strncmp(have, text, n) == 0 && have[n] == '\0')
			break;
		i = (i + 1) & (a->nslots - 1);
	}
	return i;
}

/* A list of levels; p is behind the brace. */
static int
levels(struct reader *r, struct attribute *a, const char *p, const char *end,
    struct err *e)
{
	size_t max = 1, at;

	for (const char *q = p; q < end; q++)
		max += *q == ',' || blank(*q);
	a->level = arena_alloc(r->names, max * sizeof(*a->level));
	for (a->nslots = 4; a->nslots < 2 * max; a->nslots *= 2)
		;
	a->slot = arena_alloc(r->names, a->nslots * sizeof(*a->slot));
	memset(a->slot, -1, a->nslots * sizeof(*a->slot));
	for (;;) {
		char shown[FORMAT_SHOWN], *copy;
		struct token t;

		p = skip(p, end);
		if (p < end && *p == '}')
			break;
		if (p == end)
			return format_err(r, p, e, ERR_MALFORMED,
			    "the list of levels is not closed: add a }");
		if (token(r, p, end, &t, e) == -1)
			return -1;
		if (a->nlevels == LIMIT_LEVELS)
			return format_err(r, p, e, ERR_TOO_LARGE,
			    "more than %d levels: declare the attribute as "
			    "string",
			    LIMIT_LEVELS);
		at = level_slot(a, t.text, t.len);
		if (a->slot[at] != -1)
			return format_err(r, p, e, ERR_INVALID,
			    "the level '%s' is declared twice",
			    format_shown(shown, t.text, t.len));
		/* 32 bytes more, as for every cell. */
		copy = arena_alloc(r->names, t.len + 33);
		memcpy(copy, t.text, t.len);
		a->slot[at] = (int)a->nlevels;
		a->level[a->nlevels++] = copy;
		p = skip(t.next, end);
		if (p < end && *p == ',')
			p++;
		else if (p < end && *p != '}' && !blank(t.next[0]))
			return format_err(r, p, e, ERR_MALFORMED,
			    "text behind the closing quote of a level: put a "
			    "comma here");
	}
	if (a->nlevels == 0)
		return format_err(r, p, e, ERR_INVALID,
		    "an attribute without levels: list them within the braces");
	p = skip(p + 1, end);
	if (p < end && *p != '%')
		return format_err(
		    r, p, e, ERR_MALFORMED, "text behind the list of levels");
	return 0;
}

/* Whether the word at p, up to a blank, is this one. */
static int
word(const char *p, const char *end, const char *is)
{
	size_t n = strlen(is);

	return (size_t)(end - p) >= n && strncasecmp(p, is, n) == 0 &&
	       (p + n == end || blank(p[n]));
}

/* The type of an attribute; p is at it. */
static int
attribute_type(struct reader *r, struct attribute *a, struct reader_column *c,
    const char *p, const char *end, struct err *e)
{
	char shown[FORMAT_SHOWN];
	struct token t = { 0 };
	char *pattern;
	int bad;

	if (p < end && *p == '{') {
		c->declared = DECLARED_LEVELS;
		if (levels(r, a, p + 1, end, e) == -1)
			return -1;
		c->level = a->level;
		c->nlevels = a->nlevels;
		return 0;
	}
	if (word(p, end, "numeric") || word(p, end, "real") ||
	    word(p, end, "integer")) {
		c->declared = DECLARED_NUMBER;
		return 0;
	}
	if (word(p, end, "string")) {
		c->declared = DECLARED_TEXT;
		return 0;
	}
	if (word(p, end, "relational"))
		return format_err(r, p, e, ERR_INVALID,
		    "relational attributes are not read: put their columns "
		    "beside the others");
	if (!word(p, end, "date"))
		return format_err(r, p, e, ERR_MALFORMED,
		    "'%s' is no type: write numeric, string, date or a list of "
		    "levels in braces",
		    format_shown(shown, p, (size_t)(end - p)));
	c->declared = DECLARED_DATE;
	a->pattern = "yyyy-MM-dd'T'HH:mm:ss";
	if ((p = skip(p + 4, end)) == end)
		return 0;
	if (*p != '"' && *p != '\'')
		t = (struct token){ .text = p, .len = (size_t)(end - p) };
	else if (quoted(r, p, end, &t, e) == -1)
		return -1;
	pattern = arena_alloc(r->names, t.len + 1);
	memcpy(pattern, t.text, t.len);
	if ((bad = date_pattern_read(pattern, NULL, NULL, NULL)) != 0)
		return format_err(r, p, e, ERR_INVALID,
		    "'%c' in a date's pattern is not understood: use y M d H m "
		    "s S and text in single quotes",
		    bad);
	a->pattern = pattern;
	return 0;
}

/* "@attribute name type"; p is behind the keyword. */
static int
attribute(struct reader *r, const char *p, const char *end, struct err *e)
{
	struct arff *f = r->state;
	struct reader_column c = { 0 };
	struct attribute a = { 0 };
	struct token t;

	p = skip(p, end);
	if (p < end && (*p == '\'' || *p == '"')) {
		if (quoted(r, p, end, &t, e) == -1)
			return -1;
	} else {
		t = (struct token){ .text = p, .next = p };
		while (t.next < end && !blank(*t.next) && *t.next != '{')
			t.next++;
		t.len = (size_t)(t.next - p);
	}
	if (attribute_type(r, &a, &c, skip(t.next, end), end, e) == -1 ||
	    format_column(r, t.text, t.len, p, c, e) == -1)
		return -1;
	if (r->ncols > f->max) {
		struct attribute *more;

		f->max = 2 * r->ncols;
		more = arena_alloc(r->names, f->max * sizeof(*more));
		if (r->ncols > 1)
			memcpy(
			    more, f->attribute, (r->ncols - 1) * sizeof(*more));
		f->attribute = more;
	}
	f->attribute[r->ncols - 1] = a;
	return 0;
}

/* The end of the line at r->pos, without its CR; *next is the line after. */
static const char *
line_end(const struct reader *r, const char **next)
{
	const char *nl = memchr(r->pos, '\n', (size_t)(r->end - r->pos));
	const char *end = nl == NULL ? r->end : nl;

	*next = nl == NULL ? r->end : nl + 1;
	return end > r->pos && end[-1] == '\r' ? end - 1 : end;
}

static void
next_line(struct reader *r, const char *next)
{
	r->pos = r->line_start = next;
	r->line++;
}

static int
arff_open(struct reader *r, struct err *e)
{
	r->state = arena_alloc(r->names, sizeof(struct arff));
	while (r->pos < r->end) {
		const char *next, *end = line_end(r, &next);
		const char *p = skip(r->pos, end), *bad;
		char shown[FORMAT_SHOWN];

		if ((bad = utf8_bad(p, (size_t)(end - p))) != NULL &&
		    (*bad == '\0' || *p != '%'))
			return format_encoding(r, bad, e);
		while (end > p && blank(end[-1]))
			end--;
		if (word(p, end, "@data")) {
			next_line(r, next);
			if (r->ncols == 0)
				return format_err(r, p, e, ERR_INVALID,
				    "no attribute is declared before @data");
			return 0;
		}
		if (word(p, end, "@attribute")) {
			if (attribute(r, p + 10, end, e) == -1)
				return -1;
		} else if (p < end && *p != '%' && !word(p, end, "@relation")) {
			return format_err(r, p, e, ERR_MALFORMED,
			    "'%s' where @relation, @attribute, @data or a "
			    "comment is due: is this ARFF?",
			    format_shown(shown, p, (size_t)(end - p)));
		}
		next_line(r, next);
	}
	return format_err(r, r->end, e, ERR_INVALID,
	    "the file ends before @data: was it cut short?");
}

/* Put a token into its cell, as its column is declared; p is its place. */
static int
value(struct reader *r, size_t col, const struct token *t, const char *p,
    struct err *e)
{
	const struct arff *f = r->state;
	const struct attribute *a = &f->attribute[col];
	struct cell *c = r->cell + col * r->stride + r->nrows;
	const char *name = r->column[col].name;
	char shown[FORMAT_SHOWN], shown_name[FORMAT_SHOWN];
	double x;
	char *iso;
	int k;

	format_shown(shown, t->text, t->len);
	format_shown(shown_name, name, strlen(name));
	*c = (struct cell){ 0 };
	if (!t->quoted && t->len == 1 && *t->text == '?')
		return 0;
	if (t->len > LIMIT_FIELD)
		return format_err(r, p, e, ERR_TOO_LARGE,
		    "a value of more than %ld bytes", LIMIT_FIELD);
	switch (r->column[col].declared) {
	case DECLARED_NUMBER:
		if (!value_number(t->text, t->len, &x, NULL))
			return format_err(r, p, e, ERR_MALFORMED,
			    "'%s' is no number, but '%s' is declared as "
			    "numeric: correct one of them, or write ? for a "
			    "missing value",
			    shown, shown_name);
		break;
	case DECLARED_LEVELS:
		if ((k = a->slot[level_slot(a, t->text, t->len)]) == -1)
			return format_err(r, p, e, ERR_MALFORMED,
			    "'%s' is not among the %zu levels that '%s' "
			    "declares: add it there, or correct it",
			    shown, a->nlevels, shown_name);
		c->text = a->level[k];
		c->len = (uint32_t)t->len;
		return 0;
	case DECLARED_DATE:
		if (date_pattern_read(
			a->pattern, t->text, t->text + t->len, &x) != 0)
			return format_err(r, p, e, ERR_MALFORMED,
			    "'%s' is no date of the form %s, as '%s' declares",
			    shown, a->pattern, shown_name);
		iso = format_scratch(r, VALUE_DATETIME);
		value_datetime_text(x, iso);
		*c = (struct cell){ iso, (uint32_t)strlen(iso), CELL_SCRATCH };
		return 0;
	case DECLARED_TEXT:
		c->flags = CELL_TEXT;
		break;
	case DECLARED_NOTHING:
		abort();
	}
	c->text = t->text;
	c->len = (uint32_t)t->len;
	c->flags |= t->scratch ? CELL_SCRATCH : 0;
	return 0;
}

static int
dense(struct reader *r, const char *p, const char *end, size_t *done,
    struct err *e)
{
	struct token t;

	for (size_t col = 0;; col++) {
		if (col == r->ncols)
			return format_err(r, p, e, ERR_MALFORMED,
			    "more values than the %zu attributes: quote a "
			    "value that contains a comma or a blank",
			    r->ncols);
		if (token(r, p, end, &t, e) == -1 ||
		    value(r, col, &t, p, e) == -1)
			return -1;
		*done = col + 1;
		p = skip(t.next, end);
		if (p == end) {
			if (col + 1 < r->ncols)
				return format_err(r, p, e, ERR_MALFORMED,
				    "%zu value(s) in a row of %zu attributes: "
				    "write ? for a missing value%s",
				    col + 1, r->ncols,
				    end == r->end
					? ", or was the file cut short?"
					: "");
			return 0;
		}
		if (*p == ',')
			p = skip(p + 1, end);
		else if (p == t.next)
			return format_err(r, p, e, ERR_MALFORMED,
			    "text behind a value: put a comma here (weights "
			    "of rows are not read)");
	}
}

/* {index value, ...}: what is not named is 0, or the first level. */
static int
sparse(struct reader *r, const char *p, const char *end, struct err *e)
{
	static const char zero[33] = "0", epoch[33] = "1970-01-01";
	size_t last = 0;

	for (size_t i = 0; i < r->ncols; i++) {
		struct cell *c = r->cell + i * r->stride + r->nrows;
		const struct reader_column *d = &r->column[i];

		*c = (struct cell){ 0 };
		if (d->declared == DECLARED_NUMBER)
			*c = (struct cell){ zero, 1, 0 };
		else if (d->declared == DECLARED_DATE)
			*c = (struct cell){ epoch, 10, 0 };
		else if (d->declared == DECLARED_LEVELS)
			*c = (struct cell){ d->level[0],
				(uint32_t)strlen(d->level[0]), 0 };
	}
	for (p = skip(p + 1, end);; p = skip(p, end)) {
		struct token t;
		size_t col = 0;
		const char *at = p;

		if (p < end && *p == '}')
			break;
		while (p < end && *p >= '0' && *p <= '9' && col <= r->ncols)
			col = 10 * col + (size_t)(*p++ - '0');
		if (p == at || p == end || !blank(*p))
			return format_err(r, at, e, ERR_MALFORMED,
			    "a sparse row is {index value, index value, ...}: "
			    "an index is due here");
		if (col >= r->ncols || (last > 0 && col < last))
			return format_err(r, at, e, ERR_MALFORMED,
			    "the index %zu is %s", col,
			    col >= r->ncols
				? "past the last attribute (they count from 0)"
				: "not above the one before");
		last = col + 1;
		p = skip(p, end);
		at = p;
		if (token(r, p, end, &t, e) == -1 ||
		    value(r, col, &t, at, e) == -1)
			return -1;
		p = skip(t.next, end);
		if (p < end && *p == ',')
			p++;
		else if (p == end || *p != '}')
			return format_err(r, p, e, ERR_MALFORMED,
			    "a comma or a } is due here");
	}
	if (skip(p + 1, end) != end)
		return format_err(r, skip(p + 1, end), e, ERR_MALFORMED,
		    "text behind a row (weights of rows are not read)");
	return 0;
}

static int
arff_fill(struct reader *r, struct err *e)
{
	while (r->pos < r->end && r->nrows < r->maxrows) {
		const char *next, *end = line_end(r, &next);
		const char *p = skip(r->pos, end), *bad;
		size_t done = 0;
		int status;

		while (end > p && blank(end[-1]))
			end--;
		if (end - p > LIMIT_RECORD)
			return format_err(r, p, e, ERR_TOO_LARGE,
			    "a row of more than %ld MiB", LIMIT_RECORD >> 20);
		if (p == end || *p == '%') {
			next_line(r, next);
			continue;
		}
		if ((bad = utf8_bad(p, (size_t)(end - p))) != NULL) {
			status = format_encoding(r, bad, e);
			if (*bad == '\0')
				return -1;
		} else if (*p == '{') {
			status = sparse(r, p, end, e);
			done = status == 0 ? r->ncols : 0;
		} else {
			status = dense(r, p, end, &done, e);
		}
		if (status == -1 && format_bad(r, e) == -1)
			return -1;
		next_line(r, next);
		if (status == -1 && r->on_error == ON_ERROR_SKIP)
			continue;
		for (; done < r->ncols; done++)
			r->cell[done * r->stride + r->nrows] =
			    (struct cell){ 0 };
		r->nrows++;
	}
	return 0;
}

const struct format arff_format = {
	.name = "arff",
	.open = arff_open,
	.fill = arff_fill,
	.suffix = { ".arff" },
	.media = { "application/x-arff", "text/x-arff" },
};
