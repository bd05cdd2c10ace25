/*
 * Who decides for an agent: one interface for the built-in rules and for
 * language models.
 */
#ifndef PROVIDER_H
#define PROVIDER_H

#include <jansson.h>

struct agent;
struct arena;
struct err;

/* What a provider is asked.  The messages are those of this invocation so
 * far, oldest first:
 *   {"role":"user","content":{…}}              the task, and repairs asked for
 *   {"role":"assistant","calls":[{"id","tool","arguments","reason"}]}
 *   {"role":"tool","id","tool","result":{…}}   or "error":"…"
 */
struct provider_request {
	const struct agent *agent;
	const char *phase;
	const json_t *messages;
	const json_t *tools;  /* [{"name","description","schema"}] */
	const json_t *schema; /* of the final answer */
	int turn;             /* from 0 */
	int finish;           /* no more tools: give the final answer */
};

/* What it answers: calls, or the final answer.  Owned by the caller. */
struct provider_reply {
	json_t *calls; /* [{"tool","arguments","reason"}], or NULL */
	json_t *final; /* the structured answer, or NULL */
	char *reason;  /* why, in a sentence; malloc'ed, or NULL */
	long long tokens;
	double usd;
};

typedef int provider_fn(void *arg, const struct provider_request *,
    struct provider_reply *, struct err *);

struct provider {
	const char *name; /* stands in every decision event */
	provider_fn *ask;
	void *arg;
};

void provider_reply_done(struct provider_reply *);

#endif
