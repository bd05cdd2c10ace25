#include "config.h"

#include "lib/agent/agent.h"
#include "lib/agent/lineage.h"
#include "lib/agent/run.h"
#include "lib/agent/template.h"
#include "lib/agent/work.h"
#include "lib/json.h"
#include "lib/ml/spec.h"
#include "lib/ml/split.h"

static json_t *
or_null(json_t *v)
{
	return v != NULL ? json_incref(v) : json_null();
}

static json_t *
agents_json(const struct work *w)
{
	const struct template *t = w->template;
	json_t *list = json_array();

	for (int i = 0; i < t->nphases; i++) {
		const struct agent *g =
		    agent_find(w->agents, t->phase[i].agent);

		if (g != NULL)
			json_array_append_new(
			    list, json_pack("{s:s, s:s, s:s}", "phase",
				      t->phase[i].name, "agent", g->name,
				      "sha256", g->sha256));
	}
	return list;
}

json_t *
lineage_json(const struct work *w)
{
	const json_t *row = run_row(w->run);

	return json_pack("{s:s, s:{s:s, s:s}, s:o, s:o, s:O, s:O, s:I, s:o,"
			 " s:o, s:o, s:{s:s, s:s}, s:{s:s, s:s}}",
	    "run_id", run_id(w->run), "dataset", "name",
	    json_str(row, "dataset_name", ""), "digest",
	    json_str(row, "dataset_digest", ""), "specification",
	    spec_to_json(w->spec), "split", split_to_json(w->split), "excluded",
	    w->excluded, "derived", w->derived, "trials",
	    (json_int_t)json_array_size(w->trials), "selection",
	    or_null(w->selection), "model", or_null(w->model), "agents",
	    agents_json(w), "template", "name", w->template->name, "sha256",
	    w->template->sha256, "build", "program", PACKAGE_NAME, "version",
	    PACKAGE_VERSION);
}
