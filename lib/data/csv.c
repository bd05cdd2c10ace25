/*
 * CSV (RFC 4180): from bytes to cells.
 *
 * The text is looked at in blocks of 64 bytes: one mask has a bit for each
 * delimiter, quote and end of line, and only those bytes are visited.  A quoted
 * value is read on its own, after which the blocks begin anew behind it.
 * Whether a row is UTF-8 is asked only where a block of it was not ASCII.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/banned.h"
#include "lib/data/csv_sniff.h"
#include "lib/data/format.h"
#include "lib/data/limits.h"
#include "lib/data/scan.h"
#include "lib/data/utf8.h"

/* The row that is being read. */
struct row {
	struct cell *cell; /* the first; the next is a stride further */
	const char *start; /* of the row */
	const char *extra; /* the first value too many */
	size_t ncells;
	int bad;     /* an error of it was passed over */
	int quoted;  /* a value of it was */
	int strange; /* a byte of it, or near it, is not ASCII */
};

static inline int
blank(char c)
{
	return c == ' ' || c == '\t';
}

__attribute__((always_inline)) static inline void
put(struct reader *r, struct row *row, const char *p, const char *end)
{
	if (row->ncells < r->ncols) {
		struct cell *c = row->cell + row->ncells * r->stride;

		if (p < end && (blank(*p) || blank(end[-1]))) {
			while (p < end && blank(*p))
				p++;
			while (p < end && blank(end[-1]))
				end--;
		}
		c->text = p;
		c->len = (uint32_t)(end - p);
		c->flags = 0;
	} else if (row->ncells == r->ncols) {
		row->extra = p;
	}
	row->ncells++;
}

/* A value that cannot be read: missing, if the row is kept at all. */
static inline void
put_none(struct reader *r, struct row *row)
{
	if (row->ncells < r->ncols)
		row->cell[row->ncells * r->stride] = (struct cell){ 0 };
	row->ncells++;
}

/*
 * A value in quotes; p is behind the opening one.  Gives the byte after the
 * closing one, or NULL where there is none.
 */
static const char *
quoted(struct reader *r, struct row *row, const char *p)
{
	const char *end = r->end - p > LIMIT_FIELD ? p + LIMIT_FIELD : r->end;
	const char *q = p;
	size_t doubled = 0;
	struct cell c = { .text = p };

	for (;;) {
		if ((q = memchr(q, '"', (size_t)(end - q))) == NULL)
			return NULL;
		if (q + 1 == r->end || q[1] != '"')
			break;
		doubled++;
		if ((q += 2) > end)
			return NULL;
	}
	c.len = (uint32_t)(q - p);
	if (doubled > 0) {
		char *out = format_scratch(r, c.len);
		const char *s;

		c.text = out;
		c.len -= (uint32_t)doubled;
		c.flags = CELL_SCRATCH;
		while ((s = memchr(p, '"', (size_t)(q - p))) != NULL) {
			memcpy(out, p, (size_t)(s + 1 - p));
			out += s + 1 - p;
			p = s + 2;
		}
		memcpy(out, p, (size_t)(q - p));
	}
	if (row->ncells < r->ncols)
		row->cell[row->ncells * r->stride] = c;
	else if (row->ncells == r->ncols)
		row->extra = p;
	row->ncells++;
	row->quoted = 1;
	return q + 1;
}

/* Blank the cells with a byte that is not UTF-8; those of the scratch area
 * too. */
static void
blank_bad(struct reader *r, struct row *row)
{
	for (size_t i = 0; i < row->ncells && i < r->ncols; i++) {
		struct cell *c = row->cell + i * r->stride;

		if (c->text != NULL && utf8_bad(c->text, c->len) != NULL)
			*c = (struct cell){ 0 };
	}
}

