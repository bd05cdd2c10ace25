/*
 * JSONL: one object a line, its members the columns.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/banned.h"
#include "lib/data/format.h"
#include "lib/data/limits.h"
#include "lib/data/scan.h"
#include "lib/data/utf8.h"
#include "lib/data/value.h"

struct jsonl {
	size_t *seen; /* a column: the last line that had it */
	size_t max, serial;
	int no_column; /* a new member cannot be a column */
};

/* What to do with the members of a line. */
enum mode {
	CHECK, /* nothing */
	LEARN, /* add the columns that are new */
	FILL,  /* put the values into the batch */
};

/* What came of a line, besides 0 and -1. */
enum {
	NEW_KEY = 1, /* FILL came upon one */
	LATER,       /* the batch goes out before it is learned */
	LEARNED,     /* FILL can have it now */
	BAD_ROW,     /* the line has an error, nothing was learned */
};

static const char *
skip(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
		p++;
	return p;
}

/* Four hexadecimal digits, or -1. */
static long
hex4(const char *p, const char *end)
{
	long v = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int c = p[i] | 32;

		if (p[i] >= '0' && p[i] <= '9')
			v = 16 * v + p[i] - '0';
		else if (c >= 'a' && c <= 'f')
			v = 16 * v + c - 'a' + 10;
		else
			return -1;
	}
	return v;
}

/* One escape at p (behind the backslash); returns the byte after it. */
static const char *
escape(
    struct reader *r, const char *p, const char *end, char **out, struct err *e)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *x = p < end && *p != '\0' ? strchr(from, *p) : NULL;
	long c, low;

	if (x != NULL) {
		*(*out)++ = to[x - from];
		return p + 1;
	}
	if (p == end || *p != 'u' || (c = hex4(p + 1, end)) == -1) {
		format_err(r, p, e, ERR_MALFORMED,
		    "an escape that JSON does not have");
		return NULL;
	}
	if (c == 0) {
		format_err(r, p, e, ERR_MALFORMED, "a NUL in a text");
		return NULL;
	}
	p += 5;
	if (c >= 0xd800 && c <= 0xdfff) {
		if (c > 0xdbff || end - p < 6 || p[0] != '\\' || p[1] != 'u' ||
		    (low = hex4(p + 2, end)) < 0xdc00 || low > 0xdfff) {
			format_err(r, p - 5, e, ERR_MALFORMED,
			    "half a surrogate pair");
			return NULL;
		}
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		p += 6;
	}
	*out += utf8_put(*out, (unsigned long)c);
	return p;
}

/* A string; p is at its quote.  Returns the byte after it, or NULL. */
static const char *
string(struct reader *r, const char *p, const char *end, struct cell *c,
    struct err *e)
{
	const char *start = ++p;
	char *out, *text;

	while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= ' ')
		p++;
	if (p < end && *p == '"') {
		*c = (struct cell){ start, (uint32_t)(p - start), CELL_TEXT };
		return p + 1;
	}
	text = out = format_scratch(r, (size_t)(end - start));
	memcpy(out, start, (size_t)(p - start));
	out += p - start;
	while (p < end && *p != '"') {
		if ((unsigned char)*p < ' ') {
			format_err(r, p, e, ERR_MALFORMED,
			    "a control character in a text: write it as an "
			    "escape, as with \\t");
			return NULL;
		}
		if (*p != '\\')
			*out++ = *p++;
		else if ((p = escape(r, p + 1, end, &out, e)) == NULL)
			return NULL;
	}
	if (p == end) {
		format_err(r, start - 1, e, ERR_MALFORMED,
		    "a text is not closed before the line ends%s",
		    end == r->end ? ": was the file cut short?" : "");
		return NULL;
	}
	*c = (struct cell){ text, (uint32_t)(out - text),
		CELL_TEXT | CELL_SCRATCH };
	return p + 1;
}

/* The JSON pointer of a member, into the error. */
static void
point(struct err *e, const struct cell *key)
{
	char *out = e->pointer, *max = out + sizeof(e->pointer) - 4;

	*out++ = '/';
	for (uint32_t i = 0; i < key->len && out < max; i++) {
		char c = key->text[i];

		if (c == '~' || c == '/') {
			*out++ = '~';
			c = c == '~' ? '0' : '1';
		}
		*out++ = c;
	}
	*out = '\0';
}

