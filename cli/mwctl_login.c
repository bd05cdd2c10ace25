/*
 * mwctl login, logout, whoami.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/ctl.h"
#include "cli/http.h"
#include "cli/secret.h"
#include "cli/table.h"
#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/err.h"
#include "lib/json.h"

#include "lib/banned.h"

static int
login(const struct cmd_line *l, void *arg, struct err *e)
{
	struct ctl *c = arg;
	const char *user = cmd_option(l, "user");
	int from_stdin = cmd_option(l, "password-stdin") != NULL, rc;
	auto_json json_t *answer = NULL;
	char password[SECRET_MAX];

	if (user == NULL && (user = getenv("USER")) == NULL)
		return err_set(e, ERR_INVALID, "as whom?  --user says so");
	if (secret_read(
		arena_printf(c->arena, "Password of %s at %s: ", user, c->url),
		from_stdin, 0, password, e) == -1)
		return -1;
	auto_json json_t *body =
	    json_pack("{s:s, s:s}", "username", user, "password", password);
	if (body == NULL)
		rc = err_set(e, ERR_INVALID, "the password is not UTF-8");
	else {
		c->token = NULL;
		rc = http_call(
		    c, "POST", "/api/v1/auth/login", body, NULL, &answer, e);
	}
	explicit_bzero(password, sizeof(password));
	if (rc == -1) {
		if (e->code == ERR_UNAUTHENTIC)
			err_set(e, ERR_UNAUTHENTIC, "%s",
			    json_str(c->problem, "detail",
				"the user name or the password is wrong"));
		return -1;
	}
	if ((c->token = json_str(answer, "access_token", NULL)) == NULL)
		return err_set(e, ERR_INTERNAL, "the server gave no token");
	if (ctl_remember(c, user, e) == -1)
		return -1;
	if (c->json)
		return 0;
	printf("logged in to %s as %s, for %lld minutes\n", c->url, user,
	    json_int(answer, "expires_in", 600) / 60);
	return 0;
}

static int
logout(const struct cmd_line *l, void *arg, struct err *e)
{
	struct ctl *c = arg;

	(void)l;
	/* A session that has ended already is one less to end. */
	if (c->token != NULL &&
	    http_call(c, "POST", "/api/v1/auth/logout", NULL, NULL, NULL, e) ==
		-1 &&
	    e->code != ERR_UNAUTHENTIC)
		return -1;
	return ctl_forget(c, e);
}

static int
whoami(const struct cmd_line *l, void *arg, struct err *e)
{
	struct ctl *c = arg;
	auto_json json_t *who = NULL;

	(void)l;
	if (http_call(c, "GET", "/api/v1/auth/whoami", NULL, NULL, &who, e) ==
	    -1)
		return -1;
	if (c->json)
		ctl_print_json(who);
	else
		printf("%s (%s) at %s\n",
		    table_clean(c,
			json_str(who, "username", json_str(who, "sub", "?"))),
		    table_clean(c, json_str(who, "role", "?")), c->url);
	return 0;
}

/* clang-format off */
static const struct cmd_option login_options[] = {
	{ 'u', "user", "NAME", 0, "log in as NAME instead of $USER" },
	{ 0, "password-stdin", NULL, 0, "read the password from standard input" },
	{ 0 }
};

const struct cmd ctl_login = {
	"login", "", 0, 0, login_options,
	"Log in to a server, and keep its address and the token", login
};

const struct cmd ctl_logout = {
	"logout", "", 0, 0, NULL, "End the session, and forget the token", logout
};

const struct cmd ctl_whoami = {
	"whoami", "", 0, 0, NULL, "Say who is logged in, in which role", whoami
};
/* clang-format on */
