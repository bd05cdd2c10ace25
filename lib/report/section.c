/*
 * The input document taken apart.
 */
#include "config.h"

#include <string.h>

#include "lib/arena.h"
#include "lib/banned.h"
#include "lib/json.h"
#include "lib/report/section.h"

static const json_t *
part(const json_t *doc, const char *name, json_type type)
{
	const json_t *v = json_object_get(doc, name);

	return v != NULL && json_typeof(v) == type ? v : NULL;
}

const char *
section_date(const struct section_input *in, const char *s)
{
	size_t n = strlen(s);
	const char *zone = "";

	if (n < 20 || s[10] != 'T')
		return s;
	if (s[n - 1] == 'Z' || strcmp(s + n - 6, "+00:00") == 0)
		zone = " UTC";
	else if (s[n - 6] == '+' || s[n - 6] == '-')
		zone = s + n - 6;
	return arena_printf(in->arena, "%.10s %.8s%s", s, s + 11, zone);
}

void
section_input_init(
    struct section_input *in, const json_t *doc, struct doc *d, struct arena *a)
{
	const json_t *e = part(doc, "evaluation", JSON_OBJECT), *t;
	size_t i;

	*in = (struct section_input){
		.doc = d,
		.arena = a,
		.run = part(doc, "run", JSON_OBJECT),
		.dataset = part(doc, "dataset", JSON_OBJECT),
		.profile = part(doc, "profile", JSON_OBJECT),
		.evaluation = e,
		.trials = part(doc, "trials", JSON_ARRAY),
		.findings = part(doc, "findings", JSON_ARRAY),
		.decisions = part(doc, "decisions", JSON_ARRAY),
		.lineage = part(doc, "lineage", JSON_OBJECT),
		.model = part(doc, "model", JSON_OBJECT),
	};
	if (json_array_size(in->trials) == 0)
		in->trials =
		    part(json_object_get(e, "search"), "trials", JSON_ARRAY);
	json_array_foreach (in->trials, i, t)
		if (json_int(t, "generation", 0) > 0)
			in->generations = 1;
	in->flags = flag_all(in);
}
