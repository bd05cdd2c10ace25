/*
 * A run as it is seen by somebody who watches: lines of what happened, and on
 * a terminal one more that moves.
 */
#ifndef LIVE_H
#define LIVE_H

struct ctl;
struct err;

/* Watch a run until it has ended.  `after` skips what is known already; all:
 * every event, not only those that matter.  A run that did not succeed is an
 * error of its kind.  Ctrl-C ends the process, not the run, and says how to
 * come back. */
int live_watch(struct ctl *, const char *run_id, long long after, int all,
    struct err *) __attribute__((warn_unused_result));

#endif