/* A number as JSON writes it.  Returns the byte after it, or NULL. */
static const char *
number(struct reader *r, const char *p, const char *end, struct cell *c,
    struct err *e)
{
	const char *start = p, *digit = *p == '-' ? p + 1 : p;
	double x;

	while (p < end && strchr("+-.0123456789eE", *p) != NULL && *p != '\0')
		p++;
	if (digit == p || *digit == '.' || *digit == '+' || p[-1] == '.' ||
	    (*digit == '0' && digit + 1 < p && digit[1] >= '0' &&
		digit[1] <= '9') ||
	    !value_number(start, (size_t)(p - start), &x, NULL)) {
		format_err(r, start, e, ERR_MALFORMED,
		    "this is no JSON number that a double can hold");
		return NULL;
	}
	*c = (struct cell){ start, (uint32_t)(p - start), 0 };
	return p;
}

static int
literal(const char **p, const char *end, const char *is)
{
	size_t n = strlen(is);

	if ((size_t)(end - *p) < n || memcmp(*p, is, n) != 0)
		return 0;
	*p += n;
	return 1;
}

/* A value; returns the byte after it, or NULL. */
static const char *
value(struct reader *r, const char *p, const char *end, const struct cell *key,
    struct cell *c, struct err *e)
{
	const char *start = p;

	if (p < end && *p == '"')
		return string(r, p, end, c, e);
	if (p < end && (*p == '{' || *p == '[')) {
		format_err(r, p, e, ERR_INVALID,
		    "a nested value: a row has texts, numbers, true, false "
		    "and null only; give each of its parts a member of its "
		    "own");
		point(e, key);
		return NULL;
	}
	if (p < end && (*p == '-' || (*p >= '0' && *p <= '9')))
		return number(r, p, end, c, e);
	if (literal(&p, end, "null"))
		*c = (struct cell){ 0 };
	else if (literal(&p, end, "true"))
		*c = (struct cell){ start, 4, 0 };
	else if (literal(&p, end, "false"))
		*c = (struct cell){ start, 5, 0 };
	else {
		format_err(r, p, e, ERR_MALFORMED,
		    "a value is due here (NaN and Infinity are none in JSON: "
		    "write null)");
		return NULL;
	}
	return p;
}

/* One member's value goes where the mode wants it; *guess is the column that
 * is likely, as lines are alike. */
static int
member(struct reader *r, enum mode mode, const struct cell *key,
    const struct cell *c, const char *at, size_t *guess, struct err *e)
{
	struct jsonl *j = r->state;
	char shown[FORMAT_SHOWN];
	int col;

	if (*guess < r->ncols &&
	    strncmp(r->column[*guess].name, key->text, key->len) == 0 &&
	    r->column[*guess].name[key->len] == '\0')
		col = (int)*guess;
	else
		col = format_find(r, key->text, key->len);
	if (col == -1) {
		if (mode == CHECK)
			return 0;
		if (mode == FILL)
			return NEW_KEY;
		if (format_column(r, key->text, key->len, at,
			(struct reader_column){ 0 }, e) == -1) {
			j->no_column = 1;
			return -1;
		}
		if (r->ncols > j->max) {
			size_t *more =
			    arena_alloc(r->names, 2 * r->ncols * sizeof(*more));

			if (j->max > 0)
				memcpy(more, j->seen, j->max * sizeof(*more));
			j->seen = more;
			j->max = 2 * r->ncols;
		}
		col = (int)r->ncols - 1;
	}
	*guess = (size_t)col + 1;
	if (j->seen[col] == j->serial)
		return format_err(r, at, e, ERR_MALFORMED,
		    "a second member '%s' in one row",
		    format_shown(shown, key->text, key->len));
	j->seen[col] = j->serial;
	if (mode == FILL)
		r->cell[(size_t)col * r->stride + r->nrows] = *c;
	return 0;
}

/* A line, from its brace to its end. */
static int
object(struct reader *r, const char *p, const char *end, enum mode mode,
    struct err *e)
{
	struct jsonl *j = r->state;
	size_t guess = 0;
	int status;

