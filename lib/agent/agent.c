#include "config.h"

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/agent/agent.h"
#include "lib/agent/folder.h"
#include "lib/agent/schema.h"
#include "lib/agent/yamlin.h"
#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/digest.h"
#include "lib/err.h"
#include "lib/json.h"

/* The front matter.  What is not in it is left out with a warning. */
static const char front_schema[] =
    "{\"type\":\"object\",\"required\":[\"name\",\"description\"],"
    "\"properties\":{"
    "\"name\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":64},"
    "\"description\":{\"type\":\"string\",\"minLength\":1,"
    "\"maxLength\":2000},"
    "\"role\":{\"type\":\"string\",\"maxLength\":200},"
    "\"rules\":{\"type\":\"string\",\"maxLength\":64},"
    "\"model_tier\":{\"enum\":[\"fast\",\"balanced\",\"deep\"]},"
    "\"tools\":{\"type\":[\"string\",\"array\"],\"maxItems\":64,"
    "\"maxLength\":4000,\"items\":{\"type\":\"string\",\"minLength\":1,"
    "\"maxLength\":128}},"
    "\"disallowed_tools\":{\"type\":[\"string\",\"array\"],"
    "\"maxItems\":64,\"maxLength\":4000,\"items\":{\"type\":\"string\","
    "\"minLength\":1,\"maxLength\":128}},"
    "\"max_turns\":{\"type\":\"integer\",\"minimum\":1,"
    "\"maximum\":1000},"
    "\"max_tool_calls\":{\"type\":\"integer\",\"minimum\":1,"
    "\"maximum\":10000},"
    "\"max_seconds\":{\"type\":\"integer\",\"minimum\":1,"
    "\"maximum\":604800},"
    "\"max_tokens\":{\"type\":\"integer\",\"minimum\":1,"
    "\"maximum\":1000000000}}}";

static const struct agent_limits limits_absent = {
	.turns = 50,
	.tool_calls = 200,
	.wall_s = 3600,
	.tokens = 200000,
};

