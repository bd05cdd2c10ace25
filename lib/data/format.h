/*
 * What a reader is inside: what the formats share, and what each gives.
 *
 * Only lib/data/reader.c and the formats include this.
 */
#ifndef FORMAT_H
#define FORMAT_H

#include <stddef.h>

#include "lib/data/reader.h"

struct arena;

/* A format is a row: how to read its header, and how to fill a batch. */
struct format {
	/* Read the header: add the columns, set r->pos to the first row. */
	int (*open)(struct reader *, struct err *);
	/* Fill r->cell with up to r->stride rows from r->pos on, count them in
	 * r->nrows.  None means that the file has ended. */
	int (*fill)(struct reader *, struct err *);
	const char *name;
	const char *suffix[4]; /* of file names */
	const char *media[4];  /* types */
};

struct reader {
	const struct format *format;
	enum on_error on_error;

	/* The text; SCAN_PAD zero bytes can be read after its end. */
	const char *base, *end;
	void *map;
	size_t mapped;

	/* Where we are: the next row, its line, and where that line begins. */
	const char *pos, *line_start;
	long line;
	/* The same of the first row, to come back to. */
	const char *first_pos, *first_line_start;
	long first_line;

	struct arena *names;   /* of columns and levels */
	struct arena *scratch; /* of rewritten values; reset at every batch */
	size_t scratch_used;

	struct reader_column *column;
	size_t ncols, maxcols;
	int *index; /* column numbers by name: open addressing, -1 is empty */
	size_t nindex;

	struct cell *cell; /* cell[column * stride + row] */
	size_t stride, nrows, maxrows;

	struct reader_facts facts;

	char delimiter, eol; /* CSV */
	void *state;         /* the format's own, in names */
};

/* Add a column; an error that names the place at p.  Fails for an empty, a too
 * long or a repeated name, and for one column too many. */
int format_column(struct reader *, const char *name, size_t n, const char *p,
    struct reader_column, struct err *);
/* Take back all columns but the first n. */
void format_forget(struct reader *, size_t n);
/* Its number, or -1. */
int format_find(const struct reader *, const char *name, size_t n);

/* Make room for the cells of a batch of the columns that there are now; what
 * was in it is lost. */
void format_room(struct reader *);

/* n bytes that live as long as the batch, and can be read 32 bytes on. */
char *format_scratch(struct reader *, size_t n);

/* An error at byte p of the current line. */
int format_err(struct reader *, const char *p, struct err *, enum err_code,
    const char *, ...) __attribute__((format(printf, 5, 6)));

/* The row at hand is bad, *e says how.  Returns -1 when the policy is to fail,
 * else counts it and returns 0. */
int format_bad(struct reader *, struct err *e);

/* Refuse a NUL byte or what is not UTF-8; p is what utf8_bad found. */
int format_encoding(struct reader *, const char *p, struct err *);

/* p, in words that can be printed: at most a few dozen bytes of a value. */
#define FORMAT_SHOWN 64
const char *format_shown(char out[FORMAT_SHOWN], const char *p, size_t n);

extern const struct format csv_format, arff_format, jsonl_format;

#endif
