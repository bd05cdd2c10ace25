/*
 * Idempotency-Key: a POST that is sent twice is done once.
 */
#ifndef ONCE_H
#define ONCE_H

#include "fcgi/route.h"

/* Answer under the request's key, in one transaction with it: the same key
 * with the same body gives the first answer again, with another body
 * ERR_INVALID; of two at the same time one waits for the other. */
int once_answer(struct req *, struct res *) __attribute__((warn_unused_result));

/* The same for a handler that knows itself what makes two requests the same:
 * fn runs in a transaction, with or without a key. */
int once_do(struct req *, struct res *, const char *digest, handler_fn *fn)
    __attribute__((warn_unused_result));

#endif
