/*
 * The database that the binaries make: migrations, the queries of sql/q as
 * the role that will run them, and the journal's seal recomputed from rows.
 * Run by tests/sql/check, which starts a server.
 */
#include "config.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/db.h"
#include "lib/err.h"
#include "lib/journal.h"
#include "lib/migrate.h"
#include "sql/sql.h"
#include "tests/tap.h"

/* Who runs the queries of a group; the API all others. */
/* clang-format off */
static const struct {
	const char *group, *role;
} roles[] = {
	{ "admin",	"modelwright_owner" },
	{ "migrate",	"modelwright_owner" },
	{ "agent",	"modelwright_worker" },
	{ "jobs",	"modelwright_worker" },
	{ "runs",	"modelwright_worker" },
	{ "stream",	"modelwright_worker" },
	{ "workers",	"modelwright_worker" },
};
/* clang-format on */

static const char *
role_of(const char *query)
{
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		size_t n = strlen(roles[i].group);

		if (strncmp(query, roles[i].group, n) == 0 && query[n] == '_')
			return roles[i].role;
	}
	return "modelwright_api";
}

static void
exec_ok(struct db *db, const char *sql)
{
	struct err e = { 0 };
	PGresult *r = PQexec(db_conn(db), sql);

	if (PQresultStatus(r) != PGRES_COMMAND_OK &&
	    PQresultStatus(r) != PGRES_TUPLES_OK) {
		printf("Bail out! %s: %s", sql, PQresultErrorMessage(r));
		exit(1);
	}
	PQclear(r);
	(void)e;
}

/* A second database beside the one that psql made, owned by us. */
static struct db *
fresh(struct db *first, const char *name)
{
	char conninfo[1024], sql[256];
	struct err e = { 0 };
	struct db *db;

	snprintf(sql, sizeof(sql), "CREATE DATABASE %s OWNER modelwright_owner",
	    name);
	exec_ok(first, sql);
	snprintf(conninfo, sizeof(conninfo),
	    "host=%s dbname=%s user=modelwright_owner", PQhost(db_conn(first)),
	    name);
	if ((db = db_open(conninfo, DB_DIRECT, &e)) == NULL) {
		printf("Bail out! %s\n", e.text);
		exit(1);
	}
	return db;
}

static int
count_state(struct db *db, const char *state)
{
	struct err e = { 0 };
	json_t *rows = migrate_status(db, &e), *row;
	size_t i;
	int n = 0;

	json_array_foreach (rows, i, row)
		n += strcmp(json_string_value(json_object_get(row, "state")),
			 state) == 0;
	json_decref(rows);
	return n;
}

static void
migrations(struct db *first)
{
	struct db *db = fresh(first, "migrated");
	struct err e = { 0 };
	int all = 0;

	while (sql_schema[all].name != NULL)
		all++;
	ok(count_state(db, "missing") == all, "an empty database lacks all");
	ok(migrate_run(db, NULL, NULL, &e) == all, "all are applied %s",
	    e.text);
	ok(count_state(db, "applied") == all, "and known to be");
	ok(migrate_run(db, NULL, NULL, &e) == 0, "once %s", e.text);
	exec_ok(db, "DROP FUNCTION run_json(run)");
	ok(migrate_run(db, NULL, NULL, &e) == 0, "rules come every time");
	exec_ok(db, "SELECT 'run_json(run)'::regprocedure");

	exec_ok(db, "UPDATE schema_migration SET checksum = 'x' "
		    "WHERE name LIKE '0003%'");
	ok(count_state(db, "changed") == 1, "a changed one is seen");
	ok(migrate_run(db, NULL, NULL, &e) == -1 && e.code == ERR_CONFLICT &&
		strstr(e.text, "0003_") != NULL,
	    "and refused by its name");
	exec_ok(db, "DELETE FROM schema_migration WHERE name LIKE '0003%'");
	ok(migrate_run(db, NULL, NULL, &e) == -1 && e.code == ERR_CONFLICT,
	    "one that is missing below others is refused");
	db_close(db);

	db = fresh(first, "newer");
	ok(migrate_run(db, NULL, NULL, &e) == all, "another database");
	exec_ok(db, "INSERT INTO schema_migration VALUES ('9999_later', 'x')");
	ok(count_state(db, "unknown") == 1 &&
		migrate_run(db, NULL, NULL, &e) == -1 && e.code == ERR_CONFLICT,
	    "a newer version's database is refused");
	db_close(db);
}

/* EXPLAIN starts the query without running it, which is when the server
 * looks at the rights. */
static int
permitted(struct db *db, const struct query *q, char *why, size_t size)
{
	struct buf sql;
	PGresult *r;
	int rc;

	buf_init(&sql, 1 << 20);
	buf_printf(&sql, "SET ROLE %s", role_of(q->name));
	exec_ok(db, sql.data);
	buf_done(&sql);
	buf_init(&sql, 1 << 20);
	buf_printf(&sql, "PREPARE q AS %s", q->text);
	r = PQexec(db_conn(db), sql.data);
	buf_done(&sql);
	if (PQresultStatus(r) == PGRES_COMMAND_OK) {
		PQclear(r);
		buf_init(&sql, 1 << 20);
		buf_puts(&sql, "EXPLAIN EXECUTE q");
		for (int i = 0; i < q->nparams; i++)
			buf_puts(&sql, i == 0 ? "(NULL" : ", NULL");
		buf_puts(&sql, q->nparams > 0 ? ")" : "");
		r = PQexec(db_conn(db), sql.data);
		buf_done(&sql);
	}
	rc = PQresultStatus(r) == PGRES_TUPLES_OK;
	snprintf(why, size, "%s", PQresultErrorMessage(r));
	PQclear(r);
	exec_ok(db, "RESET ROLE; DEALLOCATE ALL");
	return rc;
}

