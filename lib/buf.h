/*
 * Bytes that grow up to a maximum.
 */
#ifndef BUF_H
#define BUF_H

#include <stddef.h>

struct buf {
	char *data; /* always ends in a NUL that len does not count */
	size_t len, size, max;
	int over; /* something did not fit, and was left out whole */
};

void buf_init(struct buf *, size_t max);
void buf_done(struct buf *);

/* Append; what would pass the maximum sets `over` and changes nothing else,
 * so that one test at the end is enough. */
void buf_add(struct buf *, const void *, size_t);
void buf_puts(struct buf *, const char *);
void buf_printf(struct buf *, const char *, ...)
    __attribute__((format(printf, 2, 3)));

#endif
