/*
 * Words of unknown origin: cleaned, measured, cut to a width.
 */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H

#include <pango/pango.h>
#include <stddef.h>

struct arena;

enum text_font { TEXT_REGULAR, TEXT_BOLD, TEXT_MONO, TEXT__MAX };

/* The families that are asked for, best first. */
#define TEXT_SANS "DejaVu Sans, Verdana, Liberation Sans, sans-serif"
#define TEXT_CODE "DejaVu Sans Mono, Liberation Mono, monospace"

/* One line of valid UTF-8 of at most max characters: white space becomes one
 * space, control characters and those that turn the writing direction become
 * U+FFFD, what is longer ends in an ellipsis.  NULL gives "". */
char *text_clean(struct arena *, const char *, size_t max);

/* The same, but for the lines of a paragraph: '\n' stays. */
char *text_clean_lines(struct arena *, const char *, size_t max);

/* Of one line, in points. */
double text_width(const char *, enum text_font, double size);

/* The text itself, or the longest beginning of it that fits the width with an
 * ellipsis. */
char *text_fit(
    struct arena *, const char *, enum text_font, double size, double width);

/* A layout for drawing, of one line (width < 0) or wrapped; the caller unrefs
 * it.  All layouts share one context without hinting, so that a text has the
 * same size on every surface. */
PangoLayout *text_layout(
    const char *, enum text_font, double size, double width);

#endif
