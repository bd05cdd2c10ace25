/*
 * Signing in with a local account, and out.
 */
#include "config.h"

#include "fcgi/groups.h"
#include "fcgi/page.h"
#include "fcgi/password.h"
#include "fcgi/session.h"
#include "lib/conf.h"
#include "lib/ident.h"
#include "lib/json.h"
#include "sql/sql.h"

/* clang-format off */
static const struct field login_form[] = {
	{ "addr",	IN_CALLER },
	{ "request_id", IN_CALLER },
	{ "username",	IN_BODY, T_TEXT, .required = 1, .min = 1, .max = 128, .help = "A local account" },
	{ "password",	IN_BODY, T_TEXT, .required = 1, .min = 1, .max = 512 },
	{ 0 }
};

static const struct field logout_form[] = {
	{ "user",	IN_CALLER },
	{ "sid",	IN_CALLER },
	{ "request_id", IN_CALLER },
	{ 0 }
};
/* clang-format on */

/* Wrong name, wrong password and disabled account look the same. */
static int
refuse(struct req *req)
{
	PGresult *r = run_auth_refused(req->db, req->arena,
	    (struct auth_refused){ .user = req_get(req, "username"),
		.addr = req->addr,
		.request_id = req->id },
	    &req->err);

	if (r == NULL)
		return -1;
	atomic_fetch_add(&req->page->logins_failed, 1);
	return err_set(&req->err, ERR_UNAUTHENTIC,
	    "the user name or the password is wrong");
}

static int
start_session(struct req *req, struct res *res, const char *role)
{
	const char *user = req_get(req, "username"), *token;
	char sid[IDENT_MAX];
	PGresult *r;

	ident_new(sid, "ses");
	r = run_auth_login(req->db, req->arena,
	    (struct auth_login){ .user = user,
		.sid = sid,
		.seconds =
		    arena_printf(req->arena, "%lld", req->conf->token_seconds),
		.addr = req->addr,
		.request_id = req->id },
	    &req->err);
	if (r == NULL ||
	    (token = session_token(session_here, req, user, role, sid)) == NULL)
		return -1;
	req->who.user = user;
	return res_json(req, res,
	    json_pack("{s:s, s:s, s:I}", "access_token", token, "token_type",
		"Bearer", "expires_in", (json_int_t)req->conf->token_seconds));
}

static int
login(struct req *req, struct res *res)
{
	const char *hash = NULL;
	PGresult *r;
	int fits;

	if ((r = req_query(req, &sql_auth_user)) == NULL)
		return -1;
	if (PQntuples(r) > 0 && !PQgetisnull(r, 0, 0))
		hash = PQgetvalue(r, 0, 0);
	if ((fits = password_fits(req, req_get(req, "password"), hash)) == -1)
		return -1;
	return fits ? start_session(req, res, PQgetvalue(r, 0, 1))
	            : refuse(req);
}

static int
logout(struct req *req, struct res *res)
{
	if (req_query(req, &sql_auth_logout) == NULL)
		return -1;
	atomic_fetch_add(&req->page->moved[CACHE_SESSIONS], 1);
	res->status = 204;
	return 0;
}

static int
whoami(struct req *req, struct res *res)
{
	json_t *v = json_loads(req->who.claims, 0, NULL);

	json_object_set_new(v, "username", json_string(req->who.user));
	json_object_set_new(v, "role", json_string(role_names[req->who.role]));
	return res_json(req, res, v);
}

/* clang-format off */
const struct route auth_routes[] = {
	{ POST, "/api/v1/auth/login",  "login",	 ANYONE, login_form,  NULL, login,  .schema = "Token",
	  .help = "Local user name and password in, access token out" },
	{ POST, "/api/v1/auth/logout", "logout", VIEWER, logout_form, NULL, logout, .ok = 204,
	  .help = "Revoke the caller's session at once, on every host" },
	{ GET,	"/api/v1/auth/whoami", "whoami", VIEWER, no_form,     NULL, whoami, .schema = "Whoami",
	  .help = "Claims of the token that made the call" },
	{ 0 }
};
/* clang-format on */
