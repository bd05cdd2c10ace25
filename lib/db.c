#include "config.h"

#include <poll.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "lib/arena.h"
#include "lib/db.h"
#include "lib/err.h"
#include "lib/log.h"

#define POOLED_MS 10000 /* that a worker waits for one answer */
#define AWAY_MS   1000  /* that it does not ask again after that */

struct db {
	PGconn *conn;
	enum db_kind kind;
	long long away_until;
	void *prepared; /* tree of struct query, by address */
};

/* What a SQLSTATE means to a caller; the longest prefix wins. */
/* clang-format off */
static const struct {
	const char	*prefix;
	enum err_code	 code;
	const char	*say;		/* NULL: the server's own words are safe */
} sqlstates[] = {
	{ "APP40",	ERR_INVALID,	NULL },	/* RAISE ... ERRCODE 'APP40' */
	{ "APP41",	ERR_CANCELLED,	NULL },
	{ "APP42",	ERR_LOST,	NULL },
	{ "APP43",	ERR_DENIED,	NULL },
	{ "APP44",	ERR_NOT_FOUND,	NULL },
	{ "APP49",	ERR_CONFLICT,	NULL },
	{ "22",		ERR_INVALID,	"a value is out of range or malformed" },
	{ "23503",	ERR_CONFLICT,	"it is referred to, or refers to nothing" },
	{ "23505",	ERR_CONFLICT,	"one like it already exists" },
	{ "23",		ERR_INVALID,	"a value breaks a rule of the data" },
	{ "42501",	ERR_DENIED,	"the database refuses that to this role" },
	{ "40",		ERR_BUSY,	"two writers met; try again" },
	{ "08",		ERR_BUSY,	"the database is away" },
	{ "53",		ERR_BUSY,	"the database is overloaded" },
	{ "57",		ERR_BUSY,	"the database stopped the query" },
	{ "",		ERR_INTERNAL,	"internal error" },
};
/* clang-format on */

static int
fail(struct err *e, const PGresult *r)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE), *at;
	size_t i = 0;

	if (state == NULL)
		state = "08006"; /* libpq's own: the connection is gone */
	while (strncmp(state, sqlstates[i].prefix,
		   strlen(sqlstates[i].prefix)) != 0)
		i++;
	if (sqlstates[i].say != NULL)
		return err_set(e, sqlstates[i].code, "%s", sqlstates[i].say);
	/* RAISE ... USING COLUMN = '/target' points into the request. */
	at = PQresultErrorField(r, PG_DIAG_COLUMN_NAME);
	return err_ptr(e, sqlstates[i].code,
	    at != NULL && at[0] == '/' ? at : "", "%s",
	    PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY));
}

static void
clear(void *res)
{
	PQclear(res);
}

static int
by_address(const void *a, const void *b)
{
	return (a > b) - (a < b);
}

struct db *
db_open(const char *conninfo, enum db_kind kind, struct err *e)
{
	const char *const keys[] = { "dbname", "connect_timeout",
		"tcp_user_timeout", "client_encoding", NULL };
	const char *const values[] = { conninfo, "5", "15000", "UTF8", NULL };
	struct db *db;

	if ((db = calloc(1, sizeof(*db))) == NULL ||
	    (db->conn = PQconnectdbParams(keys, values, 1)) == NULL)
		err_set(e, ERR_INTERNAL, "out of memory");
	else if (PQstatus(db->conn) != CONNECTION_OK)
		err_set(e, ERR_BUSY, "the database is away: %s",
		    PQerrorMessage(db->conn));
	else {
		db->kind = kind;
		return db;
	}
	db_close(db);
	return NULL;
}

static void
forget_prepared(struct db *db)
{
	while (db->prepared != NULL)
		tdelete(*(void **)db->prepared, &db->prepared, by_address);
}

void
db_close(struct db *db)
{
	if (db == NULL)
		return;
	PQfinish(db->conn);
	forget_prepared(db);
	free(db);
}

PGconn *
db_conn(struct db *db)
{
	return db->conn;
}

static long long
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* Open a lost connection again.  The session's locks and LISTENs are gone:
 * whoever relies on those watches PQstatus himself. */
