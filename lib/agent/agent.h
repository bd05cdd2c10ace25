/*
 * Agents: a Markdown file each, YAML front matter and the system prompt.
 */
#ifndef AGENT_H
#define AGENT_H

#include <jansson.h>
#include <stddef.h>

struct arena;
struct err;

#define AGENT_FILE_MAX  (256 * 1024)
#define AGENT_TOOLS_MAX 64

struct agent_limits {
	int turns, tool_calls; /* an invocation */
	int wall_s;
	long long tokens;
};

struct agent {
	const char *name;        /* [a-z][a-z0-9-]*, at most 64 characters */
	const char *description; /* when to use it */
	const char *role;        /* one sentence for people */
	const char *rules;       /* the built-in provider's policy, or NULL */
	const char *model_tier;  /* fast, balanced, deep */
	const char **tools;      /* NULL-terminated; what it may call */
	const char **disallowed; /* NULL-terminated; takes away again */
	struct agent_limits limits;
	const char *prompt;    /* the body */
	const char *sha256;    /* of the file */
	const char **warnings; /* NULL-terminated: fields we do not know */
};

/* Parse a definition.  ERR_INVALID with a line for what is wrong.  All
 * texts belong to the arena. */
struct agent *agent_parse(const char *text, size_t n, struct arena *,
    struct err *) __attribute__((warn_unused_result));

/* All agents of SHARE_DIR/agents, sorted by name, NULL-terminated. */
struct agent **agent_load_all(const char *share_dir, struct arena *,
    struct err *) __attribute__((warn_unused_result));

/* One of them by name, or NULL. */
const struct agent *agent_find(struct agent *const *, const char *name);

/* Whether the agent's own lists let it call a tool. */
int agent_may(const struct agent *, const char *tool);

/* {"name","description","role","rules","model_tier","tools","disallowed_tools",
 * "limits":{},"sha256","warnings":[]}, and "prompt" when asked. */
json_t *agent_json(const struct agent *, int with_prompt);

#endif
