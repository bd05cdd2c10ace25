/*
 * The profile of the development rows: what the agents see of the data.
 *
 * The profile of the whole data set would tell them about the sealed rows; so
 * the development rows are written out and profiled by themselves.
 */
#ifndef DEVPROFILE_H
#define DEVPROFILE_H

#include <jansson.h>

struct err;
struct frame;

/* More rows than this are not profiled again: an even sample of as many is,
 * and the profile's "rows" says so. */
#define DEVPROFILE_ROWS_MAX 100000

/* dir: where a file may be for a while.  The caller owns the profile. */
json_t *devprofile_make(const struct frame *, const char *target,
    const char *dir, struct err *) __attribute__((warn_unused_result));

/* One row of a frame as {column: value}; null where missing. */
json_t *devprofile_row(const struct frame *, size_t row);

#endif
