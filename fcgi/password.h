/*
 * Checking a password costs the same whether or not there is such a user, and
 * only a few workers may be at it at a time: yescrypt takes 16 MB and more.
 */
#ifndef PASSWORD_H
#define PASSWORD_H

struct req;

/* 1 if it fits, 0 if not; -1 with ERR_TOO_MANY.  hash may be NULL: then
 * nothing fits, and it takes as long. */
int password_fits(struct req *, const char *password, const char *hash)
    __attribute__((warn_unused_result));

#endif