static void
queries(struct db *super)
{
	struct err e = { 0 };
	char why[512];

	for (size_t i = 0; sql_all[i] != NULL; i++) {
		const struct query *q = sql_all[i];
		int accepted = db_check(super, q, &e) == 0;

		ok(accepted, "%s is accepted %s", q->name,
		    accepted ? "" : e.text);
		if (!accepted)
			continue;
		accepted = permitted(super, q, why, sizeof(why));
		ok(accepted, "%s may run as %s %s", q->name, role_of(q->name),
		    accepted ? "" : why);
	}
}

static const char run_text[] =
    "INSERT INTO dataset (name, digest, format, bytes, created_by)"
    " VALUES ('sealed', repeat('a', 64), 'csv', 1, 'ann');"
    "SELECT run_create('{\"template\": \"t\", \"dataset\": \"sealed\","
    " \"target\": \"y\"}', 'ann', 'req \"1\"');"
    "SELECT worker_start('t', 'h', 1, 1);"
    "SELECT run_begin(id, token) FROM job_claim("
    " (SELECT max(id) FROM worker), 'pipelines', 1);"
    "SELECT run_step_commit(job_id, token, run_id, 'k', 'tool', NULL, $$["
    " {\"type\": \"message\", \"agent\": \"\", \"payload\":"
    "  {\"b\": 1.50, \"a\": [1e2, null, \"}]\\\",{\"], \"\\u00e9\": \"\\n\"}},"
    " {\"type\": \"decision\", \"actor\": \"a\\\\\\n\\u0001\\u00e9\"}]$$,"
    " NULL, NULL) FROM run;"
    "SELECT run_finish(job_id, token, run_id, 'succeeded') FROM run";

static const char rows_text[] =
    "SELECT run_id, seq, utc_text(at), type, phase, agent, actor, request_id,"
    " payload::text, encode(prev_hash, 'hex'), encode(hash, 'hex'),"
    " json_build_object('run_id', run_id, 'seq', seq, 'at', utc_text(at),"
    "  'type', type, 'phase', phase, 'agent', agent, 'actor', actor,"
    "  'request_id', request_id, 'payload', payload,"
    "  'prev_hash', encode(prev_hash, 'hex'), 'hash', encode(hash, 'hex'))"
    " FROM run_event ORDER BY run_id, seq";

static void
seals(struct db *super)
{
	struct journal_chain rows = { 0 }, lines = { 0 }, bad;
	struct journal_event v, x;
	struct err e = { 0 };
	PGresult *r;

	exec_ok(super, run_text);
	r = PQexec(db_conn(super), rows_text);
	ok(PQntuples(r) == 5, "a run of five events");
	for (int i = 0; i < PQntuples(r); i++) {
		const char *f[12];

		for (int k = 0; k < 12; k++)
			f[k] =
			    PQgetisnull(r, i, k) ? NULL : PQgetvalue(r, i, k);
		v = (struct journal_event){ f[0], f[1], f[2], f[3], f[4], f[5],
			f[6], f[7], f[8], f[9], f[10] };
		bad = rows;
		x = v;
		x.payload = "{}x";
		ok(journal_follow(&bad, &x, &e) == -1,
		    "event %d with another payload breaks the chain", i + 1);
		ok(journal_follow(&rows, &v, &e) == 0,
		    "event %d continues the chain %s", i + 1, e.text);
		char *line = strdup(f[11]);
		ok(journal_parse(line, &x, &e) == 0 &&
			journal_follow(&lines, &x, &e) == 0,
		    "and so does its line of an export %s", e.text);
		free(line);
	}
	PQclear(r);
}

int
main(void)
{
	const char *dir = getenv("SCRATCH_DIR");
	char conninfo[1024];
	struct err e = { 0 };
	struct db *super;

	if (dir == NULL) {
		puts("1..0 # SKIP run by tests/sql/check");
		return 0;
	}
	snprintf(conninfo, sizeof(conninfo),
	    "host=%s dbname=modelwright user=postgres", dir);
	if ((super = db_open(conninfo, DB_DIRECT, &e)) == NULL) {
		printf("Bail out! %s\n", e.text);
		return 1;
	}
	migrations(super);
	db_close(super);
	/* Its own schema knows schema_migration too. */
	snprintf(conninfo, sizeof(conninfo),
	    "host=%s dbname=newer user=postgres", dir);
	if ((super = db_open(conninfo, DB_DIRECT, &e)) == NULL) {
		printf("Bail out! %s\n", e.text);
		return 1;
	}
	queries(super);
	seals(super);
	db_close(super);
	return done();
}
