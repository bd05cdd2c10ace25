/*
 * Passwords from people and scripts: a terminal without echo, or stdin.
 * Never from argv, which every user of the machine can read.
 */
#ifndef SECRET_H
#define SECRET_H

#include <stddef.h>

struct err;

#define SECRET_MAX 512 /* crypt(3) takes no more */

/* One line, without its end.  `from_stdin` reads stdin as it is; otherwise
 * the terminal is asked, twice when `again` is set. */
int secret_read(const char *prompt, int from_stdin, int again,
    char out[SECRET_MAX], struct err *) __attribute__((warn_unused_result));

#endif
