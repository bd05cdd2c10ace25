/*
 * "Prefer: wait=N" (RFC 7240): holding an answer until the work is done.
 */
#ifndef WAIT_H
#define WAIT_H

struct req;
struct res;

/* If the answer is 202, the row can wait, the client asked for it, and not too
 * many workers wait already: ask for the outcome until it is there or the time
 * is over.  Changes the answer only if it is there; never fails. */
void wait_done(struct req *, struct res *);

#endif
