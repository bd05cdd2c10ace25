/*
 * Text as the content of HTML, SVG and Markdown.
 */
#ifndef REPORT_MARKUP_H
#define REPORT_MARKUP_H

struct buf;

/* For elements and for attributes in double quotes. */
void markup_escape(struct buf *, const char *);

/* For a line of Markdown, a cell of its tables included: every character that
 * CommonMark or GitHub could take for markup has a backslash or is a
 * character reference.  begins_line: nothing stands before it on its line, so
 * that a list could begin. */
void markup_markdown(struct buf *, const char *, int begins_line);

#endif
