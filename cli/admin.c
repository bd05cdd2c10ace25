/*
 * modelwright-admin: what the administrator of a host does by hand.
 */
#include "config.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/admin.h"
#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/db.h"
#include "lib/err.h"
#include "lib/log.h"

#include "lib/banned.h"

#define CONNINFO_MAX 4096

/* clang-format off */
static const struct cmd *const commands[] = {
	&admin_migrate,
	&admin_status,
	&admin_keys_init,
	&admin_user_add,
	&admin_user_set,
	&admin_user_list,
	&admin_serve,
	&admin_verify_journal,
	&admin_verify_run,
	&admin_export_journal,
	&admin_config_show,
	&admin_config_explain,
	NULL
};

static const struct cmd_option options[] = {
	{ 'c', "config", "FILE", 0, "read the settings from FILE" },
	{ 0 }
};
/* clang-format on */

/* The conninfo with another user: libpq parses, so that both of its notations
 * work; in values a backslash guards quotes and backslashes. */
static int
as_owner(const char *conninfo, struct buf *out, struct err *e)
{
	char *why = NULL;
	PQconninfoOption *all = PQconninfoParse(conninfo, &why);

	if (all == NULL) {
		err_set(e, ERR_INVALID, "the setting 'database': %s",
		    why != NULL ? why : "out of memory");
		PQfreemem(why);
		return -1;
	}
	for (PQconninfoOption *o = all; o->keyword != NULL; o++) {
		if (o->val == NULL || strcmp(o->keyword, "user") == 0)
			continue;
		buf_printf(out, "%s='", o->keyword);
		for (const char *s = o->val; *s != '\0'; s++) {
			if (*s == '\'' || *s == '\\')
				buf_puts(out, "\\");
			buf_add(out, s, 1);
		}
		buf_puts(out, "' ");
	}
	PQconninfoFree(all);
	buf_puts(out, "user=modelwright_owner");
	if (out->over)
		return err_set(
		    e, ERR_INVALID, "the setting 'database' is too long");
	return 0;
}

struct db *
admin_db(struct admin *ad, struct err *e)
{
	struct buf info;

	if (ad->db != NULL)
		return ad->db;
	buf_init(&info, CONNINFO_MAX);
	if (as_owner(ad->conf.database, &info, e) == 0)
		ad->db = db_open(info.data, DB_DIRECT, e);
	buf_done(&info);
	return ad->db;
}

const char *
admin_actor(struct admin *ad)
{
	const char *sudo = getenv("SUDO_USER");
	struct passwd *pw = getpwuid(getuid());

	if (sudo != NULL && getuid() == 0)
		return arena_printf(ad->arena, "root (sudo by %s)", sudo);
	if (pw != NULL)
		return arena_printf(ad->arena, "%s (on the host)", pw->pw_name);
	return arena_printf(ad->arena, "uid %u (on the host)", getuid());
}

static int
begin(const struct cmd_line *l, void *arg, struct err *e)
{
	struct admin *ad = arg;

	if (conf_load(&ad->conf, cmd_option(l, "config"), e) == -1)
		return -1;
	log_level((int)ad->conf.log_level);
	return 0;
}

int
main(int argc, char **argv)
{
	static const struct cmd_program program = {
		.name = "modelwright-admin",
		.help = "Set up and look after a Modelwright server",
		.options = options,
		.cmds = commands,
		.begin = begin,
	};
	struct admin ad = { .arena = arena_new() };
	int rc;

	setenv("PGAPPNAME", program.name, 0);
	rc = cmd_main(&program, argc, argv, &ad);

	db_close(ad.db);
	arena_free(ad.arena);
	return rc;
}
