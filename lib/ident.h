/*
 * Identifiers that sort by time: a typed prefix and a UUIDv7 (RFC 9562, 5.7).
 */
#ifndef IDENT_H
#define IDENT_H

/* "run_" and 36 characters of UUID, and room for longer prefixes. */
#define IDENT_MAX 64

/* Write PREFIX_uuid, a new one.  The prefix is shorter than 24 characters. */
void ident_new(char out[IDENT_MAX], const char *prefix);
/* Whether s is PREFIX_ followed by a well-formed lower-case UUID. */
int ident_ok(const char *s, const char *prefix);

#endif