/* The place of a value that is too long, or NULL. */
static const char *
too_long(const struct reader *r, const struct row *row)
{
	for (size_t i = 0; i < row->ncells && i < r->ncols; i++) {
		const struct cell *c = row->cell + i * r->stride;

		if (c->len > LIMIT_FIELD)
			return c->text;
	}
	return NULL;
}

/*
 * What a row as a whole can have wrong; end is where it ends.  Returns 1 when
 * the row stays, 0 when it does not, -1 when the reading ends.
 */
static int
check(struct reader *r, struct row *row, const char *end, struct err *e)
{
	const char *p;

	if (row->ncells == 1 && !row->quoted && !row->bad &&
	    row->cell->len == 0)
		return 0; /* an empty line */
	if (row->strange &&
	    (p = utf8_bad(row->start, (size_t)(end - row->start))) != NULL) {
		format_encoding(r, p, e);
		if (*p == '\0' || (!row->bad && format_bad(r, e) == -1))
			return -1;
		if (r->on_error == ON_ERROR_SKIP)
			return 0;
		row->bad = 1;
		blank_bad(r, row);
	}
	if (end - row->start > LIMIT_FIELD) {
		if (end - row->start > LIMIT_RECORD)
			return format_err(r, row->start, e, ERR_TOO_LARGE,
			    "a row of more than %ld MiB: is an end of line or "
			    "a quote missing?",
			    LIMIT_RECORD >> 20);
		if ((p = too_long(r, row)) != NULL)
			return format_err(r, p, e, ERR_TOO_LARGE,
			    "a value of more than %ld bytes: shorten it, or "
			    "look for a missing delimiter",
			    LIMIT_FIELD);
	}
	if (row->ncells == r->ncols)
		return 1;
	/* Only the first is put into words: a file of nothing else may be long.
	 */
	if (r->on_error == ON_ERROR_SKIP && r->facts.first.code != ERR_NONE) {
		r->facts.skipped += row->bad ? 0 : 1;
		return 0;
	}
	if (row->ncells > r->ncols) {
		const char name[2] = { r->delimiter };

		format_err(r,
		    row->extra >= r->base && row->extra <= r->end ? row->extra
								  : row->start,
		    e, ERR_MALFORMED,
		    "%zu values in a row of a table of %zu columns: quote "
		    "a value that contains the delimiter (%s), or take out "
		    "what is too much",
		    row->ncells, r->ncols, r->delimiter == '\t' ? "tab" : name);
	} else if (end == r->end) {
		format_err(r, end, e, ERR_MALFORMED,
		    "the file ends within a row, after %zu of %zu values: was "
		    "it cut short?",
		    row->ncells, r->ncols);
	} else {
		format_err(r, end, e, ERR_MALFORMED,
		    "%zu value(s) in a row of a table of %zu columns: add "
		    "what is missing (nothing between two delimiters stands "
		    "for a missing value)",
		    row->ncells, r->ncols);
	}
	if (!row->bad && format_bad(r, e) == -1)
		return -1;
	*e = (struct err){ 0 };
	if (r->on_error == ON_ERROR_SKIP)
		return 0;
	while (row->ncells < r->ncols)
		put_none(r, row);
	row->bad = 1;
	return 1;
}

/* The row at hand was skipped: go on behind the next end of line. */
static const char *
next_line(const struct reader *r, const char *p)
{
	const char *nl = memchr(p, r->eol, (size_t)(r->end - p));

	return nl == NULL ? r->end : nl + 1;
}

/* A row begins at p. */
static void
start_row(struct reader *r, struct row *row, const char *p, int strange)
{
	const char *q = r->line_start, *nl;

	if (row->quoted) /* its values may have had lines of their own */
		while ((nl = memchr(q, r->eol, (size_t)(p - q))) != NULL) {
			r->line++;
			q = nl + 1;
		}
	else if (p != q)
		r->line++;
	r->pos = r->line_start = p;
	*row = (struct row){
		.cell = r->cell + r->nrows,
		.start = p,
		.strange = strange,
	};
}

