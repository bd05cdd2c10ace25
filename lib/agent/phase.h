/*
 * The phases that a pipeline may have: what the platform does before an agent
 * takes over, what the agent is told, what it must answer, and what follows.
 */
#ifndef PHASE_H
#define PHASE_H

#include <jansson.h>

struct err;
struct work;

/* Where the pipeline goes on when a phase has ended. */
struct phase_next {
	const char *to; /* NULL: the next phase; else back to this one */
};

struct phase {
	const char *name;
	const char *goal;   /* the first sentence of the task */
	const char *schema; /* of the final answer */
	/* Steps of the platform's own; NULL: none. */
	int (*before)(struct work *, struct err *);
	/* What the agent is told beside the goal. */
	void (*task)(const struct work *, json_t *task);
	/* What the answer means; checks what it claims. */
	int (*after)(struct work *, const json_t *answer, struct phase_next *,
	    struct err *);
};

extern const struct phase phases[]; /* ends with a NULL name */

const struct phase *phase_find(const char *name);

/* The task as the agent is told: the goal and what the work has so far. */
json_t *phase_task(const struct phase *, const struct work *, int visit);

/* Whether an output that a template asks of a phase is there: an artifact's
 * name, or one of split, plan, preparation, selection, verdict. */
int phase_has(const struct work *, const char *output);

#endif
