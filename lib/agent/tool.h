/*
 * The tools: what an agent can do, one row each.
 *
 * A tool computes its result from the work so far and its arguments and
 * changes nothing that lasts; when the result is journaled, `apply` brings it
 * into the work.  A resumed run only applies.  What a tool keeps beyond its
 * result goes to the object store, by digest.
 */
#ifndef TOOL_H
#define TOOL_H

#include <jansson.h>

struct agent;
struct err;
struct work;

enum tool_effect {
	TOOL_READS,  /* tells something */
	TOOL_CHANGES /* changes the run: its plan, trials, artifacts, findings
	              */
};

enum tool_permission { TOOL_ALLOW, TOOL_ASK, TOOL_DENY };

/* One call, as the executor hands it on: arguments fit the schema. */
struct tool_call {
	const struct agent *agent;
	const char *phase;
	const char *key; /* of the journal step; sub-steps append to it */
	const json_t *args;
};

typedef int tool_fn(
    struct work *, const struct tool_call *, json_t **result, struct err *);
typedef int tool_apply_fn(struct work *, const struct tool_call *,
    const json_t *result, struct err *);

struct tool {
	const char *name;
	const char *description; /* for the model and for people */
	const char *schema;      /* JSON Schema of the arguments */
	enum tool_effect effect;
	enum tool_permission permission; /* where no rule says otherwise */
	tool_fn *run;
	tool_apply_fn *apply; /* NULL: the result changes nothing */
};

extern const struct tool *const tools[]; /* NULL-terminated */

const struct tool *tool_find(const char *name);

/* Its arguments' schema, parsed; the caller's. */
json_t *tool_schema(const struct tool *);

/* {"items":[{"name","description","schema","side_effect","permission"}]}:
 * printed by modelwright-job --tools into share/tools.json, which the API
 * reads, so that it need not link the learners. */
json_t *tool_list_json(void);

#endif
