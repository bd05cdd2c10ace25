/* The loop with a scripted provider: only who decides is a script, the tools,
 * the journal and the data are real. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "lib/agent/agent.h"
#include "lib/agent/loop.h"
#include "lib/agent/provider.h"
#include "lib/agent/run.h"
#include "lib/agent/template.h"
#include "lib/agent/work.h"
#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/err.h"
#include "lib/json.h"
#include "tests/tap.h"

/* What the provider says, turn by turn; the last is said again and again. */
struct script {
	const char *const *turns;
	int asked;
	int finish_seen;
	json_t *last; /* the messages of the last turn */
};

static int
ask(void *arg, const struct provider_request *q, struct provider_reply *r,
    struct err *e)
{
	struct script *s = arg;
	const char *text = NULL;
	json_t *v;

	(void)e;
	for (int i = 0; i <= q->turn && s->turns[i] != NULL; i++)
		text = s->turns[i];
	s->asked++;
	s->finish_seen |= q->finish;
	json_decref(s->last);
	s->last = json_deep_copy(q->messages);
	if ((v = json_loads(text, 0, NULL)) == NULL)
		abort();
	if (json_is_array(v))
		r->calls = v;
	else
		r->final = v;
	return 0;
}

static struct arena *a;
static struct template *template;
static struct err e;

static struct agent *
make_agent(const char *limits)
{
	const char *text = arena_printf(a,
	    "---\nname: tester\ndescription: d\n"
	    "tools: [finding_raise, finding_answer, dataset_profile]\n%s---\n",
	    limits);

	return agent_parse(text, strlen(text), a, &e);
}

static json_t *
run_script(struct run *run, struct script *s, const char *limits)
{
	struct provider provider = { "script", ask, s };
	auto_json json_t *task = json_object();
	auto_json json_t *schema =
	    json_loads("{\"type\":\"object\",\"required\":[\"summary\"],"
		       "\"properties\":{\"summary\":{\"type\":\"string\"}}}",
		0, NULL);
	struct work w;
	json_t *answer;

	work_init(&w, run, a);
	w.data_dir = "/nonexistent";
	w.template = template;
	answer = loop_run(
	    &(struct loop){
		.run = run,
		.work = &w,
		.agent = make_agent(limits),
		.provider = &provider,
		.phase = "test",
		.key = "test.1",
		.task = task,
		.schema = schema,
	    },
	    &e);
	work_done(&w);
	return answer;
}

static struct run *
new_run(void)
{
	auto_json json_t *row = json_pack("{s:s}", "run_id", "run_test");

	return run_open_memory(row, a);
}

static int
count_events(const struct run *run, const char *type)
{
	const json_t *one;
	size_t i;
	int n = 0;

	json_array_foreach (run_memory_events(run), i, one)
		n += strcmp(json_str(one, "type", ""), type) == 0;
	return n;
}

static const json_t *
find_event(const struct run *run, const char *type)
{
	const json_t *one;
	size_t i;

	json_array_foreach (run_memory_events(run), i, one)
		if (strcmp(json_str(one, "type", ""), type) == 0)
			return json_object_get(one, "payload");
	return NULL;
}

/* The error code of the last tool message. */
static const char *
last_error(const struct script *s)
{
	size_t n = json_array_size(s->last);

	return json_str(
	    json_object_get(json_array_get(s->last, n - 1), "error"), "code",
	    "none");
}

#define RAISE                                                                  \
	"{\"tool\":\"finding_raise\",\"reason\":\"why\",\"arguments\":"        \
	"{\"severity\":\"low\",\"title\":\"t\",\"detail\":\"d\"}}"
#define DONE "{\"summary\":\"done\"}"

static void
test_call_and_answer(void)
{
	const char *const turns[] = { "[" RAISE "]", DONE, NULL };
	struct script s = { turns, 0, 0, NULL };
	struct run *run = new_run();
	json_t *answer = run_script(run, &s, "");
	const json_t *decision = find_event(run, "decision");

	ok(answer != NULL && s.asked == 2, "a call, then the answer");
	ok(count_events(run, "finding_raised") == 1, "the tool took effect");
	ok(strcmp(json_str(decision, "tool", ""), "finding_raise") == 0 &&
		strcmp(json_str(decision, "agent", ""), "tester") == 0 &&
		strcmp(json_str(decision, "provider", ""), "script") == 0 &&
		strcmp(json_str(decision, "reason", ""), "why") == 0 &&
		json_is_object(json_object_get(decision, "arguments")) &&
		json_is_string(json_object_get(decision, "result")),
	    "the decision has agent, provider, tool, arguments, reason and "
	    "result");
	json_decref(answer);
	json_decref(s.last);

	/* The same run again: all is in the journal. */
	s = (struct script){ turns, 0, 0, NULL };
	answer = run_script(run, &s, "");
	ok(answer != NULL && s.asked == 0, "a resumed run asks nobody again");
	ok(count_events(run, "finding_raised") == 1 &&
		count_events(run, "agent_finished") == 1,
	    "and nothing takes effect or is journaled twice");
	json_decref(answer);
	run_close(run);
}

