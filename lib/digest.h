/*
 * SHA-256 (FIPS 180-4) of memory, files, and what flows by.
 */
#ifndef DIGEST_H
#define DIGEST_H

#include <stddef.h>

struct err;

#define DIGEST_LEN 32
#define DIGEST_HEX (2 * DIGEST_LEN + 1) /* with the NUL */

struct digest;

struct digest *digest_new(void);
void digest_add(struct digest *, const void *, size_t);
/* The digest in lower-case hexadecimal; frees the object. */
void digest_end(struct digest *, char hex[DIGEST_HEX]);
void digest_free(struct digest *);

void digest_mem(const void *, size_t, char hex[DIGEST_HEX]);
/* Of a whole file, and its size in bytes (bytes may be NULL). */
int digest_file(const char *path, char hex[DIGEST_HEX], long long *bytes,
    struct err *) __attribute__((warn_unused_result));

#endif
