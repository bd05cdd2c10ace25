/*
 * The shape of an endpoint: a row, a form and a query (or a function).
 */
#ifndef ROUTE_H
#define ROUTE_H

#include <jansson.h>

#include "lib/arena.h"
#include "lib/db.h"
#include "lib/err.h"
#include "lib/form.h"

struct conf;
struct page;
struct page_worker;
struct pair;

/* Methods are bits, so that a set of them is a number. */
enum method { GET = 1, POST = 2, PUT = 4, PATCH = 8, DELETE = 16 };

enum role { ANYONE, VIEWER, OPERATOR, ADMIN, ROLE__MAX };

extern const char *const role_names[ROLE__MAX];
const char *method_name(enum method);

/* Who calls, as the access token says; ANYONE if there was none. */
struct who {
	enum role role;
	const char *user, *sid;
	const char *claims; /* the token's payload, JSON */
};

struct route;

/* One request.  Everything in it lives in its arena. */
struct req {
	enum method method;
	const char *path, *query;
	const char *id;   /* X-Request-Id */
	const char *addr; /* of the client */
	const char *authorization, *if_none_match, *if_match, *prefer, *key;
	const char *content_type;
	long long content_length; /* -1: not said */

	const struct route *route;
	struct who who;
	const struct pair *pairs; /* of the query string */
	const char *text;         /* the body as it came, for forms */
	size_t text_len;
	json_t *body;                /* NULL: none, or not JSON */
	const char *value[FORM_MAX]; /* the form's, checked */

	struct arena *arena;
	struct db *db; /* NULL while PostgreSQL is away */
	const struct conf *conf;
	struct page *page;
	struct page_worker *me; /* this worker's record in it */
	void *io;               /* what req_read reads from */
	void *work;             /* a handler's own, across once_do */
	json_t *errors;         /* an array of {pointer, in, message} */
	struct err err;
};

#define RES_HEADERS 8

struct res {
	int status;
	const char *type, *body;
	size_t len;
	struct {
		const char *name, *value;
	} header[RES_HEADERS];
	int nheaders;
	const char *wait_id; /* the parameter id of the row's wait query */
};

/* Fills the response and returns 0, or fills req->err and returns -1. */
typedef int handler_fn(struct req *, struct res *);

struct route {
	enum method method;
	const char
	    *path;      /* {name} is a field of the form; {name...} the rest */
	const char *op; /* OpenAPI operationId; log and metric label */
	enum role role; /* the least that may call */
	const struct field *form;
	const struct query *query; /* answers by itself, unless there is fn */
	handler_fn *fn;
	int ok;                   /* status of success; 0 is 200 */
	int also;                 /* another status of success; 0: none */
	int once;                 /* an Idempotency-Key is honoured */
	const struct query *wait; /* "Prefer: wait=N" waits for its row */
	const char *takes;  /* media types of a body that fn reads itself */
	const char *gives;  /* media type of the answer; NULL is JSON */
	const char *schema; /* of the answer: share/schemas/NAME.json */
	const char *help;   /* one sentence */
};

extern const struct field no_form[];

/* The row that answers; on ERR_METHOD *allow is the set that would. */
const struct route *route_find(
    enum method, const char *path, unsigned *allow, struct err *);
/* A parameter of the path, or NULL. */
const char *route_arg(
    const struct route *, const char *path, const char *name, struct arena *);

/* Role, form, then the query or the function. */
int route_answer(struct req *, struct res *)
    __attribute__((warn_unused_result));

/* The checked value of a field; NULL if it was absent. */
const char *req_get(const struct req *, const char *);
/* The same as a number; the field must be bound. */
long long req_int(const struct req *, const char *);
/* Run a query on the request's own fields. */
PGresult *req_query(struct req *, const struct query *)
    __attribute__((warn_unused_result));
/* Note that a value of the body is wrong; the first becomes req->err. */
void req_wrong(struct req *, const char *pointer, const char *, ...)
    __attribute__((format(printf, 3, 4)));
/* Read on in the body: bytes read, 0 at its end; -1 if it broke off. */
long req_read(struct req *, void *, size_t) __attribute__((warn_unused_result));

/* Answer with the first row: its first column is the body; columns named
 * status, location, etag and wait_id are what they say.  No row is
 * ERR_NOT_FOUND. */
int res_row(struct req *, struct res *, const PGresult *)
    __attribute__((warn_unused_result));
/* Answer with JSON that C made; takes the reference. */
int res_json(struct req *, struct res *, json_t *);
void res_etag(struct req *, struct res *, const char *);
/* A value with a line break in it is left out. */
void res_header(struct res *, const char *name, const char *value);

#endif