static void
test_refusals(void)
{
	/* clang-format off */
	static const struct {
		const char *call, *code, *what;
	} bad[] = {
		{ "[{\"tool\":\"nothing\",\"arguments\":{}}]", "not_found",
		  "a tool that does not exist" },
		{ "[{\"tool\":\"train_trial\",\"arguments\":{}}]", "denied",
		  "a tool that is not the agent's" },
		{ "[{\"tool\":\"finding_raise\",\"arguments\":{\"severity\":\"loud\"}}]", "invalid",
		  "arguments that do not fit" },
		{ "[{\"tool\":\"finding_raise\"}]", "invalid",
		  "a call without arguments" },
		{ "[{\"tool\":\"finding_answer\",\"arguments\":{\"finding\":1,\"status\":\"fixed\",\"answer\":\"x\"}}]",
		  "invalid", "a finding that is not there" },
		{ "[{\"tool\":\"dataset_profile\",\"arguments\":{}}]", "conflict",
		  "a profile before the rows are sealed" },
	};
	/* clang-format on */

	for (size_t i = 0; i < nitems(bad); i++) {
		const char *turns[] = { bad[i].call, DONE, NULL };
		struct script s = { turns, 0, 0, NULL };
		struct run *run = new_run();
		json_t *answer = run_script(run, &s, "");

		ok(answer != NULL && strcmp(last_error(&s), bad[i].code) == 0,
		    "the provider is told of %s: %s", bad[i].what,
		    last_error(&s));
		ok(count_events(run, "tool_denied") ==
			(strcmp(bad[i].code, "denied") == 0),
		    "it is journaled as denied, or as an error");
		json_decref(answer);
		json_decref(s.last);
		run_close(run);
	}
}

static void
test_own_finding(void)
{
	const char *const turns[] = { "[" RAISE "]",
		"[{\"tool\":\"finding_answer\",\"arguments\":{\"finding\":1,"
		"\"status\":\"fixed\",\"answer\":\"x\"}}]",
		DONE, NULL };
	struct script s = { turns, 0, 0, NULL };
	struct run *run = new_run();
	json_t *answer = run_script(run, &s, "");

	ok(answer != NULL && strcmp(last_error(&s), "denied") == 0 &&
		count_events(run, "tool_denied") == 1,
	    "nobody answers a finding of his own");
	json_decref(answer);
	json_decref(s.last);
	run_close(run);
}

static void
test_repeats(void)
{
	const char *const turns[] = { "[" RAISE "]", NULL };
	struct script s = { turns, 0, 0, NULL };
	struct run *run = new_run();
	json_t *answer = run_script(run, &s, "");

	ok(answer == NULL && e.code == ERR_INVALID &&
		strstr(e.text, "loop_detected") != NULL,
	    "the same call five times ends the loop");
	ok(count_events(run, "finding_raised") == LOOP_REPEAT_ERROR - 1,
	    "from the third time on it is not executed");
	ok(s.asked == LOOP_REPEAT_END, "five turns were asked for");
	json_decref(answer);
	json_decref(s.last);
	run_close(run);
}

static void
test_repairs(void)
{
	const char *const bad[] = { "{\"summary\":1}", NULL };
	const char *const mended[] = { "{\"summary\":1}", DONE, NULL };
	struct script s = { bad, 0, 0, NULL };
	struct run *run = new_run();
	json_t *answer = run_script(run, &s, "");

	ok(answer == NULL && s.asked == 1 + LOOP_REPAIRS &&
		strstr(e.text, "unfit_answer") != NULL,
	    "two repairs, then a typed failure");
	json_decref(s.last);
	run_close(run);

	s = (struct script){ mended, 0, 0, NULL };
	run = new_run();
	answer = run_script(run, &s, "");
	ok(answer != NULL && s.asked == 2, "a mended answer is taken");
	json_decref(answer);
	json_decref(s.last);
	run_close(run);
}

#define N(n)                                                                   \
	"[{\"tool\":\"finding_raise\",\"arguments\":{\"severity\":\"low\","    \
	"\"title\":\"" n "\",\"detail\":\"d\"}}]"

static void
test_limits(void)
{
	const char *const turns[] = { N("1"), N("2"), N("3"), N("4"), N("5"),
		N("6"), N("7"), N("8"), NULL };
	struct script s = { turns, 0, 0, NULL };
	struct run *run = new_run();
	json_t *answer = run_script(run, &s, "max_turns: 4\n");

	ok(answer == NULL && s.asked == 4 && strstr(e.text, "turns") != NULL,
	    "no more turns than the limit");
	ok(s.finish_seen, "at the last one it was asked to finish");
	ok(strcmp(
	       json_str(find_event(run, "agent_finished"), "stop_reason", ""),
	       "turns") == 0,
	    "the journal says why it stopped");
	json_decref(s.last);
	run_close(run);

	s = (struct script){ turns, 0, 0, NULL };
	run = new_run();
	answer = run_script(run, &s, "max_tool_calls: 3\n");
	ok(answer == NULL && count_events(run, "finding_raised") == 3,
	    "no more calls take effect than the limit");
	json_decref(s.last);
	run_close(run);
}

static void
test_leave(void)
{
	static volatile sig_atomic_t flag = 1;
	const char *const turns[] = { DONE, NULL };
	struct script s = { turns, 0, 0, NULL };
	struct run *run = new_run();
	json_t *answer;

	run_watch(run, &flag);
	answer = run_script(run, &s, "");
	ok(answer == NULL && e.code == ERR_CANCELLED &&
		run_stop(run) == RUN_LEAVE && s.asked == 0,
	    "asked to leave, it stops at the next boundary");
	json_decref(s.last);
	run_close(run);
}

int
main(void)
{
	a = arena_new();
	template =
	    template_load(SRCDIR "/share", "binary_classification", a, &e);
	test_call_and_answer();
	test_refusals();
	test_own_finding();
	test_repeats();
	test_repairs();
	test_limits();
	test_leave();
	arena_free(a);
	return done();
}
