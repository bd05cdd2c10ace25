/*
 * Command lines, and what they are told when they are wrong.
 */
#include "config.h"

#include "cli/cmd.c"
#include "tests/tap.h"

static struct cmd_line last;
static int ran;

static int
run(const struct cmd_line *l, void *arg, struct err *e)
{
	(void)arg;
	last = *l;
	ran++;
	if (cmd_option(l, "fail") != NULL)
		return err_set(e, ERR_NOT_FOUND, "no such thing");
	return 0;
}

/* clang-format off */
static const struct cmd_option own[] = {
	{ 'n', "number", "N", 0, "a number" },
	{ 0, "many", "X", 0, "may be given often" },
	{ 0, "fail", NULL, 0, "do not work" },
	{ 0 }
};
static const struct cmd_option needed[] = {
	{ 0, "role", "ROLE", 1, "must be there" },
	{ 0 }
};
static const struct cmd_option all[] = {
	{ 0, "json", NULL, 0, "for scripts" },
	{ 0 }
};
static const struct cmd show = { "show", "THING", 1, 1, own, "Show", run };
static const struct cmd user_add = { "user add", "NAME", 1, 1, needed, "Add", run };
static const struct cmd every = { "every", "[WORDS]", 0, -1, NULL, "Every", run };
static const struct cmd *const cmds[] = { &show, &user_add, &every, NULL };
/* clang-format on */

static int
call(const char *a, const char *b, const char *c, const char *d, const char *e)
{
	static const struct cmd_program p = {
		.name = "test", .help = "Test", .options = all, .cmds = cmds
	};
	char *argv[] = { (char *)"test", (char *)a, (char *)b, (char *)c,
		(char *)d, (char *)e, NULL };
	int argc = 1;

	while (argv[argc] != NULL)
		argc++;
	ran = 0;
	return cmd_main(&p, argc, argv, NULL);
}

int
main(void)
{
	struct err e;
	long long n;

	/* What it prints is no part of the test's own output. */
	if (freopen("/dev/null", "w", stderr) == NULL)
		return 1;
	ok(call("show", "x", NULL, NULL, NULL) == 0 && ran &&
		last.cmd == &show && strcmp(last.word[0], "x") == 0,
	    "a command and its operand");
	ok(call("--json", "show", "-n", "5", "x") == 0 &&
		cmd_option(&last, "json") != NULL &&
		strcmp(cmd_option(&last, "number"), "5") == 0,
	    "options stand before and after the command");
	ok(call("show", "x", "-n5", "--json", NULL) == 0 &&
		cmd_number(&last, "number", 1, 9, 0, &n, &e) == 0 && n == 5,
	    "a letter with its value");
	ok(cmd_number(&last, "number", 6, 9, 0, &n, &e) == -1,
	    "a number out of range");
	ok(call("show", "x", "--number=abc", NULL, NULL) == 0 &&
		cmd_number(&last, "number", 1, 9, 0, &n, &e) == -1,
	    "a number that is none");
	ok(call("show", "x", "--many=1", "--many", "2") == 0 &&
		strcmp(cmd_option_n(&last, "many", 0), "1") == 0 &&
		strcmp(cmd_option_n(&last, "many", 1), "2") == 0 &&
		cmd_option_n(&last, "many", 2) == NULL,
	    "an option that is given often");
	ok(call("every", "--", "--json", "-x", "y") == 0 && last.nwords == 3,
	    "after -- all are words");
	ok(call("user", "add", "ada", "--role", "x") == 0 &&
		last.cmd == &user_add && last.nwords == 1,
	    "a command of two words");
	ok(call("user", "add", "ada", NULL, NULL) == EX_USAGE && !ran,
	    "an option that is needed");
	ok(call("user", "del", NULL, NULL, NULL) == EX_USAGE &&
		call("nothing", NULL, NULL, NULL, NULL) == EX_USAGE &&
		call("user", NULL, NULL, NULL, NULL) == EX_USAGE,
	    "no such command");
	ok(call("show", NULL, NULL, NULL, NULL) == EX_USAGE &&
		call("show", "x", "y", NULL, NULL) == EX_USAGE,
	    "too few and too many words");
	ok(call("show", "x", "--nothing", NULL, NULL) == EX_USAGE &&
		call("show", "x", "--fail=yes", NULL, NULL) == EX_USAGE &&
		call("show", "x", "--number", NULL, NULL) == EX_USAGE,
	    "options that are wrong");
	ok(call("show", "x", "--fail", NULL, NULL) == EX_NOINPUT && ran,
	    "a failure is told to the shell by its kind");
	return done();
}
