/* Definitions of agents and templates: what is read, and what is refused. */
#include "config.h"

#include <string.h>

#include "lib/agent/agent.h"
#include "lib/agent/phase.h"
#include "lib/agent/template.h"
#include "lib/agent/tool.h"
#include "lib/arena.h"
#include "lib/err.h"
#include "tests/tap.h"

static struct arena *a;
static struct err e;

static struct agent *
parse(const char *text)
{
	e = (struct err){ 0 };
	return agent_parse(text, strlen(text), a, &e);
}

static struct template *
pipeline(const char *text)
{
	e = (struct err){ 0 };
	return template_parse(text, strlen(text), a, &e);
}

static void
test_agents(void)
{
	struct agent *g;

	g = parse("---\nname: a-b\ndescription: does things\n"
		  "tools: [x, y]\ndisallowed_tools: y\nmax_turns: 3\n---\n"
		  "Do it.\n");
	ok(g != NULL && strcmp(g->name, "a-b") == 0, "an agent is read");
	ok(g != NULL && strcmp(g->prompt, "Do it.\n") == 0,
	    "its body is the prompt");
	ok(g != NULL && agent_may(g, "x"), "it may call what is listed");
	ok(g != NULL && !agent_may(g, "y"), "but not what is taken away");
	ok(g != NULL && !agent_may(g, "z"), "nor what is not listed");
	ok(g != NULL && g->limits.turns == 3 && g->limits.tool_calls == 200,
	    "limits are read, the others have defaults");
	g = parse("---\nname: a\ndescription: d\ntools: x, y z\n---\n");
	ok(g != NULL && agent_may(g, "x") && agent_may(g, "y") &&
		agent_may(g, "z"),
	    "tools may be text, parted by commas or blanks");
	g = parse("---\nname: a\ndescription: d\ncolor: red\n---\n");
	ok(g != NULL && g->warnings[0] != NULL &&
		strstr(g->warnings[0], "color") != NULL,
	    "a field we do not know is a warning");
	g = parse("---\r\nname: a\r\ndescription: d\r\n---\r\nbody");
	ok(g != NULL && strcmp(g->prompt, "body") == 0, "CRLF is read");
	ok(parse("no front matter") == NULL && e.line == 1,
	    "no front matter is refused");
	ok(parse("---\nname: a\n") == NULL, "an unclosed one is refused");
	ok(parse("---\nname: a\n---\n") == NULL &&
		strstr(e.text, "description") != NULL,
	    "a missing description is named");
	ok(parse("---\nname: A b\ndescription: d\n---\n") == NULL &&
		strcmp(e.pointer, "/name") == 0,
	    "a bad name is refused");
	ok(parse("---\nname: a\ndescription: d\nmax_turns: 0\n---\n") == NULL &&
		strcmp(e.pointer, "/max_turns") == 0,
	    "a limit out of range is refused");
	ok(parse("---\nname: a\nname: b\ndescription: d\n---\n") == NULL &&
		e.line == 3,
	    "a key that is there twice is refused, with its line");
	ok(parse("---\nname: &x a\ndescription: *x\n---\n") == NULL,
	    "anchors are refused");
	ok(parse("---\nname: !!str a\ndescription: d\n---\n") == NULL,
	    "tags are refused");
	ok(parse("---\nname: [\n---\n") == NULL && e.line > 0,
	    "broken YAML is refused with its line");
}

#define HEAD                                                                   \
	"name: t\ntitle: T\ntask: binary\nmetric: roc_auc\n"                   \
	"metrics: [roc_auc, f1]\nlearners: [logistic]\n"                       \
	"budget: {trials: 4, seconds: 60}\nfolds: 3\nholdout: 0.2\n"

static void
test_templates(void)
{
	struct template *t;

	t = pipeline(HEAD "phases:\n  - {name: intake, agent: a, "
			  "outputs: [split]}\n");
	ok(t != NULL && t->trials == 4 && t->nphases == 1 &&
		strcmp(t->phase[0].outputs[0], "split") == 0,
	    "a template is read");
	ok(pipeline(HEAD "phases: []\n") == NULL &&
		strcmp(e.pointer, "/phases") == 0,
	    "a template without phases is refused");
	ok(pipeline(HEAD "phases: [{name: a, agent: b}]\nmore: 1\n") == NULL &&
		strcmp(e.pointer, "/more") == 0,
	    "an unknown field is refused");
	ok(pipeline(HEAD "phases: [{name: a, agent: b}, {name: a, agent: "
			 "b}]\n") == NULL,
	    "a phase that is there twice is refused");
	ok(pipeline("name: t\n") == NULL, "missing fields are refused");
	ok(pipeline("") == NULL, "an empty file is refused");
}

/* What we ship fits together. */
static void
test_shipped(void)
{
	struct template **t = template_load_all(SRCDIR "/share", a, &e);
	struct agent **agents = agent_load_all(SRCDIR "/share", a, &e);
	int phases_ok = 1, agents_ok = 1, tools_ok = 1, n = 0;

	ok(t != NULL && agents != NULL, "what we ship can be read: %s",
	    t == NULL || agents == NULL ? e.text : "yes");
	if (t == NULL || agents == NULL)
		return;
	for (; t[n] != NULL; n++)
		for (int i = 0; i < t[n]->nphases; i++) {
			phases_ok &= phase_find(t[n]->phase[i].name) != NULL;
			agents_ok &=
			    agent_find(agents, t[n]->phase[i].agent) != NULL;
		}
	ok(n == 4, "there are four templates");
	ok(phases_ok, "every phase of a template is one that we have");
	ok(agents_ok, "every phase has an owner that we have");
	for (n = 0; agents[n] != NULL; n++)
		for (const char **s = agents[n]->tools; *s != NULL; s++)
			if (tool_find(*s) == NULL) {
				printf(
				    "# %s: no tool %s\n", agents[n]->name, *s);
				tools_ok = 0;
			}
	ok(tools_ok, "every tool of an agent is one that we have");
	ok(template_load(SRCDIR "/share", "nothing", a, &e) == NULL &&
		e.code == ERR_NOT_FOUND && strstr(e.text, "scorecard") != NULL,
	    "an unknown template names those that there are");
}

int
main(void)
{
	a = arena_new();
	test_agents();
	test_templates();
	test_shipped();
	arena_free(a);
	return done();
}