static int
name_ok(const char *s)
{
	if (*s < 'a' || *s > 'z')
		return 0;
	return s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

static bool
is_utf8(const char *s, size_t n)
{
	auto_json json_t *v = json_stringn(s, n);

	return v != NULL;
}

/* A list, or text of words parted by spaces or commas. */
static const char **
words(const json_t *v, struct arena *a)
{
	const char **list =
	    arena_alloc(a, (AGENT_TOOLS_MAX + 1) * sizeof(*list));
	const json_t *one;
	size_t i, n = 0;
	char *text, *word;

	json_array_foreach (v, i, one)
		if (n < AGENT_TOOLS_MAX)
			list[n++] = arena_strdup(a, json_string_value(one));
	if (!json_is_string(v))
		return list;
	text = arena_strdup(a, json_string_value(v));
	while ((word = strsep(&text, ", \t\n")) != NULL)
		if (*word != '\0' && n < AGENT_TOOLS_MAX)
			list[n++] = word;
	return list;
}

/* The front matter of text[n] and where the body begins; -1 when there is
 * none. */
static int
split(const char *text, size_t n, const char **front, size_t *nfront,
    const char **body)
{
	const char *p, *end = text + n, *line;

	if (n < 4 || memcmp(text, "---", 3) != 0)
		return -1;
	p = text[3] == '\r' ? text + 4 : text + 3;
	if (p == end || *p != '\n')
		return -1;
	*front = line = p + 1;
	for (; line < end; line = p + 1) {
		if ((p = memchr(line, '\n', (size_t)(end - line))) == NULL)
			p = end;
		if ((p - line == 3 || (p - line == 4 && line[3] == '\r')) &&
		    memcmp(line, "---", 3) == 0) {
			*nfront = (size_t)(line - *front);
			*body = p < end ? p + 1 : end;
			return 0;
		}
		if (p == end)
			break;
	}
	return -1;
}

static void
warn_unknown(
    struct agent *g, const json_t *front, const json_t *schema, struct arena *a)
{
	const json_t *known = json_object_get(schema, "properties");
	const json_t *v;
	const char *key;
	size_t n = 0;

	g->warnings =
	    arena_alloc(a, (json_object_size(front) + 1) * sizeof(char *));
	json_object_foreach ((json_t *)front, key, v)
		if (json_object_get(known, key) == NULL)
			g->warnings[n++] =
			    arena_printf(a, "field '%s' is not read here", key);
}

static const char *
text_of(const json_t *front, const char *key, struct arena *a)
{
	const char *s = json_str(front, key, NULL);

	return s == NULL ? NULL : arena_strdup(a, s);
}

static int
limit(const json_t *front, const char *key, int absent)
{
	return (int)json_int(front, key, absent);
}

struct agent *
agent_parse(const char *text, size_t n, struct arena *a, struct err *e)
{
	auto_json json_t *schema = json_loads(front_schema, 0, NULL);
	auto_json json_t *front = NULL;
	const struct agent_limits *def = &limits_absent;
	const char *yaml, *body;
	char hex[DIGEST_HEX];
	struct agent *g;
	size_t nyaml;

	if (n > AGENT_FILE_MAX) {
		err_set(e, ERR_TOO_LARGE, "an agent has at most %d bytes",
		    AGENT_FILE_MAX);
		return NULL;
	}
	if (memchr(text, '\0', n) != NULL ||
	    split(text, n, &yaml, &nyaml, &body) == -1) {
		err_at(e, ERR_MALFORMED, 1, 1,
		    "an agent begins with front matter between two lines of "
		    "'---'");
		return NULL;
	}
	if (!is_utf8(text, n)) {
		err_set(e, ERR_MALFORMED, "an agent's text is not UTF-8");
		return NULL;
	}
	if ((front = yamlin_parse(yaml, nyaml, 2, e)) == NULL ||
	    schema_fits(schema, front, NULL, e) == -1)
		return NULL;
	g = arena_alloc(a, sizeof(*g));
	g->name = text_of(front, "name", a);
	if (!name_ok(g->name)) {
		err_ptr(e, ERR_INVALID, "/name",
		    "must begin with a letter and have only a-z, 0-9 and -");
		return NULL;
	}
	g->description = text_of(front, "description", a);
	g->role = text_of(front, "role", a);
	g->rules = text_of(front, "rules", a);
	g->model_tier = json_str(front, "model_tier", NULL) != NULL
	                    ? text_of(front, "model_tier", a)
	                    : "balanced";
	g->tools = words(json_object_get(front, "tools"), a);
	g->disallowed = words(json_object_get(front, "disallowed_tools"), a);
	g->limits = (struct agent_limits){
		.turns = limit(front, "max_turns", def->turns),
		.tool_calls = limit(front, "max_tool_calls", def->tool_calls),
		.wall_s = limit(front, "max_seconds", def->wall_s),
		.tokens = json_int(front, "max_tokens", def->tokens),
	};
	g->prompt = arena_printf(a, "%.*s", (int)(text + n - body), body);
	digest_mem(text, n, hex);
	g->sha256 = arena_strdup(a, hex);
	warn_unknown(g, front, schema, a);
	return g;
}

static void *
parse_item(const char *text, size_t n, struct arena *a, struct err *e)
{
	return agent_parse(text, n, a, e);
}

struct agent **
agent_load_all(const char *share_dir, struct arena *a, struct err *e)
{
	return (struct agent **)folder_load(
	    arena_printf(a, "%s/agents", share_dir), ".md", AGENT_FILE_MAX,
	    parse_item, a, e);
}

const struct agent *
agent_find(struct agent *const *list, const char *name)
{
	for (; *list != NULL; list++)
		if (strcmp((*list)->name, name) == 0)
			return *list;
	return NULL;
}

static int
listed(const char *const *list, const char *name)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, name) == 0)
			return 1;
	return 0;
}

int
agent_may(const struct agent *g, const char *tool)
{
	return listed(g->tools, tool) && !listed(g->disallowed, tool);
}

static json_t *
list_json(const char *const *list)
{
	json_t *v = json_array();

	for (; *list != NULL; list++)
		json_array_append_new(v, json_string(*list));
	return v;
}

json_t *
agent_json(const struct agent *g, int with_prompt)
{
	json_t *v = json_pack(
	    "{s:s, s:s, s:s?, s:s?, s:s, s:o, s:o, s:{s:i, s:i, s:i, s:I},"
	    " s:s, s:o}",
	    "name", g->name, "description", g->description, "role", g->role,
	    "rules", g->rules, "model_tier", g->model_tier, "tools",
	    list_json(g->tools), "disallowed_tools", list_json(g->disallowed),
	    "limits", "turns", g->limits.turns, "tool_calls",
	    g->limits.tool_calls, "wall_s", g->limits.wall_s, "tokens",
	    (json_int_t)g->limits.tokens, "sha256", g->sha256, "warnings",
	    list_json(g->warnings));

	if (with_prompt)
		json_object_set_new(v, "prompt", json_string(g->prompt));
	return v;
}
