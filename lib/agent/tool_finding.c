#include "config.h"

#include <string.h>

#include "lib/agent/agent.h"
#include "lib/agent/run.h"
#include "lib/agent/tool.h"
#include "lib/agent/tools.h"
#include "lib/agent/work.h"
#include "lib/err.h"
#include "lib/json.h"

#include "lib/banned.h"

#define FINDINGS_MAX 500

static int
finding_raise_run(struct work *w, const struct tool_call *call, json_t **result,
    struct err *e)
{
	size_t n = json_array_size(w->findings) + 1;
	json_t *finding;

	if (n > FINDINGS_MAX)
		return err_set(e, ERR_TOO_MANY, "a run has at most %d findings",
		    FINDINGS_MAX);
	finding = json_deep_copy(call->args);
	json_object_set_new(finding, "finding", json_integer((json_int_t)n));
	json_object_set_new(finding, "by", json_string(call->agent->name));
	json_object_set_new(finding, "phase", json_string(call->phase));
	if (json_object_get(finding, "needs_answer") == NULL)
		json_object_set_new(finding, "needs_answer", json_false());
	json_object_set_new(finding, "status", json_string("open"));
	run_event(
	    w->run, "finding_raised", call->agent->name, json_incref(finding));
	*result = json_pack("{s:o, s:i, s:o}", "raised", finding, "finding",
	    (int)n, "summary",
	    json_sprintf(
		"finding %zu: %s", n, json_str(call->args, "title", "")));
	return 0;
}

static int
finding_raise_apply(struct work *w, const struct tool_call *call,
    const json_t *result, struct err *e)
{
	(void)call;
	(void)e;
	json_array_append_new(
	    w->findings, json_deep_copy(json_object_get(result, "raised")));
	return 0;
}

static int
finding_answer_run(struct work *w, const struct tool_call *call,
    json_t **result, struct err *e)
{
	json_int_t id = json_int(call->args, "finding", 0);
	const json_t *finding = json_array_get(w->findings, (size_t)id - 1);
	json_t *answer;

	if (finding == NULL)
		return err_set(e, ERR_INVALID,
		    "there is no finding %" JSON_INTEGER_FORMAT, id);
	if (strcmp(json_str(finding, "status", ""), "open") != 0)
		return err_set(e, ERR_CONFLICT,
		    "finding %" JSON_INTEGER_FORMAT " is answered already", id);
	if (strcmp(json_str(finding, "by", ""), call->agent->name) == 0)
		return err_set(
		    e, ERR_DENIED, "nobody answers a finding of his own");
	answer = json_pack("{s:I, s:O, s:O, s:s, s:s}", "finding", id, "status",
	    json_object_get(call->args, "status"), "answer",
	    json_object_get(call->args, "answer"), "by", call->agent->name,
	    "title", json_str(finding, "title", ""));
	run_event(
	    w->run, "finding_answered", call->agent->name, json_incref(answer));
	*result = json_pack("{s:o, s:o}", "answered", answer, "summary",
	    json_sprintf("finding %" JSON_INTEGER_FORMAT " is %s", id,
		json_str(call->args, "status", "")));
	return 0;
}

static int
finding_answer_apply(struct work *w, const struct tool_call *call,
    const json_t *result, struct err *e)
{
	const json_t *answer = json_object_get(result, "answered");
	json_t *finding = json_array_get(
	    w->findings, (size_t)json_int(answer, "finding", 0) - 1);

	(void)call;
	if (finding == NULL)
		return err_set(e, ERR_INTERNAL, "the finding is not there");
	json_object_set(finding, "status", json_object_get(answer, "status"));
	json_object_set(finding, "answer", json_object_get(answer, "answer"));
	json_object_set(finding, "answered_by", json_object_get(answer, "by"));
	return 0;
}

/* clang-format off */
const struct tool tool_finding_raise = {
	.name = "finding_raise",
	.description =
	    "Write down something that whoever reads about this model must know. With "
	    "needs_answer it must be answered by another agent before the run can end.",
	.schema = SCHEMA({
		"type": "object", "additionalProperties": false,
		"required": ["severity", "title", "detail"],
		"properties": {
			"severity": { "enum": ["info", "low", "medium", "high", "critical"] },
			"title": { "type": "string", "minLength": 1, "maxLength": 200 },
			"detail": { "type": "string", "minLength": 1, "maxLength": 4000 },
			"columns": { "type": "array", "maxItems": 1000,
				"items": { "type": "string", "maxLength": 1024 } },
			"needs_answer": { "type": "boolean" }
		}
	}),
	.effect = TOOL_CHANGES,
	.permission = TOOL_ALLOW,
	.run = finding_raise_run,
	.apply = finding_raise_apply,
};

const struct tool tool_finding_answer = {
	.name = "finding_answer",
	.description =
	    "Answer another agent's finding: fixed (what was done), accepted (why it stays "
	    "so), or rejected (why it is none).",
	.schema = SCHEMA({
		"type": "object", "additionalProperties": false,
		"required": ["finding", "status", "answer"],
		"properties": {
			"finding": { "type": "integer", "minimum": 1, "maximum": 500 },
			"status": { "enum": ["fixed", "accepted", "rejected"] },
			"answer": { "type": "string", "minLength": 1, "maxLength": 4000 }
		}
	}),
	.effect = TOOL_CHANGES,
	.permission = TOOL_ALLOW,
	.run = finding_answer_run,
	.apply = finding_answer_apply,
};
/* clang-format on */
