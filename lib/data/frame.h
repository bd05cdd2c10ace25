/*
 * A data set in memory, column by column.
 */
#ifndef FRAME_H
#define FRAME_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct reader;

enum column_type {
	COL_CONSTANT, /* one value, or none */
	COL_BOOLEAN,  /* two levels that read as no and yes */
	COL_INTEGER,
	COL_NUMBER,
	COL_DATETIME,
	COL_CATEGORY,
	COL_IDENTIFIER, /* (nearly) every row has its own */
	COL_TEXT,
	COL__MAX
};

extern const char *const column_type_names[COL__MAX];

/*
 * INTEGER, NUMBER and DATETIME (seconds since 1970-01-01T00:00:00Z) have
 * `number`, one a row, NaN where missing.  All others have `code`, an index
 * into `level`, -1 where missing.  Levels stand in the order that the file
 * declares (ARFF), else in byte order, so that codes never depend on the
 * order of the rows.
 */
struct column {
	const char *name;
	enum column_type type;
	double *number;
	int32_t *code;
	const char **level;
	size_t nlevels;
};

struct frame {
	size_t nrows, ncols;
	struct column *column;
	void *mem; /* owns all of the above; see frame_free */
};

enum on_error { ON_ERROR_FAIL, ON_ERROR_SKIP, ON_ERROR_NULL };

enum data_format { DATA_CSV, DATA_ARFF, DATA_JSONL, DATA__MAX };

extern const char *const data_format_names[DATA__MAX]; /* "csv" … */

/* Read a whole file.  An error has the line and column (from 1) of what is
 * wrong with it.  The caller frees the frame. */
struct frame *frame_read(const char *path, enum data_format, enum on_error,
    struct err *) __attribute__((warn_unused_result));
void frame_free(struct frame *);

/* The same of a reader at its first row, which is read twice: once for the
 * types, once for the values. */
struct frame *frame_of(struct reader *, struct err *)
    __attribute__((warn_unused_result));

/* The index of a column by name, or -1. */
int frame_find(const struct frame *, const char *name);

#endif