static int
ready(struct db *db, struct err *e)
{
	long long start;

	if (PQstatus(db->conn) == CONNECTION_OK)
		return 0;
	if ((start = now_ms()) < db->away_until)
		return err_set(e, ERR_BUSY, "the database does not answer");
	forget_prepared(db);
	PQreset(db->conn);
	if (PQstatus(db->conn) == CONNECTION_OK)
		return 0;
	/* Refused at once, it may be there in a moment; if it hangs, not. */
	if (now_ms() - start >= AWAY_MS)
		db->away_until = now_ms() + AWAY_MS;
	return err_set(
	    e, ERR_BUSY, "the database is away: %s", PQerrorMessage(db->conn));
}

/*
 * The last result of what was sent, or NULL when a database that hangs has
 * kept us for too long: the connection is then given up, and so is every try
 * within the next second, or all workers would hang with it.
 */
static PGresult *
await(struct db *db)
{
	long long end = now_ms() + POOLED_MS, left;
	PGresult *r = NULL, *next;

	for (;;) {
		while (PQisBusy(db->conn)) {
			struct pollfd p = { .fd = PQsocket(db->conn),
				.events = POLLIN };

			if ((left = end - now_ms()) <= 0) {
				PQclear(r);
				shutdown(p.fd, SHUT_RDWR);
				PQconsumeInput(db->conn);
				db->away_until = now_ms() + AWAY_MS;
				return NULL;
			}
			if (poll(&p, 1, (int)left) > 0 &&
			    PQconsumeInput(db->conn) == 0)
				break;
		}
		if ((next = PQgetResult(db->conn)) == NULL)
			return r;
		PQclear(r);
		r = next;
	}
}

static int
prepare(struct db *db, const struct query *q, struct err *e)
{
	PGresult *r;
	int rc = 0;

	if (tfind(q, &db->prepared, by_address) != NULL)
		return 0;
	r = PQprepare(db->conn, q->name, q->text, 0, NULL);
	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		rc = fail(e, r);
	else
		tsearch(q, &db->prepared, by_address);
	PQclear(r);
	return rc;
}

PGresult *
db_run(struct db *db, struct arena *a, const struct query *q,
    const char *const params[], struct err *e)
{
	PGresult *r;

	if (ready(db, e) == -1)
		return NULL;
	if (db->kind == DB_POOLED)
		r = PQsendQueryParams(db->conn, q->text, q->nparams, NULL,
			params, NULL, NULL, 0) == 1
		        ? await(db)
		        : NULL;
	else if (prepare(db, q, e) == -1)
		return NULL;
	else
		r = PQexecPrepared(
		    db->conn, q->name, q->nparams, params, NULL, NULL, 0);
	arena_defer(a, clear, r);
	switch (PQresultStatus(r)) {
	case PGRES_TUPLES_OK:
	case PGRES_COMMAND_OK:
		return r;
	default:
		fail(e, r);
		if (e->code == ERR_INTERNAL)
			log_err(
			    "query %s: %s", q->name, PQresultErrorMessage(r));
		return NULL;
	}
}

int
db_exec(struct db *db, const char *sql, struct err *e)
{
	PGresult *r;
	int rc = 0;

	if (ready(db, e) == -1)
		return -1;
	if (db->kind == DB_POOLED)
		r = PQsendQuery(db->conn, sql) == 1 ? await(db) : NULL;
	else
		r = PQexec(db->conn, sql);
	if (PQresultStatus(r) != PGRES_COMMAND_OK &&
	    PQresultStatus(r) != PGRES_TUPLES_OK)
		rc = fail(e, r);
	PQclear(r);
	return rc;
}

int
db_check(struct db *db, const struct query *q, struct err *e)
{
	PGresult *r;
	int rc = 0;

	r = PQprepare(db->conn, "", q->text, 0, NULL);
	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		rc = err_set(e, ERR_INTERNAL, "%s: %s", q->name,
		    PQresultErrorMessage(r));
	PQclear(r);
	if (rc == -1)
		return rc;
	r = PQdescribePrepared(db->conn, "");
	if (PQnparams(r) != q->nparams)
		rc = err_set(e, ERR_INTERNAL, "%s: %d parameters, not %d",
		    q->name, PQnparams(r), q->nparams);
	PQclear(r);
	return rc;
}
