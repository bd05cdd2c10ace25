#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "cli/cmd.h"
#include "lib/err.h"

#include "lib/banned.h"

static const struct cmd_option everywhere[] = {
	{ 'h', "help", NULL, 0, "say how a command is used" },
	{ 0, "version", NULL, 0, "print the version" },
	{ 0 },
};

static const struct cmd_option *
find_in(const struct cmd_option *o, const char *name, size_t n, char letter)
{
	for (; o != NULL && o->name != NULL; o++)
		if (letter != 0 ? o->letter == letter
				: strlen(o->name) == n &&
				      strncmp(o->name, name, n) == 0)
			return o;
	return NULL;
}

static const struct cmd_option *
find_option(const struct cmd_program *p, const struct cmd_line *l,
    const char *name, size_t n, char letter)
{
	const struct cmd_option *o = NULL;

	if (l->cmd != NULL)
		o = find_in(l->cmd->options, name, n, letter);
	if (o == NULL)
		o = find_in(p->options, name, n, letter);
	if (o == NULL)
		o = find_in(everywhere, name, n, letter);
	return o;
}

/* How many words of argv the command's name takes; 0: it is another one. */
static int
name_matches(const char *name, int argc, char **argv)
{
	const char *space = strchr(name, ' ');
	size_t n = space != NULL ? (size_t)(space - name) : strlen(name);

	if (argc < 1 || strlen(argv[0]) != n || strncmp(argv[0], name, n) != 0)
		return 0;
	if (space == NULL)
		return 1;
	return argc > 1 && strcmp(argv[1], space + 1) == 0 ? 2 : 0;
}

static int
find_command(const struct cmd_program *p, int argc, char **argv,
    struct cmd_line *l, struct err *e)
{
	const char *group = NULL;

	for (const struct cmd *const *c = p->cmds; *c != NULL; c++) {
		int n = name_matches((*c)->name, argc, argv);

		if (n > 0) {
			l->cmd = *c;
			return n;
		}
		if (strncmp((*c)->name, argv[0], strlen(argv[0])) == 0 &&
		    (*c)->name[strlen(argv[0])] == ' ')
			group = argv[0];
	}
	if (group != NULL && argc > 1 && argv[1][0] != '-')
		err_set(e, ERR_INVALID, "there is no command '%s %s'", group,
		    argv[1]);
	else if (group != NULL)
		err_set(e, ERR_INVALID, "'%s' wants a word more", group);
	else
		err_set(e, ERR_INVALID, "there is no command '%s'", argv[0]);
	return -1;
}

/* One word that begins with '-': returns how many words it took. */
static int
read_option(const struct cmd_program *p, int argc, char **argv,
    struct cmd_line *l, struct err *e)
{
	const char *s = argv[0], *value = NULL, *name;
	const struct cmd_option *o;
	int taken = 1;

	if (s[1] == '-') {
		size_t n = strcspn(name = s + 2, "=");

		o = find_option(p, l, name, n, 0);
		if (name[n] == '=')
			value = name + n + 1;
	} else {
		o = find_option(p, l, NULL, 0, s[1]);
		if (o != NULL && s[2] != '\0')
			value = s + 2;
	}
	if (o == NULL)
		return err_set(
		    e, ERR_INVALID, "there is no option '%s' here", s);
	if (o->value == NULL && value != NULL)
		return err_set(e, ERR_INVALID, "--%s takes no value", o->name);
	if (o->value != NULL && value == NULL) {
		if (argc < 2)
			return err_set(e, ERR_INVALID, "--%s wants a value: %s",
			    o->name, o->value);
		value = argv[1];
		taken = 2;
	}
	if (l->noptions == CMD_WORDS_MAX)
		return err_set(e, ERR_INVALID, "too many options");
	l->option[l->noptions].option = o;
	l->option[l->noptions++].value = value != NULL ? value : "";
	return taken;
}

static int
parse(const struct cmd_program *p, int argc, char **argv, struct cmd_line *l,
    struct err *e)
{
	int only_words = 0, n;

	for (int i = 1; i < argc; i += n) {
		const char *s = argv[i];

		n = 1;
		if (!only_words && strcmp(s, "--") == 0)
			only_words = 1;
		else if (!only_words && s[0] == '-' && s[1] != '\0')
			n = read_option(p, argc - i, argv + i, l, e);
		else if (l->cmd == NULL)
			n = find_command(p, argc - i, argv + i, l, e);
		else if (l->nwords == CMD_WORDS_MAX)
			n = err_set(e, ERR_INVALID, "too many words");
		else
			l->word[l->nwords++] = s;
		if (n == -1)
			return -1;
	}
	return 0;
}

static int
complete(const struct cmd_line *l, struct err *e)
{
	const struct cmd *c = l->cmd;

	if (l->nwords < c->min)
		return err_set(
		    e, ERR_INVALID, "'%s' wants %s", c->name, c->operands);
	if (c->max != -1 && l->nwords > c->max)
		return err_set(e, ERR_INVALID, "'%s' is one word too many",
		    l->word[c->max]);
	for (const struct cmd_option *o = c->options;
	     o != NULL && o->name != NULL; o++)
		if (o->required && cmd_option(l, o->name) == NULL)
			return err_set(e, ERR_INVALID, "'%s' needs --%s %s",
			    c->name, o->name, o->value);
	return 0;
}

