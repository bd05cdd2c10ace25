/*
 * Whether text is UTF-8 (RFC 3629: no surrogates, nothing overlong).
 */
#ifndef UTF8_H
#define UTF8_H

#include <stddef.h>

/* The first byte that is NUL or breaks the encoding, or NULL. */
const char *utf8_bad(const char *, size_t);

/* Write a code point below 0x110000; returns 1 to 4. */
int utf8_put(char *, unsigned long);

#endif
