#include "config.h"

#include "lib/agent/policy.h"
#include "lib/agent/provider.h"
#include "lib/json.h"

#include "lib/banned.h"

static void
document(const struct policy_view *v, struct provider_reply *r)
{
	const json_t *finding =
	    json_array_get(json_object_get(v->task, "open_findings"),
		(size_t)policy_calls(v, "finding_answer"));
	const json_t *written = policy_last(v, "document_write");

	if (finding != NULL)
		policy_call(r, "finding_answer",
		    json_pack("{s:I, s:s, s:s}", "finding",
			(json_int_t)json_int(finding, "finding", 0), "status",
			"accepted", "answer",
			"It stands in the report and in the model card; "
			"whoever approves the model decides on it."),
		    "nothing may be left open when the documents are written");
	else if (written == NULL)
		policy_call(r, "document_write",
		    json_pack("{s:[s, s, s]}", "documents", "report",
			"model_card", "lineage"),
		    "the evaluation is there: write what people and auditors "
		    "read");
	else
		policy_answer(
		    r, json_pack("{s:o}", "summary",
			   json_sprintf("%s: report, model card and lineage",
			       json_str(written, "summary", ""))));
}

const struct policy policy_documenter[] = {
	{ "documenter", "document", document },
	{ NULL },
};
