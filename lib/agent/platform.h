/*
 * What the platform does itself in a run, whatever the agents say: it reads
 * the data set, fits the model that was chosen, and scores the sealed rows
 * once.
 */
#ifndef PLATFORM_H
#define PLATFORM_H

#include "lib/data/frame.h"

struct err;
struct work;

/* Where a data set's bytes are, and how to read them. */
struct data_place {
	const char *path;
	const char *format; /* csv, arff, jsonl */
	const char *on_error;
};

/* The format and the policy by their names; csv and fail if there are none
 * such. */
enum data_format platform_format(const char *name);
enum on_error platform_on_error(const char *name);

/* Read the table and check that it can be learned from.  Errors have the
 * line of the file, or the pointer of the run's member that is wrong. */
int platform_load(struct work *, const struct data_place *, struct err *)
    __attribute__((warn_unused_result));

/* Each is a journaled step, done once: profile.json; the model bundle;
 * metrics.json from the sealed rows. */
int platform_profile(struct work *, struct err *)
    __attribute__((warn_unused_result));
int platform_fit(struct work *, struct err *)
    __attribute__((warn_unused_result));
int platform_score(struct work *, struct err *)
    __attribute__((warn_unused_result));

#endif
