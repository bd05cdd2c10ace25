/*
 * A report as one HTML file that needs nothing else.
 */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

struct buf;
struct doc;

/* No script, no request: style and plots are inside, and a policy in the head
 * (default-src 'none', the style by its digest) makes a browser hold to that.
 * Follows the reader's choice of light or dark. */
void html_print(const struct doc *, struct buf *);

/* html_style.c: the style sheet. */
void html_style(struct buf *);

#endif
