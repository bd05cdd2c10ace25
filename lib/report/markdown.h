/*
 * A report as Markdown.
 */
#ifndef REPORT_MARKDOWN_H
#define REPORT_MARKDOWN_H

struct buf;
struct doc;

/* CommonMark with GitHub's tables.  Figures become links to plots/NAME.svg
 * beside the file. */
void markdown_print(const struct doc *, struct buf *);

#endif
