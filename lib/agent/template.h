/*
 * Pipeline templates: which phases a run has, whose they are, what must be
 * there when one ends, and what a run may set.
 */
#ifndef TEMPLATE_H
#define TEMPLATE_H

#include <jansson.h>
#include <stddef.h>

struct arena;
struct err;

#define TEMPLATE_FILE_MAX   (64 * 1024)
#define TEMPLATE_PHASES_MAX 16

struct template_phase {
	const char *name;     /* one of lib/agent/phase.c */
	const char *agent;    /* who owns it */
	const char **outputs; /* NULL-terminated: artifacts and facts that must
	                       * be there when it ends */
	int returns;          /* challenge: how often it may send back */
};

struct template
{
	const char *name, *title, *description;
	const char *task;      /* binary, multiclass, regression */
	const char *metric;    /* what the search looks at */
	const char **metrics;  /* NULL-terminated: what a run may ask for */
	const char **learners; /* NULL-terminated, simplest first */
	int trials, folds;
	long long seconds;
	double holdout; /* share of the rows */
	struct template_phase *phase;
	int nphases;
	const char *sha256;
};

/* Parse one.  ERR_INVALID with line and column.  Texts belong to the arena. */
struct template *template_parse(const char *yaml, size_t n, struct arena *,
    struct err *) __attribute__((warn_unused_result));

/* SHARE_DIR/templates/NAME.yaml; ERR_NOT_FOUND names those that exist. */
struct template *template_load(const char *share_dir, const char *name,
    struct arena *, struct err *) __attribute__((warn_unused_result));

/* All of them, sorted by name, NULL-terminated. */
struct template **template_load_all(const char *share_dir, struct arena *,
    struct err *) __attribute__((warn_unused_result));

/* A phase by name, or NULL. */
const struct template_phase *template_phase(
    const struct template *, const char *name);

json_t *template_json(const struct template *);

#endif
