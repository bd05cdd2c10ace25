/*
 * Files that are named by the SHA-256 of what is in them: DATA_DIR/objects/
 * ab/cdef….  A file is written to a temporary name, fsynced and renamed, so
 * that a name that exists is whole, whatever was killed.
 */
#ifndef STORE_H
#define STORE_H

#include <stddef.h>

#include "lib/digest.h"

struct err;

struct stored {
	char sha256[DIGEST_HEX];
	long long bytes;
};

/* Keep a copy of bytes, or of a file.  Keeping what is there already is
 * cheap and changes nothing. */
int store_put(const char *data_dir, const void *, size_t, struct stored *,
    struct err *) __attribute__((warn_unused_result));
int store_put_file(const char *data_dir, const char *path, struct stored *,
    struct err *) __attribute__((warn_unused_result));

/* Give a finished, private file (on the same file system) to the store, by
 * rename: nothing is copied.  The digest is computed here. */
int store_take(const char *data_dir, const char *path, struct stored *,
    struct err *) __attribute__((warn_unused_result));

/* Where an object is, whether or not it exists. */
void store_path(const char *data_dir, const char *sha256, char *out, size_t n);

/* Whether an object is there and still has its digest; what names it in words
 * for people.  ERR_NOT_FOUND or ERR_DAMAGED otherwise. */
int store_check(const char *data_dir, const char *sha256, const char *what,
    struct err *) __attribute__((warn_unused_result));

/* A new name under DATA_DIR/tmp, on the same file system as the objects; the
 * file is created, open for writing, and the caller's. */
int store_temp(const char *data_dir, char *path, size_t n, struct err *)
    __attribute__((warn_unused_result));

#endif
