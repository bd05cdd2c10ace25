#include "config.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "fcgi/page.h"
#include "fcgi/route.h"
#include "fcgi/session.h"
#include "fcgi/token.h"
#include "lib/conf.h"
#include "lib/digest.h"
#include "lib/ident.h"
#include "lib/json.h"
#include "sql/sql.h"

#include "lib/banned.h"

#define REMEMBERED 1024 /* tokens a worker; a power of two */
#define FRESH      1    /* seconds that a session is believed to stand */

struct known {
	char digest[DIGEST_HEX]; /* of the token; "" is an empty place */
	json_t *payload;
	char *claims;
	long long exp, asked; /* seconds: of the world, of the machine */
	unsigned moved;       /* the page's number when it was asked */
	enum role role;
};

struct session {
	const struct conf *conf;
	struct token_keys *keys;
	unsigned keys_moved;
	struct known known[REMEMBERED];
};

struct session *session_here;

struct session *
session_new(const struct conf *conf, struct err *e)
{
	struct session *s = calloc(1, sizeof(*s));

	if (s == NULL)
		errx(1, "out of memory");
	s->conf = conf;
	if ((s->keys = token_keys_load(conf->keys_dir, e)) != NULL)
		return s;
	free(s);
	return NULL;
}

static void
forget(struct known *k)
{
	json_decref(k->payload);
	free(k->claims);
	*k = (struct known){ 0 };
}

void
session_free(struct session *s)
{
	if (s == NULL)
		return;
	for (int i = 0; i < REMEMBERED; i++)
		forget(&s->known[i]);
	token_keys_free(s->keys);
	free(s);
}

static long long
machine_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static enum role
role_of(const char *name)
{
	for (int i = VIEWER; i < ROLE__MAX; i++)
		if (strcmp(role_names[i], name) == 0)
			return i;
	return ANYONE;
}

/* The place of a token: what stood there for another one makes room. */
static struct known *
place(struct session *s, const char *digest)
{
	unsigned n = 0;

	for (int i = 0; i < 8; i++)
		n = n << 4 ^ (unsigned char)digest[i];
	return &s->known[n % REMEMBERED];
}

/* New keys may have been added since this worker read them. */
static json_t *
verify(struct session *s, struct req *req, const char *token)
{
	json_t *p;
	struct err e;
	char kid[TOKEN_KID + 1];
	unsigned moved = req->page->moved[CACHE_KEYS];

	if (token_header(token, kid, &req->err) == -1)
		return NULL;
	if (moved != s->keys_moved) {
		struct token_keys *fresh =
		    token_keys_load(s->conf->keys_dir, &e);
		if (fresh != NULL) {
			token_keys_free(s->keys);
			s->keys = fresh;
		}
		s->keys_moved = moved;
	}
	p = token_verify(
	    s->keys, s->conf, token, (long long)time(NULL), &req->err);
	return p;
}

/* Ask whether the session stands, and what its user may do now. */
static int
ask(struct known *k, struct req *req)
{
	const char *sid = json_str(k->payload, "sid", "");
	PGresult *r;

	if (req->db == NULL)
		return err_set(&req->err, ERR_BUSY, "the database is away");
	if ((r = run_auth_session(req->db, req->arena,
		 (struct auth_session){
		     .sid = sid, .sub = json_str(k->payload, "sub", "") },
		 &req->err)) == NULL)
		return -1;
	if (PQntuples(r) == 0)
		return err_set(&req->err, ERR_UNAUTHENTIC,
		    "the session has ended; sign in again");
	k->role = role_of(PQgetvalue(r, 0, 0));
	return 0;
}

int
session_take(struct session *s, struct req *req)
{
	const char *token = req->authorization;
	unsigned moved = req->page->moved[CACHE_SESSIONS];
	long long now = (long long)time(NULL), mono = machine_time();
	char digest[DIGEST_HEX];
	struct known *k;

	if (token == NULL)
		return 0;
	if (strncasecmp(token, "Bearer ", 7) != 0)
		return err_set(&req->err, ERR_UNAUTHENTIC,
		    "the Authorization header must read 'Bearer TOKEN'");
	token += 7;
	if (strlen(token) > TOKEN_MAX)
		return err_set(&req->err, ERR_UNAUTHENTIC,
		    "the access token is not one of ours");
	digest_mem(token, strlen(token), digest);
	k = place(s, digest);
	if (strcmp(k->digest, digest) != 0) {
		json_t *p = verify(s, req, token);
		if (p == NULL)
			return -1;
		forget(k);
		memcpy(k->digest, digest, sizeof(digest));
		k->payload = p;
		k->claims = json_dumps(p, JSON_COMPACT);
		k->exp = json_int(p, "exp", 0);
		k->asked = -FRESH - 1;
	}
	if (k->exp <= now) {
		forget(k);
		return err_set(
		    &req->err, ERR_UNAUTHENTIC, "the access token has expired");
	}
	if (mono - k->asked >= FRESH || moved != k->moved) {
		if (ask(k, req) == -1) {
			if (req->err.code == ERR_UNAUTHENTIC)
				forget(k);
			return -1;
		}
		k->asked = mono;
		k->moved = moved;
	}
	req->who = (struct who){ k->role, json_str(k->payload, "sub", ""),
		json_str(k->payload, "sid", ""), k->claims };
	return 0;
}

const char *
session_token(struct session *s, struct req *req, const char *user,
    const char *role, const char *sid)
{
	long long now = (long long)time(NULL);
	char jti[IDENT_MAX];
	json_t *p;
	char *t;

	ident_new(jti, "tok");
	p = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I}", "iss",
	    s->conf->token_issuer, "aud", s->conf->token_issuer, "sub", user,
	    "role", role, "sid", sid, "jti", jti, "iat", (json_int_t)now, "exp",
	    (json_int_t)(now + s->conf->token_seconds));
	t = token_sign(s->keys, p, &req->err);
	json_decref(p);
	if (t != NULL)
		arena_defer(req->arena, free, t);
	return t;
}
