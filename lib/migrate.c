#include "config.h"

#include <string.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/db.h"
#include "lib/digest.h"
#include "lib/err.h"
#include "lib/migrate.h"
#include "sql/sql.h"

/* What is taken while we change things; 7000 is the advisory class of
 * administration, 7001 that of living workers. */
static const char lock_text[] = "SELECT pg_advisory_lock(7000, 1)";
static const char unlock_text[] = "SELECT pg_advisory_unlock(7000, 1)";

/* There is no query file for what runs before there is a schema. */
static const char there_text[] =
    "SELECT to_regclass('schema_migration') IS NOT NULL";
static const char table_text[] =
    "CREATE TABLE IF NOT EXISTS schema_migration ("
    " name text COLLATE \"C\" PRIMARY KEY,"
    " checksum text NOT NULL,"
    " applied_at timestamptz NOT NULL DEFAULT clock_timestamp())";

static void
clear(void *r)
{
	PQclear(r);
}

/* Run a text of ours.  Unlike db_exec() it tells the administrator the
 * server's own words: he is the one who can do something about them. */
static int
run(struct db *db, const char *what, const char *text, struct err *e)
{
	PGresult *r = PQexec(db_conn(db), text);
	int rc = 0;

	if (PQresultStatus(r) != PGRES_COMMAND_OK &&
	    PQresultStatus(r) != PGRES_TUPLES_OK)
		rc = err_set(
		    e, ERR_INTERNAL, "%s: %s", what, PQresultErrorMessage(r));
	PQclear(r);
	return rc;
}

/* A whole file in one transaction, with the row that says so. */
static int
apply(struct db *db, const struct sql_file *f, const char *checksum,
    struct err *e)
{
	struct arena *a = arena_new();
	struct err ignored;
	int rc = -1;

	if (run(db, f->name, "BEGIN", e) == 0) {
		if (run(db, f->name, f->text, e) == 0 &&
		    run_migrate_record(db, a,
			(struct migrate_record){
			    .name = f->name, .checksum = checksum },
			e) != NULL)
			rc = run(db, f->name, "COMMIT", e);
		else
			run(db, f->name, "ROLLBACK", &ignored);
	}
	arena_free(a);
	return rc;
}

static int
apply_rules(struct db *db, struct err *e)
{
	struct err ignored;

	if (run(db, "rules", "BEGIN", e) == -1)
		return -1;
	for (const struct sql_file *f = sql_rules; f->name != NULL; f++)
		if (run(db, f->name, f->text, e) == -1) {
			run(db, "rules", "ROLLBACK", &ignored);
			return -1;
		}
	return run(db, "rules", "COMMIT", e);
}

/* Make the roles that are missing and set their limits, where we may. */
static int
roles(struct db *db, struct err *e)
{
	struct arena *a = arena_new();
	PGresult *r = run_migrate_roles(db, a, e);
	int rc = -1;

	if (r == NULL)
		;
	else if (*PQgetvalue(r, 0, 0) == 't')
		rc = run(db, "roles", sql_roles[0].text, e);
	else if (strcmp(PQgetvalue(r, 0, 1), "4") != 0)
		err_set(e, ERR_DENIED,
		    "the roles are missing, and '%s' may not make them: run "
		    "sql/roles.sql as a superuser",
		    PQuser(db_conn(db)));
	else
		rc = 0;
	arena_free(a);
	return rc;
}

static json_t *
row_of(const char *name, const char *state, const char *checksum,
    const char *applied_at)
{
	return json_pack("{s:s, s:s, s:s, s:s?}", "name", name, "state", state,
	    "checksum", checksum, "applied_at", applied_at);
}

