/*
 * A command line as tables: commands, their operands and their options.  The
 * same rows parse, print --help and are compared with the manual page.
 */
#ifndef CMD_H
#define CMD_H

#include <stddef.h>

struct cmd_line;
struct err;

struct cmd_option {
	char letter; /* 0 where there is none */
	const char *name;
	const char *value; /* what the help calls its value; NULL: a switch */
	int required;
	const char *help;
};

struct cmd {
	const char *name;     /* one word or two: "user add" */
	const char *operands; /* as the help shows them, or "" */
	int min, max;         /* how many operands; max -1: as many as wanted */
	const struct cmd_option *options; /* ends with a NULL name, or NULL */
	const char *help;                 /* one sentence */
	int (*run)(const struct cmd_line *, void *arg, struct err *);
};

struct cmd_program {
	const char *name;
	const char *help;                 /* one sentence */
	const struct cmd_option *options; /* those of every command */
	const struct cmd *const *cmds;    /* ends with NULL */
	/* Called with arg before a command runs, and after one that failed
	 * and whose error was printed; either may be NULL. */
	int (*begin)(const struct cmd_line *, void *arg, struct err *);
	void (*failed)(void *arg);
};

#define CMD_WORDS_MAX 256

struct cmd_line {
	const struct cmd *cmd;
	int nwords; /* operands */
	const char *word[CMD_WORDS_MAX];
	int noptions;
	struct {
		const struct cmd_option *option;
		const char *value; /* "" of a switch */
	} option[CMD_WORDS_MAX];
};

/* The value of an option, the last one given; "" of a switch; NULL when it
 * was not given.  A name that no row has is a bug, and aborts. */
const char *cmd_option(const struct cmd_line *, const char *name);
/* The n-th value (from 0) of an option that may be given often, or NULL. */
const char *cmd_option_n(const struct cmd_line *, const char *name, int n);
/* A value that must be a whole number in min..max, or `none`. */
int cmd_number(const struct cmd_line *, const char *name, long long min,
    long long max, long long none, long long *out, struct err *)
    __attribute__((warn_unused_result));

/* Parse, run, and say what failed; returns what the shell is told. */
int cmd_main(const struct cmd_program *, int argc, char **argv, void *arg);

#endif
