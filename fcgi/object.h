/*
 * Files of the store as answers: nginx sends them, we say which.
 */
#ifndef OBJECT_H
#define OBJECT_H

struct req;
struct res;

/* Answer with an object: its type, its digest as ETag and Digest, a file name
 * (the last part of name).  304 when the client has it.  nginx serves ranges.
 * ERR_INTERNAL if the file is lost. */
int object_answer(struct req *, struct res *, const char *sha256,
    const char *media_type, const char *name)
    __attribute__((warn_unused_result));

#endif
