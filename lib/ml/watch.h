/*
 * How long work is watched: whoever starts it hears of its progress, and may
 * stop it.
 */
#ifndef WATCH_H
#define WATCH_H

struct err;

/*
 * `tick` is called often (each boosting round, each fold, each group of rows)
 * from the calling thread, with the done fraction of the present call, 0 to 1.
 * Non-zero stops the work: it fails with ERR_CANCELLED.  It must be quick,
 * must not fork, and cannot change any number that is computed.
 */
struct watch {
	int (*tick)(void *arg, double fraction);
	void *arg;
};

/* A NULL watch never stops anything. */
int watch_tick(const struct watch *, double fraction, struct err *)
    __attribute__((warn_unused_result));

#endif
