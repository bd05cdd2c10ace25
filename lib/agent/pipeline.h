/*
 * A whole run: the phases of its template, one after the other, and back where
 * the validator sends it.
 */
#ifndef PIPELINE_H
#define PIPELINE_H

struct arena;
struct err;
struct provider;
struct run;
struct data_place;

struct pipeline {
	struct run *run;
	const struct provider *provider;
	const char *share_dir, *data_dir;
	const struct data_place *place;
	int threads;
};

/* Go through all phases.  0: the model and its documents are there.
 * ERR_CANCELLED: stopped at a step boundary, run_stop says why.  Anything else
 * is why the run fails.  Whoever calls it finishes the run. */
int pipeline_run(const struct pipeline *, struct arena *, struct err *)
    __attribute__((warn_unused_result));

#endif
