/*
 * What the policies of the rules provider have in common: a view of the
 * conversation, and the moves that can be made in it.
 */
#ifndef POLICY_H
#define POLICY_H

#include <jansson.h>
#include <stddef.h>

struct provider_reply;
struct provider_request;

struct policy_view {
	const struct provider_request *q;
	const json_t *task;
};

/* One policy: looks at what has been seen, and makes the next move. */
typedef void policy_fn(const struct policy_view *, struct provider_reply *);

struct policy {
	const char *agent; /* `rules` of its front matter */
	const char *phase;
	policy_fn *move;
};

/* How often a tool was called, and the n-th result (from 0) that was none of
 * its errors, or NULL. */
int policy_calls(const struct policy_view *, const char *tool);
const json_t *policy_result(
    const struct policy_view *, const char *tool, int n);
/* The last one. */
const json_t *policy_last(const struct policy_view *, const char *tool);
/* The error of the last call of a tool, if it ended in one. */
const json_t *policy_error(const struct policy_view *, const char *tool);

/* Add a call to the reply; takes over args. */
void policy_call(struct provider_reply *, const char *tool, json_t *args,
    const char *reason, ...) __attribute__((format(printf, 4, 5)));
/* Give the final answer; takes over it. */
void policy_answer(struct provider_reply *, json_t *final);

/* Text that grows by clauses, joined by a separator; for summaries. */
struct policy_text {
	char text[2000];
};
void policy_say(struct policy_text *, const char *, ...)
    __attribute__((format(printf, 2, 3)));

extern const struct policy policy_steward[], policy_features[],
    policy_trainer[], policy_validator[], policy_evaluator[],
    policy_documenter[]; /* each ends with a NULL agent */

#endif
