/*
 * Rows out of a file, whatever its format, in bounded memory.
 *
 * The file is mapped, not read; a batch of rows comes out as cells that point
 * into the map, or into a scratch area when a value had to be rewritten
 * (doubled quotes, escapes).  Memory does not depend on the number of rows.
 *
 * What the formats have in common:
 *  - The text is UTF-8, with or without a byte order mark.  A NUL byte is
 *    never text and always ends the reading, whatever the policy.
 *  - A place in an error is a line and a column, both from 1, the column in
 *    bytes.
 *  - on_error says what happens to a row that breaks the rules of its format:
 *    ON_ERROR_FAIL ends with the error; ON_ERROR_SKIP leaves the row out;
 *    ON_ERROR_NULL keeps it with the bad or absent cells missing and surplus
 *    ones dropped.  Both of the latter count, see reader_facts.  What is wrong
 *    with the header, or with the file as a whole, always fails.
 *
 * CSV: RFC 4180; the delimiter (comma, semicolon, tab or bar), the end of line
 * and whether there is a header are found out from the first rows; blanks
 * around a value are dropped; empty lines are no rows; without a header the
 * columns are column_1, column_2 ...
 * ARFF: dense and sparse; levels in the order of the declaration; no relational
 * attributes, no instance weights.
 * JSONL: one object a line; the columns are the union of the keys in the order
 * in which they come up; a nested value is an error with its pointer.
 */
#ifndef READER_H
#define READER_H

#include <stddef.h>
#include <stdint.h>

#include "lib/data/frame.h"
#include "lib/err.h"

struct reader;

enum cell_flag {
	CELL_TEXT = 1,    /* text by its format (a JSON string): no number */
	CELL_SCRATCH = 2, /* gone at the next batch: copy what is to stay */
};

/* One value.  Missing when text is NULL.  At least 32 bytes can be read at
 * text, whatever len is, so that short values can be compared as words. */
struct cell {
	const char *text;
	uint32_t len;
	uint32_t flags;
};

/* What the format itself says about a column. */
enum declared {
	DECLARED_NOTHING,
	DECLARED_NUMBER,
	DECLARED_LEVELS,
	DECLARED_TEXT,
	DECLARED_DATE, /* cells are rewritten as ISO 8601 */
};

struct reader_column {
	const char *name;
	enum declared declared;
	const char *const *level; /* DECLARED_LEVELS */
	size_t nlevels;
};

/* cell[column * stride + row].  Valid until the next call, but for the text of
 * cells without CELL_SCRATCH, which lives as long as the reader. */
struct batch {
	size_t nrows, ncols, stride;
	const struct cell *cell;
};

struct reader_facts {
	char delimiter;   /* CSV, else 0 */
	int header;       /* CSV: the first row held names */
	size_t rows;      /* that came out so far */
	size_t skipped;   /* rows left out by ON_ERROR_SKIP */
	size_t nulled;    /* rows mended by ON_ERROR_NULL */
	struct err first; /* the first error that was skipped or mended */
};

/* Open a file, or text in memory (copied), and read its header. */
struct reader *reader_open(const char *path, enum data_format, enum on_error,
    struct err *) __attribute__((warn_unused_result));
struct reader *reader_open_text(const char *text, size_t n, enum data_format,
    enum on_error, struct err *) __attribute__((warn_unused_result));
void reader_close(struct reader *);

/* The next rows: 1, 0 at the end, or -1.  A batch never has fewer columns than
 * the one before; JSONL may add some, whose earlier rows are missing.  A file
 * without a single row is an error. */
int reader_next(struct reader *, struct batch *, struct err *)
    __attribute__((warn_unused_result));

/* Start again at the first row.  The columns stay. */
void reader_rewind(struct reader *);

size_t reader_ncols(const struct reader *);
const struct reader_column *reader_column(const struct reader *, size_t);
const struct reader_facts *reader_facts(const struct reader *);

/* The format that a file name or a media type ("text/csv; charset=utf-8")
 * stands for, or -1. */
int reader_format_of_name(const char *path);
int reader_format_of_media(const char *type);

#endif
