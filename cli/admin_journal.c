/*
 * modelwright-admin verify-journal, export-journal.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/admin.h"
#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/db.h"
#include "lib/err.h"
#include "lib/journal.h"
#include "sql/sql.h"

#include "lib/banned.h"

#define PAGE      1000 /* events a query; see admin_journal.sql */
#define RUNS_PAGE 500  /* and runs; see admin_journal_runs.sql */
#define LINE      11   /* the column with the line of an export */

struct tally {
	long long runs, events;
	int export;
};

static const char *
cell(const PGresult *r, int row, int column)
{
	return PQgetisnull(r, row, column) ? NULL : PQgetvalue(r, row, column);
}

static int
take_row(const PGresult *r, int i, struct journal_chain *chain, struct tally *t,
    struct err *e)
{
	struct journal_event ev = { cell(r, i, 0), cell(r, i, 1), cell(r, i, 2),
		cell(r, i, 3), cell(r, i, 4), cell(r, i, 5), cell(r, i, 6),
		cell(r, i, 7), cell(r, i, 8), cell(r, i, 9), cell(r, i, 10) };

	t->events++;
	if (t->export)
		puts(PQgetvalue(r, i, LINE));
	return journal_follow(chain, &ev, e);
}

/* All events of a run, up to the place where its row says they end. */
static int
take_run(struct admin *ad, const char *run_id, const char *last,
    const char *hash, struct tally *t, struct err *e)
{
	struct journal_chain chain = { 0 };
	struct arena *a = arena_new();
	long long end = strtoll(last, NULL, 10);
	int rc = 0, n = PAGE;

	while (rc == 0 && n == PAGE && chain.seq < end) {
		PGresult *r;

		arena_reset(a);
		r = run_admin_journal(ad->db, a,
		    (struct admin_journal){ .run_id = run_id,
			.after = arena_printf(a, "%lld", chain.seq) },
		    e);
		n = r == NULL ? -1 : PQntuples(r);
		for (int i = 0; rc == 0 && i < n; i++)
			rc = take_row(r, i, &chain, t, e);
		if (n == -1)
			rc = -1;
	}
	arena_free(a);
	if (rc == -1)
		return -1;
	/* What came after the row was read is none of ours. */
	if (chain.seq < end)
		return err_set(e, ERR_CONFLICT,
		    "%s: the journal ends at event %lld, and there were %lld",
		    run_id, chain.seq, end);
	if (chain.seq == end && strcmp(chain.hash, hash) != 0)
		return err_set(e, ERR_CONFLICT,
		    "%s: the last event is not the one that was sealed",
		    run_id);
	t->runs++;
	return 0;
}

static int
take_all(struct admin *ad, const char *only, struct tally *t, struct err *e)
{
	const char *after = "";
	int n = RUNS_PAGE;

	while (n == RUNS_PAGE) {
		PGresult *r = run_admin_journal_runs(ad->db, ad->arena,
		    (struct admin_journal_runs){ .after = after, .only = only },
		    e);

		if (r == NULL)
			return -1;
		n = PQntuples(r);
		for (int i = 0; i < n; i++) {
			after = PQgetvalue(r, i, 0);
			if (take_run(ad, after, PQgetvalue(r, i, 1),
				PQgetvalue(r, i, 2), t, e) == -1)
				return -1;
		}
	}
	if (only != NULL && t->runs == 0)
		return err_set(e, ERR_NOT_FOUND, "there is no run '%s'", only);
	return 0;
}

/* An export, line by line, with no database at hand. */
static int
take_file(const char *path, struct tally *t, struct err *e)
{
	int is_stdin = strcmp(path, "-") == 0;
	auto_file FILE *f = is_stdin ? NULL : fopen(path, "re");
	struct journal_chain chain = { 0 };
	struct journal_event ev;
	auto_str char *line = NULL;
	size_t size = 0;
	long number = 0;
	char run_id[64] = "";

	if (!is_stdin && f == NULL)
		return err_set(e, ERR_NOT_FOUND, "cannot open '%s': %s", path,
		    strerror(errno));
	while (getline(&line, &size, is_stdin ? stdin : f) != -1) {
		struct err why;

		number++;
		if (journal_parse(line, &ev, &why) == -1 ||
		    journal_follow(&chain, &ev, &why) == -1)
			return err_set(e, why.code, "%s, line %ld: %s", path,
			    number, why.text);
		t->events++;
		if (strcmp(run_id, chain.run_id) != 0)
			t->runs++;
		snprintf(run_id, sizeof(run_id), "%s", chain.run_id);
	}
	return 0;
}

static int
verify(const struct cmd_line *l, void *arg, struct err *e)
{
	struct admin *ad = arg;
	const char *file = cmd_option(l, "file");
	struct tally t = { 0 };

	if (file != NULL ? take_file(file, &t, e) == -1
			 : admin_db(ad, e) == NULL ||
			       take_all(ad, l->nwords > 0 ? l->word[0] : NULL,
				   &t, e) == -1)
		return -1;
	printf("%lld events of %lld run%s hold: nothing was changed, "
	       "nothing is missing\n",
	    t.events, t.runs, t.runs == 1 ? "" : "s");
	return 0;
}

static int export(const struct cmd_line *l, void *arg, struct err *e)
{
	struct admin *ad = arg;
	struct tally t = { .export = 1 };

	return admin_db(ad, e) == NULL
	           ? -1
	           : take_all(ad, l->nwords > 0 ? l->word[0] : NULL, &t, e);
}

/* clang-format off */
static const struct cmd_option verify_options[] = {
	{ 0, "file", "FILE", 0, "verify an export instead; - is standard input" },
	{ 0 }
};

const struct cmd admin_verify_journal = {
	"verify-journal", "[RUN]", 0, 1, verify_options,
	"Prove that nothing in the journal was changed or dropped", verify
};

const struct cmd admin_export_journal = {
	"export-journal", "[RUN]", 0, 1, NULL,
	"Print the journal with its seals, one event a line", export
};
/* clang-format on */
