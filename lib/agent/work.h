/*
 * The work of a run so far: what the tools read, and what their journaled
 * results change.
 *
 * Everything here follows from the run's row, the data set and the journal: a
 * resumed run that applies the same results has the same work.  The sealed
 * rows are behind `split` (see lib/ml/seal.h) and cannot be had from here.
 */
#ifndef WORK_H
#define WORK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/ml/watch.h"

struct agent;
struct arena;
struct data_place;
struct err;
struct frame;
struct run;
struct spec;
struct split;
struct study;
struct template;
struct vault;

struct work {
	struct run *run;
	struct arena *arena; /* as long as the run */
	const char *data_dir, *share_dir;
	int threads; /* of the learners; changes no number */
	const struct template *template;
	struct agent *const *agents; /* NULL-terminated */
	int phase;                   /* index of the current one */
	double started;              /* CLOCK_MONOTONIC, s */
	double spent_before;         /* by processes that had the run before */
	const struct data_place *place; /* of the data set's bytes */
	struct vault *vault; /* the whole table; only work.c sees inside */
	struct watch watch;  /* stops long work when the run should */

	json_t *request; /* as spec_from_json takes it: the run, the template's
	                    defaults, and what the agents changed */
	struct spec *spec;
	struct split *split; /* NULL until the rows are sealed */
	struct study *study;
	int generation; /* raised when columns or features change, so that
	                   what was trained before is no longer current */

	json_t *dataset_profile; /* of the whole table: for people */
	json_t *profile;         /* of the development rows, or NULL */
	bool planned, prepared, judged;
	int returned; /* how often the validator sent the work back */
	int reduced;  /* the generation that the budget was cut for */

	json_t *probes;    /* learner -> its plain result on the work as it
	                      stands; a cache */
	json_t *excluded;  /* [{"column","reason","agent"}] */
	json_t *derived;   /* [{"name","expr","reason","gain"}] */
	json_t *results;   /* the current generation's trials, in order */
	json_t *trials;    /* all trials of all generations */
	json_t *selection; /* {"trial","generation","result",…}, or NULL */
	json_t *findings;  /* [{"finding","by","severity","title","detail",
	                      "answer"?,"answered_by"?,"status"}] */
	json_t *decisions; /* [{"agent","phase","tool","reason"}] */
	json_t *artifacts; /* [{"name","kind","media_type","bytes","sha256"}] */

	json_t *model;       /* {"digest","files":[{"name","sha256"}]} */
	json_t *evaluation;  /* of the holdout; NULL until it was scored */
	json_t *development; /* the selection's, out of fold; NULL: not yet */
};

void work_init(struct work *, struct run *, struct arena *);
void work_done(struct work *);

/* Take over the whole table.  The names and types of its columns can be had
 * (work_columns), its rows only through a split. */
void work_lock(struct work *, struct frame *);
/* [{"name","type"}] of the whole table; no value. */
json_t *work_columns(const struct work *);
size_t work_rows(const struct work *);
size_t work_column_count(const struct work *);

/* Read the request again: what to learn, and how. */
int work_respec(struct work *, struct err *)
    __attribute__((warn_unused_result));
/* Split the table as the request says, or split it again after work_respec:
 * the same rows, as long as the request's seed, target and kind of split are
 * the same.  What was trained before is no longer current if columns or
 * features have changed; the caller raises the generation. */
int work_seal(struct work *, struct err *) __attribute__((warn_unused_result));

/* The split that another request would give; the caller frees it. */
struct split *work_split(const struct work *, const json_t *request,
    struct err *) __attribute__((warn_unused_result));

/* Leave out columns ([{"column"}]) and add features ([{"name","expr"}]); what
 * was trained is then no longer current: a new generation begins. */
int work_change(struct work *, const json_t *excluded, const json_t *derived,
    struct err *) __attribute__((warn_unused_result));

/* A copy of the request with more excluded columns or derived features. */
json_t *work_request(const struct work *, const json_t *more_excluded,
    const json_t *more_derived);

/* The index of a column among the development frame's, or -1 with
 * ERR_INVALID. */
int work_column(const struct work *, const char *name, struct err *);

/* Whether a column can be learnt from: not the target, not excluded. */
bool work_usable(const struct work *, const char *name);

/* Keep bytes or a file as an artifact of the next commit; what the tool's
 * result has to say about it ({"name","kind","media_type","bytes","sha256"})
 * comes back, the caller's. */
json_t *work_keep(struct work *, const char *name, const char *kind,
    const char *media_type, const void *bytes, size_t n, struct err *)
    __attribute__((warn_unused_result));
json_t *work_keep_file(struct work *, const char *name, const char *kind,
    const char *media_type, const char *path, struct err *)
    __attribute__((warn_unused_result));

/* Note artifacts that a journaled step made (an array of the above). */
void work_note_artifacts(struct work *, const json_t *);
/* One by name, or NULL. */
const json_t *work_artifact(const struct work *, const char *name);

/* A private folder under DATA_DIR/tmp, and its end with all in it. */
int work_folder(const struct work *, char path[4096], struct err *)
    __attribute__((warn_unused_result));
void work_folder_done(const char *path);
/* Remove the folders that a killed process left of the same run. */
void work_sweep(const struct work *);

/* evaluate_development of the selected configuration, computed once. */
const json_t *work_development(struct work *, struct err *)
    __attribute__((warn_unused_result));

#endif
