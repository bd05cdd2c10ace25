/*
 * The schema that is compiled in (sql/roles.sql, sql/schema, sql/rules), and
 * the database that is brought up to it.
 */
#ifndef MIGRATE_H
#define MIGRATE_H

#include <jansson.h>

struct arena;
struct db;
struct err;

/* A file of SQL, embedded by sql/text.awk. */
struct sql_file {
	const char *name; /* without folder and ".sql" */
	const char *text;
};
extern const struct sql_file sql_roles[], sql_schema[], sql_rules[];

/* Told each migration as it is applied, and "rules" last. */
typedef void (*migrate_told_fn)(void *ctx, const char *name);

/* Apply the migrations that are missing, each in one transaction, and then
 * all rules in one; before them the roles, if the connected one may make roles.
 * Connected as modelwright_owner, or a superuser, who takes that role.  Two at
 * a time wait for each other.  Refuses, with nothing done, a database that has
 * a migration which differs from ours or is unknown to us.  Returns how many
 * migrations were applied, or -1. */
int migrate_run(struct db *, migrate_told_fn, void *ctx, struct err *)
    __attribute__((warn_unused_result));

/* The migrations, ours and the database's: an array of {"name", "state":
 * "applied" | "missing" | "changed" | "unknown", "checksum", "applied_at"}.
 * The caller owns it; NULL on failure. */
json_t *migrate_status(struct db *, struct err *)
    __attribute__((warn_unused_result));

#endif
