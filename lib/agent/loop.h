/*
 * The loop: one agent, one phase, from the task to the validated answer.
 *
 * Each turn asks the provider; each call that it makes is checked (known,
 * allowed to this agent, fitting the tool's schema, within the budget, not
 * said over and over), executed and journaled.  A turn is a step, and a
 * tool's result is one; a resumed run does neither again.
 */
#ifndef LOOP_H
#define LOOP_H

#include <jansson.h>

struct agent;
struct err;
struct provider;
struct run;
struct work;

/* The same call with the same arguments so often earns an error result, and
 * ends the loop. */
#define LOOP_REPEAT_ERROR 3
#define LOOP_REPEAT_END   5
/* How often an answer that does not fit the phase's schema is sent back. */
#define LOOP_REPAIRS 2
/* A tool result longer than this is cut for the provider; it stays whole in
 * the journal. */
#define LOOP_RESULT_MAX (96 * 1024)

struct loop {
	struct run *run;
	struct work *work;
	const struct agent *agent;
	const struct provider *provider;
	const char *phase;    /* its name */
	const char *key;      /* of its steps: "phase.visit" */
	const json_t *task;   /* the first message's content */
	const json_t *schema; /* of the final answer */
};

/* Why it ended, in the agent_finished event: "answered", "turns",
 * "tool_calls", "wall", "loop_detected", "unfit_answer". */

/* The final answer, or NULL with an error: ERR_CANCELLED when the run should
 * stop (run_stop says why), ERR_INVALID when two repairs gave no answer that
 * fits or a limit was met without one. */
json_t *loop_run(const struct loop *, struct err *)
    __attribute__((warn_unused_result));

#endif
