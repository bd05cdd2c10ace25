/*
 * Whole files written at once.
 */
#ifndef REPORT_FILE_H
#define REPORT_FILE_H

#include <stddef.h>

struct err;

/* Create or replace a file.  The directory is private to the caller until the
 * store takes the file, so there is no temporary name. */
int file_write(const char *path, const void *, size_t, struct err *)
    __attribute__((warn_unused_result));

/* Make a directory that may be there already. */
int file_folder(const char *path, struct err *)
    __attribute__((warn_unused_result));

#endif
