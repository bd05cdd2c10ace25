/*
 * A report as a PDF.
 */
#ifndef REPORT_PDF_H
#define REPORT_PDF_H

#include "lib/report/ink.h"
#include "lib/report/text.h"

struct doc;
struct doc_block;
struct err;
struct pager;

/* Write the document; its creation date is doc->created, so that the same
 * document gives the same bytes. */
int pdf_write(const struct doc *, const char *path, struct err *)
    __attribute__((warn_unused_result));

/* Blocks that have a file of their own. */
void pdf_table(struct pager *, const struct doc_block *);
double pdf_table_start(const struct doc_block *);
void pdf_facts(struct pager *, const struct doc_block *);
void pdf_tiles(struct pager *, const struct doc_block *);
/* Draws a row of figures and returns the last one drawn. */
const struct doc_block *pdf_figures(struct pager *, const struct doc_block *);
double pdf_figures_height(struct pager *, const struct doc_block *);

/* Text wrapped to a width at (x, y): draws it unless cr is NULL, and returns
 * its height.  lines > 0 cuts what is longer with an ellipsis. */
struct pdf_text {
	double size, leading; /* leading: from base line to base line */
	enum text_font font;
	enum ink ink;
	int lines;
};

double pdf_wrapped(struct pager *, const struct pdf_text *, const char *,
    double x, double y, double w, int draw);

#endif
