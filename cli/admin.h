/*
 * What the commands of modelwright-admin share: the settings, and the
 * database as its owner.
 */
#ifndef ADMIN_H
#define ADMIN_H

#include "cli/cmd.h"
#include "lib/conf.h"

struct arena;
struct db;

struct admin {
	struct conf conf;
	struct arena *arena;
	struct db *db; /* NULL until admin_db */
};

/* The database as modelwright_owner, connected at the first call. */
struct db *admin_db(struct admin *, struct err *)
    __attribute__((warn_unused_result));
/* Who runs the command, for the audit: "root@host (admin)". */
const char *admin_actor(struct admin *);

extern const struct cmd admin_config_explain;
extern const struct cmd admin_config_show;
extern const struct cmd admin_export_journal;
extern const struct cmd admin_keys_init;
extern const struct cmd admin_migrate;
extern const struct cmd admin_serve;
extern const struct cmd admin_status;
extern const struct cmd admin_user_add;
extern const struct cmd admin_user_list;
extern const struct cmd admin_user_set;
extern const struct cmd admin_verify_journal;
extern const struct cmd admin_verify_run;

#endif
