/*
 * System calls that no job has a reason to make.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

/* Give up, for this process and all that it starts: gaining privileges, and
 * the calls of the table in sandbox.c, which then fail with EPERM.  Returns
 * -1 with errno. */
int sandbox_enter(void);

#endif
