/*
 * A report as a list of blocks, whatever it will be printed on.
 *
 * All text passes text_clean here, so that what prints the blocks has only to
 * escape for its own format.
 */
#ifndef REPORT_DOC_H
#define REPORT_DOC_H

#include <stddef.h>

#include "lib/report/plot.h"

struct arena;

enum doc_kind {
	DOC_SECTION, /* text is the heading, head the same with its number,
	                id the anchor */
	DOC_HEADING,
	DOC_TEXT,
	DOC_NOTE,    /* small print: what was cut, how to read */
	DOC_ITEM,    /* of a list */
	DOC_CALLOUT, /* text and, above it, head */
	DOC_FACTS,   /* pairs of a name and a value */
	DOC_TABLE,
	DOC_FIGURE,
	DOC_TILES, /* a few big numbers */
	DOC__MAX
};

enum doc_tone { DOC_PLAIN, DOC_GOOD, DOC_WARN, DOC_BAD, DOC_TONE__MAX };

enum doc_align {
	DOC_LEFT,
	DOC_RIGHT,
	DOC_CODE /* left, in the fixed font */
};

struct doc_column {
	const char *head;
	enum doc_align align;
	/* 0: as wide as its widest cell.  Else a share of what is left; its
	 * cells wrap. */
	double share;
};

struct doc_cell {
	const char *text;
	enum doc_tone tone;
};

struct doc_table {
	const struct doc_column *columns;
	size_t ncolumns;
	struct doc_cell *cells; /* row after row */
	size_t ncells, room;
};

struct doc_fact {
	const char *name, *value;
	int code;
	struct doc_fact *next;
};

struct doc_tile {
	const char *name, *value, *range, *against;
	struct doc_tile *next;
};

struct doc_block {
	enum doc_kind kind;
	enum doc_tone tone;
	const char *id, *head, *text;
	struct doc_table *table;
	struct doc_fact *facts, *last_fact;
	struct doc_tile *tiles, *last_tile;
	const struct plot *plot; /* its caption is text */
	int columns; /* how many such figures may stand side by side: 1 to 3 */
	struct doc_block *next;
};

struct doc {
	struct arena *arena;
	const char *kind;     /* "Model report" */
	const char *title;    /* the run's name */
	const char *subtitle; /* one sentence */
	const char *mark;     /* what the footer of each page says */
	const char *created;  /* RFC 3339, or "" */
	struct doc_block *first, *last;
	size_t nfigures, nsections;
};

/* An empty one; everything in it lives in the arena. */
struct doc *doc_new(struct arena *);

void doc_section(struct doc *, const char *id, const char *title);
void doc_heading(struct doc *, const char *, ...)
    __attribute__((format(printf, 2, 3)));
void doc_text(struct doc *, const char *, ...)
    __attribute__((format(printf, 2, 3)));
void doc_note(struct doc *, const char *, ...)
    __attribute__((format(printf, 2, 3)));
void doc_item(struct doc *, const char *, ...)
    __attribute__((format(printf, 2, 3)));
void doc_callout(struct doc *, enum doc_tone, const char *head, const char *,
    ...) __attribute__((format(printf, 4, 5)));

/* Facts that follow each other stand together.  An empty value leaves the
 * fact out. */
void doc_fact(struct doc *, const char *name, const char *, ...)
    __attribute__((format(printf, 3, 4)));
void doc_code(struct doc *, const char *name, const char *value);

void doc_tile(struct doc *, const char *name, const char *value,
    const char *range, const char *against);

/* A table, then its rows, cell by cell; a row that is not full is an error of
 * the program.  columns must live as long as the document. */
struct doc_table *doc_table(
    struct doc *, const struct doc_column *columns, size_t n);
void doc_cell(struct doc *, const char *, ...)
    __attribute__((format(printf, 2, 3)));
void doc_cell_tone(struct doc *, enum doc_tone, const char *, ...)
    __attribute__((format(printf, 3, 4)));
/* A number with four significant digits, or with that many decimals. */
void doc_cell_number(struct doc *, double);
void doc_cell_fixed(struct doc *, double, int decimals);

/* The plot and all it points to must live as long as the document.  Figures
 * that follow each other and want the same number of columns stand side by
 * side. */
void doc_figure(struct doc *, const struct plot *, int columns, const char *,
    ...) __attribute__((format(printf, 4, 5)));

#endif