static void
help_options(const struct cmd_option *o)
{
	char left[80];

	for (; o != NULL && o->name != NULL; o++) {
		snprintf(left, sizeof(left), "%c%c%s--%s%s%s",
		    o->letter ? '-' : ' ', o->letter ? o->letter : ' ',
		    o->letter ? ", " : "  ", o->name, o->value ? " " : "",
		    o->value ? o->value : "");
		printf("  %-27s %s\n", left, o->help);
	}
}

static void
help(const struct cmd_program *p, const struct cmd *only)
{
	char left[80];

	if (only != NULL) {
		printf("usage: %s %s", p->name, only->name);
		for (const struct cmd_option *o = only->options;
		     o != NULL && o->name != NULL; o++)
			if (o->required)
				printf(" --%s %s", o->name, o->value);
		printf(" [options]%s%s\n\n%s.\n\n", *only->operands ? " " : "",
		    only->operands, only->help);
		help_options(only->options);
	} else {
		printf(
		    "usage: %s COMMAND [options]\n\n%s.\n\n", p->name, p->help);
		for (const struct cmd *const *c = p->cmds; *c != NULL; c++) {
			snprintf(left, sizeof(left), "%s %s", (*c)->name,
			    (*c)->operands);
			printf("  %-27s %s\n", left, (*c)->help);
		}
		putchar('\n');
	}
	help_options(p->options);
	help_options(everywhere);
}

static void
print_names(const struct cmd_option *o)
{
	for (; o != NULL && o->name != NULL; o++)
		printf("\t--%s%s", o->name, o->value != NULL ? "=" : "");
}

/* --words: the tables as completion reads them, one command a line, with its
 * options after it; those that take a value end in "=". */
static void
words(const struct cmd_program *p)
{
	for (const struct cmd *const *c = p->cmds; *c != NULL; c++) {
		fputs((*c)->name, stdout);
		print_names((*c)->options);
		print_names(p->options);
		print_names(everywhere);
		putchar('\n');
	}
}

const char *
cmd_option_n(const struct cmd_line *l, const char *name, int n)
{
	for (int i = 0; i < l->noptions; i++)
		if (strcmp(l->option[i].option->name, name) == 0 && n-- == 0)
			return l->option[i].value;
	return NULL;
}

const char *
cmd_option(const struct cmd_line *l, const char *name)
{
	const char *value = NULL;

	for (int i = 0; i < l->noptions; i++)
		if (strcmp(l->option[i].option->name, name) == 0)
			value = l->option[i].value;
	return value;
}

int
cmd_number(const struct cmd_line *l, const char *name, long long min,
    long long max, long long none, long long *out, struct err *e)
{
	const char *s = cmd_option(l, name);
	char *end;

	if (s == NULL) {
		*out = none;
		return 0;
	}
	errno = 0;
	long long n = strtoll(s, &end, 10);
	if (errno != 0 || end == s || *end != '\0' || n < min || n > max)
		return err_set(e, ERR_INVALID,
		    "--%s must be a whole number from %lld to %lld", name, min,
		    max);
	*out = n;
	return 0;
}

int
cmd_main(const struct cmd_program *p, int argc, char **argv, void *arg)
{
	struct cmd_line l = { 0 };
	struct err e = { 0 };
	int bad;

	if (argc == 2 && strcmp(argv[1], "--words") == 0) {
		words(p);
		return EX_OK;
	}
	bad = parse(p, argc, argv, &l, &e);

	if (!bad && cmd_option(&l, "version") != NULL) {
		printf("%s %s\n", p->name, PACKAGE_VERSION);
		return EX_OK;
	}
	if (!bad && (cmd_option(&l, "help") != NULL || argc < 2)) {
		help(p, l.cmd);
		return EX_OK;
	}
	if (!bad && l.cmd == NULL)
		bad = err_set(&e, ERR_INVALID, "a command is missing");
	if (bad || complete(&l, &e) == -1) {
		fprintf(stderr, "%s: %s\nTry '%s %s%s--help'.\n", p->name,
		    e.text, p->name, l.cmd != NULL ? l.cmd->name : "",
		    l.cmd != NULL ? " " : "");
		return EX_USAGE;
	}
	if ((p->begin != NULL && p->begin(&l, arg, &e) == -1) ||
	    l.cmd->run(&l, arg, &e) == -1) {
		fprintf(stderr, "%s: %s\n", p->name, e.text);
		if (p->failed != NULL)
			p->failed(arg);
		return err_kinds[e.code].sysexit;
	}
	if (fflush(stdout) == EOF || ferror(stdout)) {
		fprintf(
		    stderr, "%s: cannot write: %s\n", p->name, strerror(errno));
		return EX_IOERR;
	}
	return EX_OK;
}