static const struct sql_file *
ours(const char *name)
{
	for (const struct sql_file *f = sql_schema; f->name != NULL; f++)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

/* Both lists side by side, in order of their names. */
static json_t *
compare(const PGresult *r)
{
	json_t *rows = json_array();
	const struct sql_file *f = sql_schema;
	char hex[DIGEST_HEX];
	int i = 0, n = r != NULL ? PQntuples(r) : 0, order;

	while (f->name != NULL || i < n) {
		const char *theirs = i < n ? PQgetvalue(r, i, 0) : NULL;
		order = theirs == NULL    ? -1
		        : f->name == NULL ? 1
		                          : strcmp(f->name, theirs);
		if (f->name != NULL)
			digest_mem(f->text, strlen(f->text), hex);
		if (order < 0) {
			json_array_append_new(
			    rows, row_of(f->name, "missing", hex, NULL));
			f++;
			continue;
		}
		if (order > 0)
			json_array_append_new(
			    rows, row_of(theirs, "unknown", PQgetvalue(r, i, 1),
				      PQgetvalue(r, i, 2)));
		else {
			json_array_append_new(
			    rows, row_of(theirs,
				      strcmp(hex, PQgetvalue(r, i, 1)) == 0
					  ? "applied"
					  : "changed",
				      hex, PQgetvalue(r, i, 2)));
			f++;
		}
		i++;
	}
	return rows;
}

json_t *
migrate_status(struct db *db, struct err *e)
{
	struct arena *a = arena_new();
	json_t *rows = NULL;
	PGresult *r;

	r = PQexec(db_conn(db), there_text);
	arena_defer(a, clear, r);
	if (PQresultStatus(r) != PGRES_TUPLES_OK)
		err_set(e, ERR_BUSY, "cannot read the schema: %s",
		    PQresultErrorMessage(r));
	else if (*PQgetvalue(r, 0, 0) != 't')
		rows = compare(NULL);
	else if ((r = run_migrate_list(db, a, e)) != NULL)
		rows = compare(r);
	arena_free(a);
	return rows;
}

/* Forward only: what was applied must be what we have, and nothing may be
 * missing before it. */
static int
refuse(const json_t *rows, struct err *e)
{
	const char *name, *state, *missing = NULL;
	const json_t *row;
	size_t i;

	json_array_foreach (rows, i, row) {
		name = json_string_value(json_object_get(row, "name"));
		state = json_string_value(json_object_get(row, "state"));
		if (strcmp(state, "changed") == 0)
			return err_set(e, ERR_CONFLICT,
			    "migration %s was applied with other contents: an "
			    "applied migration is never changed, write a new "
			    "one",
			    name);
		if (strcmp(state, "unknown") == 0)
			return err_set(e, ERR_CONFLICT,
			    "the database has migration %s, which this version "
			    "does not know: it belongs to a newer one",
			    name);
		if (strcmp(state, "missing") == 0)
			missing = name;
		else if (missing != NULL)
			return err_set(e, ERR_CONFLICT,
			    "migration %s is missing below %s, which was "
			    "applied",
			    missing, name);
	}
	return 0;
}

static int
apply_all(struct db *db, migrate_told_fn told, void *ctx, struct err *e)
{
	auto_json json_t *rows = NULL;
	const json_t *row;
	const char *name;
	size_t i;
	int n = 0;

	if (run(db, "schema_migration", table_text, e) == -1 ||
	    (rows = migrate_status(db, e)) == NULL || refuse(rows, e) == -1)
		return -1;
	json_array_foreach (rows, i, row) {
		if (strcmp(json_string_value(json_object_get(row, "state")),
			"missing") != 0)
			continue;
		name = json_string_value(json_object_get(row, "name"));
		if (apply(db, ours(name),
			json_string_value(json_object_get(row, "checksum")),
			e) == -1)
			return -1;
		if (told != NULL)
			told(ctx, name);
		n++;
	}
	if (apply_rules(db, e) == -1)
		return -1;
	if (told != NULL)
		told(ctx, "rules");
	return n;
}

int
migrate_run(struct db *db, migrate_told_fn told, void *ctx, struct err *e)
{
	struct err ignored;
	int n;

	/* NOTICEs about what exists already are no news. */
	if (run(db, "migrate",
		"SET client_min_messages = warning; "
		"SET statement_timeout = 0; SET lock_timeout = '60s'",
		e) == -1 ||
	    run(db, "migrate", lock_text, e) == -1)
		return -1;
	if (roles(db, e) == -1 ||
	    run(db, "migrate", "SET ROLE modelwright_owner", e) == -1)
		n = -1;
	else
		n = apply_all(db, told, ctx, e);
	run(db, "migrate", unlock_text, &ignored);
	return n;
}
