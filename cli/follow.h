/*
 * The events of a run as they happen: over WebSocket, again from where it was
 * when the connection breaks, and by asking while there is none.
 */
#ifndef FOLLOW_H
#define FOLLOW_H

#include <jansson.h>
#include <signal.h>

struct ctl;
struct err;

struct follow_how {
	/* Each event once, in order; nonzero ends it. */
	int (*event)(void *arg, const json_t *event);
	/* About five times a second; nonzero ends it. */
	int (*tick)(void *arg);
	void *arg;
};

/* Returns when the run has ended and all of it was told (0), when event or
 * tick said so (what they said), or with -1. */
int follow_run(struct ctl *, const char *run_id, long long after,
    const struct follow_how *, struct err *)
    __attribute__((warn_unused_result));

#endif
