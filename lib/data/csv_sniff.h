/*
 * What dialect of CSV a text is in.
 */
#ifndef CSV_SNIFF_H
#define CSV_SNIFF_H

struct batch;

/* Find the delimiter and the byte that ends a line from the first rows. */
void csv_sniff(const char *p, const char *end, char *delimiter, char *eol);

/* Whether the first row of a batch holds names rather than values. */
int csv_sniff_header(const struct batch *);

#endif
