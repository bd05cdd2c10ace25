/*
 * Columns for people: as wide as what stands in them, whatever the script of
 * it, and free of control characters, whoever wrote it.
 */
#ifndef TABLE_H
#define TABLE_H

struct ctl;
struct table;

enum table_paint {
	PAINT_PLAIN,
	PAINT_DIM,
	PAINT_BOLD,
	PAINT_GOOD,
	PAINT_BAD,
	PAINT_BUSY
};

/* Heads end with NULL; one that begins with '>' stands to the right.  Paints
 * only where ctl says so. */
struct table *table_new(struct ctl *, const char *const heads[]);
/* The next cell; the row is full after the last column. */
void table_cell(struct table *, const char *);
void table_paint(struct table *, enum table_paint, const char *);
/* Print, and end it. */
void table_end(struct table *);

/* The escape sequence of a paint, or "" where nothing is painted. */
const char *table_paint_on(const struct ctl *, enum table_paint);
const char *table_paint_off(const struct ctl *);

/* The text with control characters made harmless; the arena's. */
const char *table_clean(struct ctl *, const char *);
/* Columns that a text takes on a terminal. */
int table_width(const char *);

/* The paint that fits the state of a run. */
enum table_paint table_state(const char *state);

#endif