/* A quote is where it has no business: open is the quote that began the value,
 * or NULL; at is what is wrong behind it, or NULL when it is never closed. */
static int
bad_quote(struct reader *r, struct row *row, const char *open, const char *at,
    struct err *e)
{
	if (row->bad)
		return 0;
	row->bad = 1;
	if (at == NULL && r->end - open > LIMIT_FIELD)
		format_err(r, open, e, ERR_MALFORMED,
		    "a quoted value is not closed within %ld bytes: add the "
		    "closing quote, or double a quote that is a part of the "
		    "value",
		    LIMIT_FIELD);
	else if (at == NULL)
		format_err(r, open, e, ERR_MALFORMED,
		    "a quoted value is not closed before the file ends: add "
		    "the closing quote, or double a quote that is a part of "
		    "the value");
	else if (open != NULL)
		format_err(r, at, e, ERR_MALFORMED,
		    "text behind the closing quote of a value: double a quote "
		    "that is a part of the value, or put a delimiter here");
	else
		format_err(r, at, e, ERR_MALFORMED,
		    "a quote within a value that is not quoted: quote the "
		    "whole value and double the quotes in it");
	return format_bad(r, e);
}

static int
csv_fill(struct reader *r, struct err *e)
{
	const char delimiter = r->delimiter, eol = r->eol, *end = r->end;
	const char *block = r->pos, *start = r->pos, *p, *q;
	int odd = 0, lost = 0, verdict;
	uint64_t mask = 0;
	struct row row = { 0 };

	if (block == end || r->nrows == r->maxrows)
		return 0;
	start_row(r, &row, block, 0);
	block -= 64;
	for (;;) {
		while (mask == 0) {
			block += 64;
			if (end - block <= 0)
				break;
			mask = scan_mask(block, delimiter, '"', eol, &odd);
			if (end - block < 64)
				mask &= (1ull << (end - block)) - 1;
			row.strange |= odd;
		}
		if (mask == 0) {
			q = end;
			if (row.start == end)
				break;
		} else {
			q = block + __builtin_ctzll(mask);
			mask &= mask - 1;
			if (*q == delimiter) {
				if (lost)
					put_none(r, &row);
				else
					put(r, &row, start, q);
				lost = 0;
				start = q + 1;
				continue;
			}
		}
		if (q < end && *q == '"') {
			if (lost)
				continue;
			for (p = start; blank(*p) && p < q; p++)
				;
			if (p < q) {
				lost = 1;
				if (bad_quote(r, &row, NULL, q, e) == -1)
					return -1;
			} else if ((p = quoted(r, &row, q + 1)) == NULL) {
				lost = 1;
				if (bad_quote(r, &row, q, NULL, e) == -1)
					return -1;
				p = q + 1;
			} else {
				row.strange |= 1; /* it was not looked at */
				while (p < end && blank(*p))
					p++;
				if (p + 1 < end && *p == '\r' && p[1] == eol)
					p++;
				start = p + 1;
				if (p == end || *p == eol) {
					q = p;
					mask = 0;
					block = p + 1 - 64;
					goto ended;
				}
				if (*p != delimiter) {
					row.ncells--;
					lost = 1;
					if (bad_quote(r, &row, q, p, e) == -1)
						return -1;
				} else {
					p++;
				}
			}
			if (row.bad && r->on_error == ON_ERROR_SKIP) {
				row.quoted = 1;
				p = next_line(r, p);
				start_row(r, &row, p, 0);
				start = p;
				lost = 0;
			}
			mask = 0;
			block = p - 64;
			continue;
		}
		/* an end of line, or of the file */
		p = q;
		if (p > start && p[-1] == '\r')
			p--;
		if (lost)
			put_none(r, &row);
		else
			put(r, &row, start, p);
	ended:
		lost = 0;
		verdict = row.ncells == r->ncols && !row.strange && !row.bad &&
		                  r->ncols > 1 && q - row.start <= LIMIT_FIELD
		              ? 1
		              : check(r, &row, q, e);
		if (verdict == -1)
			return -1;
		r->nrows += (size_t)verdict;
		start = q < end ? q + 1 : end;
		start_row(r, &row, start, odd);
		if (r->nrows >= r->maxrows || start == end)
			break;
	}
	return 0;
}

