#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "lib/agent/tool.h"
#include "lib/agent/tools.h"

const struct tool *const tools[] = {
	&tool_dataset_profile,
	&tool_dataset_sample,
	&tool_split_make,
	&tool_columns_exclude,
	&tool_feature_propose,
	&tool_train_trial,
	&tool_trials_list,
	&tool_model_select,
	&tool_model_evaluate,
	&tool_model_explain,
	&tool_fairness_check,
	&tool_stability_check,
	&tool_finding_raise,
	&tool_finding_answer,
	&tool_document_write,
	&tool_artifact_read,
	&tool_artifact_write,
	NULL,
};

static const char *const permission_names[] = {
	[TOOL_ALLOW] = "allow",
	[TOOL_ASK] = "ask",
	[TOOL_DENY] = "deny",
};

const struct tool *
tool_find(const char *name)
{
	for (size_t i = 0; tools[i] != NULL; i++)
		if (strcmp(tools[i]->name, name) == 0)
			return tools[i];
	return NULL;
}

json_t *
tool_schema(const struct tool *t)
{
	json_t *schema = json_loads(t->schema, 0, NULL);

	if (schema == NULL)
		abort(); /* a row of ours; tests/unit/agent_tool reads all */
	return schema;
}

json_t *
tool_list_json(void)
{
	json_t *items = json_array();

	for (size_t i = 0; tools[i] != NULL; i++)
		json_array_append_new(items,
		    json_pack("{s:s, s:s, s:o, s:b, s:s}", "name",
			tools[i]->name, "description", tools[i]->description,
			"schema", tool_schema(tools[i]), "side_effect",
			tools[i]->effect == TOOL_CHANGES, "permission",
			permission_names[tools[i]->permission]));
	return json_pack("{s:o}", "items", items);
}
