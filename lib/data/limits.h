/*
 * The limits of a data set, in one place.  What is larger is refused with
 * ERR_TOO_LARGE and the place where it is too large.
 */
#ifndef LIMITS_H
#define LIMITS_H

#define LIMIT_COLUMNS 10000
#define LIMIT_NAME    1024        /* bytes of a column's name */
#define LIMIT_FIELD   (1L << 20)  /* bytes of one value */
#define LIMIT_RECORD  (64L << 20) /* bytes of one row, its newlines included */
#define LIMIT_LEVELS  100000      /* levels that one ARFF attribute declares */
#define LIMIT_ROWS    INT32_MAX   /* codes of a frame are 32 bits */

#endif
