/*
 * One PostgreSQL connection per process.
 */
#ifndef DB_H
#define DB_H

#include <libpq-fe.h>

struct arena;
struct db;
struct err;

#define QUERY_MAX 32

/* A query of sql/q/, compiled in by sql/embed.awk. */
struct query {
	const char *name;
	const char *text;
	int nparams;
	const char *params[QUERY_MAX]; /* their names, $1 first */
};

/* A pooled connection sends each query whole (PQexecParams): PgBouncer 1.18
 * in transaction mode cannot carry prepared statements.  A direct one
 * prepares a query at its first use. */
enum db_kind { DB_DIRECT, DB_POOLED };

/* Connecting waits 5 seconds at most; a statement as long as the role's
 * statement_timeout says. */
struct db *db_open(const char *conninfo, enum db_kind, struct err *);
void db_close(struct db *);

/* Run a query; parameters are text or NULL, in the query's order.  The result
 * belongs to the arena.  A connection that is lost is opened again once, at
 * the next call; the call that met the loss fails with ERR_BUSY, because
 * only its caller knows whether it may be repeated. */
PGresult *db_run(struct db *, struct arena *, const struct query *,
    const char *const params[], struct err *)
    __attribute__((warn_unused_result));

/* Statements that are no query of sql/q: BEGIN, COMMIT, LISTEN, a migration.
 * No data in the text, ever. */
int db_exec(struct db *, const char *sql, struct err *)
    __attribute__((warn_unused_result));

/* The libpq connection, for LISTEN, COPY and poll(); still db's. */
PGconn *db_conn(struct db *);

/* Check that the server accepts the query as it stands, without running it. */
int db_check(struct db *, const struct query *, struct err *);

#endif