	j->serial++;
	if (*p != '{')
		return format_err(r, p, e, ERR_MALFORMED,
		    "each line is one JSON object: an { is due here%s",
		    *p == '[' ? " (take an array apart, as with: jq -c '.[]')"
			      : "");
	p = skip(p + 1, end);
	if (p < end && *p == '}')
		p++;
	else
		for (;;) {
			struct cell key, c;
			const char *at = p;

			if (p == end || *p != '"')
				return format_err(r, p, e, ERR_MALFORMED,
				    "the name of a member is due here, in "
				    "double quotes");
			if ((p = string(r, p, end, &key, e)) == NULL)
				return -1;
			p = skip(p, end);
			if (p == end || *p != ':')
				return format_err(r, p, e, ERR_MALFORMED,
				    "a colon is due here");
			p = skip(p + 1, end);
			if ((p = value(r, p, end, &key, &c, e)) == NULL)
				return -1;
			if (c.len > LIMIT_FIELD)
				return format_err(r, at, e, ERR_TOO_LARGE,
				    "a value of more than %ld bytes",
				    LIMIT_FIELD);
			if ((status = member(
				 r, mode, &key, &c, at, &guess, e)) != 0)
				return status;
			p = skip(p, end);
			if (p < end && *p == '}') {
				p++;
				break;
			}
			if (p == end || *p != ',')
				return format_err(r, p, e, ERR_MALFORMED,
				    "a comma or a } is due here%s",
				    end == r->end ? ": was the file cut short?"
						  : "");
			p = skip(p + 1, end);
		}
	if (skip(p, end) != end)
		return format_err(r, skip(p, end), e, ERR_MALFORMED,
		    "text behind the object: each line is one JSON object");
	return 0;
}

static void
clear(struct reader *r)
{
	for (size_t i = 0; i < r->ncols; i++)
		r->cell[i * r->stride + r->nrows] = (struct cell){ 0 };
}

/*
 * A line has members that are new.  The batch so far goes out first, as it has
 * fewer columns.  Else learn them; a line that is left out for an error adds
 * none.
 */
static int
learn(struct reader *r, const char *p, const char *end, struct err *e)
{
	const struct jsonl *j = r->state;
	size_t before = r->ncols;

	if (r->nrows > 0)
		return LATER;
	if (object(r, p, end, CHECK, e) == -1 && r->on_error != ON_ERROR_NULL)
		return BAD_ROW;
	if (object(r, p, end, LEARN, e) == -1) {
		if (j->no_column)
			return -1;
		/* A new member twice: CHECK did not know it. */
		if (r->on_error != ON_ERROR_NULL) {
			format_forget(r, before);
			return BAD_ROW;
		}
	}
	*e = (struct err){ 0 };
	format_room(r);
	return LEARNED;
}

static int
jsonl_fill(struct reader *r, struct err *e)
{
	const struct jsonl *j = r->state;

	while (r->pos < r->end && r->nrows < r->maxrows) {
		const char *p, *bad;
		const char *nl =
		    memchr(r->pos, '\n', (size_t)(r->end - r->pos));
		const char *end = nl == NULL ? r->end : nl;
		int status = 0;

		if (end - r->pos > LIMIT_RECORD)
			return format_err(r, r->pos, e, ERR_TOO_LARGE,
			    "a line of more than %ld MiB", LIMIT_RECORD >> 20);
		if ((p = skip(r->pos, end)) < end) {
			clear(r);
			if ((bad = utf8_bad(p, (size_t)(end - p))) != NULL) {
				status = format_encoding(r, bad, e);
				if (*bad == '\0')
					return -1;
			} else {
				status = object(r, p, end, FILL, e);
			}
			if (status == NEW_KEY)
				status = learn(r, p, end, e);
			if (status == LATER)
				return 0;
			if (status == LEARNED) {
				clear(r);
				status = object(r, p, end, FILL, e);
			} else if (status == BAD_ROW) {
				status = -1;
			} else if (status == -1 && j->no_column) {
				return -1;
			}
			if (status == -1 && format_bad(r, e) == -1)
				return -1;
			r->nrows += status == 0 || r->on_error == ON_ERROR_NULL;
		}
		r->pos = r->line_start = nl == NULL ? end : nl + 1;
		r->line++;
	}
	return 0;
}

static int
jsonl_open(struct reader *r, struct err *e)
{
	(void)e;
	r->state = arena_alloc(r->names, sizeof(struct jsonl));
	return 0;
}

const struct format jsonl_format = {
	.name = "jsonl",
	.open = jsonl_open,
	.fill = jsonl_fill,
	.suffix = { ".jsonl", ".ndjson" },
	.media = { "application/x-ndjson", "application/jsonl" },
};
