/*
 * A table that comes in as a body: streamed to a temporary file, hashed as it
 * flows, read once as a whole, so that a bad one is refused with its line and
 * column, and only then named.
 */
#ifndef UPLOAD_H
#define UPLOAD_H

#include "lib/digest.h"

struct req;

struct upload {
	char path[4096]; /* of the temporary file; gone with the request */
	char sha256[DIGEST_HEX];
	long long bytes, rows, columns;
	const char *format, *profile; /* profile: JSON */
};

/* Take the body of a request whose form has on_error.  The result belongs to
 * the request; NULL with the error, and nothing is left behind. */
struct upload *upload_take(struct req *) __attribute__((warn_unused_result));

#endif