/* How many values the first row has; where the one too many begins, if there
 * are more than the limit. */
static size_t
width(const struct reader *r, const char **too_many)
{
	const char *p = r->pos, *end = r->end;
	size_t n = 1;

	while (p < end && (*p == r->eol || *p == '\r'))
		p++;
	for (int in = 0; p < end; p++) {
		if (*p == '"')
			in = !in;
		if (in)
			continue;
		if (*p == r->eol)
			break;
		if (*p == r->delimiter && n++ == LIMIT_COLUMNS) {
			*too_many = p + 1;
			break;
		}
	}
	return n;
}

/* The names in the cells of the first row; line_start is that of its line. */
static int
names(struct reader *r, size_t n, const char *line_start, long line,
    struct err *e)
{
	const char *after = r->line_start;
	long line_after = r->line;
	size_t stride = r->stride;
	char none[32];

	r->ncols = 0;
	r->line_start = line_start;
	r->line = line;
	for (size_t i = 0; i < n; i++) {
		const struct cell *c = r->cell + i * stride;
		const char *name = c->text, *p = name;
		size_t len = c->len;

		if (p < line_start || p > r->end)
			p = line_start;
		if (len == 0) {
			len = (size_t)snprintf(
			    none, sizeof(none), "column_%zu", i + 1);
			name = none;
		}
		if (format_column(
			r, name, len, p, (struct reader_column){ 0 }, e) == -1)
			return -1;
	}
	r->line_start = after;
	r->line = line_after;
	return 0;
}

static int
csv_open(struct reader *r, struct err *e)
{
	const char *start = r->pos, *too_many = NULL;
	enum on_error on_error = r->on_error;
	struct batch b;
	size_t n;

	csv_sniff(start, r->end, &r->delimiter, &r->eol);
	n = width(r, &too_many);
	if (too_many != NULL)
		return format_err(r, too_many, e, ERR_TOO_LARGE,
		    "more than %d columns: leave some out, or turn the table "
		    "round",
		    LIMIT_COLUMNS);
	r->ncols = n;
	format_room(r);

	/* Look at some rows that are whole, then read the first for good. */
	r->on_error = ON_ERROR_SKIP;
	if (csv_fill(r, e) == -1)
		return -1;
	b = (struct batch){ r->nrows, r->ncols, r->stride, r->cell };
	r->facts = (struct reader_facts){
		.delimiter = r->delimiter,
		.header = r->nrows == 0 || csv_sniff_header(&b),
	};
	r->pos = r->line_start = start;
	r->line = 1;
	r->nrows = 0;
	r->on_error = ON_ERROR_FAIL;
	r->maxrows = 1;
	if (csv_fill(r, e) == -1)
		return -1;
	r->on_error = on_error;
	if (r->nrows == 0)
		return err_at(e, ERR_INVALID, 1, 1,
		    "the file has only empty lines: send a table with a row of "
		    "names and at least one row of values");
	if (r->facts.header)
		return names(r, n, start, 1, e);
	for (size_t i = 0; i < n; i++)
		r->cell[i * r->stride] = (struct cell){ 0 };
	if (names(r, n, start, 1, e) == -1)
		return -1;
	r->pos = r->line_start = start;
	r->line = 1;
	return 0;
}

const struct format csv_format = {
	.name = "csv",
	.open = csv_open,
	.fill = csv_fill,
	.suffix = { ".csv", ".tsv", ".txt" },
	.media = { "text/csv", "text/tab-separated-values" },
};
