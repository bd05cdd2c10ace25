#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/agent/agent.h"
#include "lib/agent/policy.h"
#include "lib/agent/provider.h"
#include "lib/agent/rules.h"
#include "lib/auto.h"
#include "lib/err.h"
#include "lib/json.h"

static const struct policy *const policies[] = {
	policy_steward,
	policy_features,
	policy_trainer,
	policy_validator,
	policy_evaluator,
	policy_documenter,
};

static const struct policy *
find(const char *agent, const char *phase)
{
	for (size_t i = 0; i < nitems(policies); i++)
		for (const struct policy *p = policies[i]; p->agent != NULL;
		     p++)
			if (strcmp(p->agent, agent) == 0 &&
			    strcmp(p->phase, phase) == 0)
				return p;
	return NULL;
}

static const char *
role_of(const json_t *message)
{
	return json_str(message, "role", "");
}

int
policy_calls(const struct policy_view *v, const char *tool)
{
	const json_t *m;
	size_t i;
	int n = 0;

	json_array_foreach (v->q->messages, i, m)
		n += strcmp(role_of(m), "tool") == 0 &&
		     strcmp(json_str(m, "tool", ""), tool) == 0;
	return n;
}

const json_t *
policy_result(const struct policy_view *v, const char *tool, int n)
{
	const json_t *m, *result;
	size_t i;

	json_array_foreach (v->q->messages, i, m)
		if (strcmp(json_str(m, "tool", ""), tool) == 0 &&
		    (result = json_object_get(m, "result")) != NULL && n-- == 0)
			return result;
	return NULL;
}

const json_t *
policy_last(const struct policy_view *v, const char *tool)
{
	const json_t *result, *last = NULL;

	for (int n = 0; (result = policy_result(v, tool, n)) != NULL; n++)
		last = result;
	return last;
}

const json_t *
policy_error(const struct policy_view *v, const char *tool)
{
	const json_t *m, *error = NULL;
	size_t i;

	json_array_foreach (v->q->messages, i, m)
		if (strcmp(json_str(m, "tool", ""), tool) == 0)
			error = json_object_get(m, "error");
	return error;
}

void
policy_call(struct provider_reply *r, const char *tool, json_t *args,
    const char *reason, ...)
{
	va_list ap;
	json_t *why;

	va_start(ap, reason);
	if ((why = json_vsprintf(reason, ap)) == NULL)
		why = json_string("");
	va_end(ap);
	if (r->calls == NULL)
		r->calls = json_array();
	json_array_append_new(
	    r->calls, json_pack("{s:s, s:o, s:o}", "tool", tool, "arguments",
			  args, "reason", why));
}

void
policy_answer(struct provider_reply *r, json_t *final)
{
	r->final = final;
}

void
policy_say(struct policy_text *t, const char *fmt, ...)
{
	size_t n = strlen(t->text);
	va_list ap;

	if (n > 0 && n + 3 < sizeof(t->text)) {
		memcpy(t->text + n, "; ", 3);
		n += 2;
	}
	va_start(ap, fmt);
	vsnprintf(t->text + n, sizeof(t->text) - n, fmt, ap);
	va_end(ap);
}

static int
ask(void *arg, const struct provider_request *q, struct provider_reply *r,
    struct err *e)
{
	struct policy_view v = { q,
		json_object_get(json_array_get(q->messages, 0), "content") };
	const struct policy *p;

	(void)arg;
	if (q->agent->rules == NULL ||
	    (p = find(q->agent->rules, q->phase)) == NULL)
		return err_set(e, ERR_INVALID,
		    "the rules provider has no policy of the agent '%s' for "
		    "the phase '%s'",
		    q->agent->name, q->phase);
	p->move(&v, r);
	return 0;
}

const struct provider rules_provider = { "rules", ask, NULL };
