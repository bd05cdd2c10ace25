/*
 * modelwright-admin user: local accounts.
 */
#include "config.h"

#include <crypt.h>
#include <stdio.h>
#include <string.h>

#include "cli/admin.h"
#include "cli/secret.h"
#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/err.h"
#include "sql/sql.h"

#include "lib/banned.h"

#define PASSWORD_MIN 10 /* bytes; NIST SP 800-63B asks for 8 */
#define NAME_MAX_LEN 128

static const char *const roles[] = { "viewer", "operator", "admin" };

/* The same names that the database takes: they stand in logs and in tokens. */
static int
check_name(const char *name, struct err *e)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._@-";
	size_t n = strlen(name);

	if (n == 0 || n > NAME_MAX_LEN || strspn(name, allowed) != n ||
	    strchr("._@-", name[0]) != NULL)
		return err_set(e, ERR_INVALID,
		    "a user name has 1 to %d letters, figures or . _ @ -, and "
		    "begins with a letter or a figure",
		    NAME_MAX_LEN);
	return 0;
}

static int
check_role(const char *role, struct err *e)
{
	for (size_t i = 0; i < nitems(roles); i++)
		if (strcmp(role, roles[i]) == 0)
			return 0;
	return err_set(e, ERR_INVALID,
	    "the role must be viewer, operator or admin, not '%s'", role);
}

/* yescrypt with libcrypt's own cost and a salt of the kernel's; NULL on
 * failure.  The hash belongs to the arena. */
static const char *
hash_password(struct admin *ad, const char *password, struct err *e)
{
	char salt[CRYPT_GENSALT_OUTPUT_SIZE];
	struct crypt_data *work = arena_alloc(ad->arena, sizeof(*work));
	const char *hash = NULL;

	if (strlen(password) < PASSWORD_MIN) {
		err_set(e, ERR_INVALID, "a password has at least %d bytes",
		    PASSWORD_MIN);
		return NULL;
	}
	if (crypt_gensalt_rn("$y$", 0, NULL, 0, salt, sizeof(salt)) != NULL)
		hash = crypt_r(password, salt, work);
	if (hash == NULL || hash[0] == '*') {
		err_set(e, ERR_INTERNAL, "libcrypt cannot hash the password");
		return NULL;
	}
	return hash;
}

static const char *
new_password(struct admin *ad, const struct cmd_line *l, struct err *e)
{
	char password[SECRET_MAX];
	const char *hash = NULL;

	if (secret_read("Password: ", cmd_option(l, "password-stdin") != NULL,
		1, password, e) == 0)
		hash = hash_password(ad, password, e);
	explicit_bzero(password, sizeof(password));
	return hash;
}

static int
add(const struct cmd_line *l, void *arg, struct err *e)
{
	struct admin *ad = arg;
	const char *name = l->word[0], *role = cmd_option(l, "role"), *hash;
	PGresult *r;

	if (check_name(name, e) == -1 || check_role(role, e) == -1 ||
	    admin_db(ad, e) == NULL || (hash = new_password(ad, l, e)) == NULL)
		return -1;
	r = run_admin_user_add(ad->db, ad->arena,
	    (struct admin_user_add){ .name = name,
		.hash = hash,
		.role = role,
		.actor = admin_actor(ad) },
	    e);
	if (r == NULL)
		return -1;
	if (PQntuples(r) == 0)
		return err_set(e, ERR_CONFLICT,
		    "there is a user '%s' already; 'user set' changes one",
		    name);
	printf("added %s (%s)\n", name, role);
	return 0;
}

static int
set(const struct cmd_line *l, void *arg, struct err *e)
{
	struct admin *ad = arg;
	const char *name = l->word[0], *role = cmd_option(l, "role");
	int enable = cmd_option(l, "enable") != NULL;
	int disable = cmd_option(l, "disable") != NULL;
	int secret = cmd_option(l, "password") != NULL ||
	             cmd_option(l, "password-stdin") != NULL;
	const char *hash = NULL;
	PGresult *r;

	if (enable && disable)
		return err_set(e, ERR_INVALID,
		    "--enable and --disable exclude each other");
	if (role == NULL && !enable && !disable && !secret)
		return err_set(e, ERR_INVALID,
		    "nothing to set; try --role, --password or --disable");
	if ((role != NULL && check_role(role, e) == -1) ||
	    admin_db(ad, e) == NULL ||
	    (secret && (hash = new_password(ad, l, e)) == NULL))
		return -1;
	r = run_admin_user_set(ad->db, ad->arena,
	    (struct admin_user_set){ .name = name,
		.hash = hash,
		.role = role,
		.disabled = enable    ? "false"
	                    : disable ? "true"
	                              : NULL,
		.actor = admin_actor(ad) },
	    e);
	if (r == NULL)
		return -1;
	if (PQntuples(r) == 0)
		return err_set(e, ERR_NOT_FOUND, "there is no user '%s'", name);
	printf("changed %s\n", name);
	return 0;
}

static int
list(const struct cmd_line *l, void *arg, struct err *e)
{
	struct admin *ad = arg;
	PGresult *r;

	(void)l;
	if (admin_db(ad, e) == NULL ||
	    (r = run_admin_user_list(ad->db, ad->arena, e)) == NULL)
		return -1;
	printf("%-24s %-9s %s\n", "USER", "ROLE", "STATE");
	for (int i = 0; i < PQntuples(r); i++)
		printf("%-24s %-9s %s\n", PQgetvalue(r, i, 0),
		    PQgetvalue(r, i, 1),
		    *PQgetvalue(r, i, 2) == 't' ? "disabled" : "enabled");
	return 0;
}

/* clang-format off */
static const struct cmd_option add_options[] = {
	{ 0, "role", "ROLE", 1, "viewer, operator or admin" },
	{ 0, "password-stdin", NULL, 0, "read the password from standard input" },
	{ 0 }
};

static const struct cmd_option set_options[] = {
	{ 0, "role", "ROLE", 0, "viewer, operator or admin" },
	{ 0, "password", NULL, 0, "ask for a new password" },
	{ 0, "password-stdin", NULL, 0, "read the new password from standard input" },
	{ 0, "disable", NULL, 0, "refuse to let the user in" },
	{ 0, "enable", NULL, 0, "let the user in again" },
	{ 0 }
};

const struct cmd admin_user_add = {
	"user add", "NAME", 1, 1, add_options,
	"Add a local user; the password is asked for", add
};

const struct cmd admin_user_set = {
	"user set", "NAME", 1, 1, set_options,
	"Change a user's role, password or state", set
};

const struct cmd admin_user_list = {
	"user list", "", 0, 0, NULL, "List the local users", list
};
/* clang-format on */
