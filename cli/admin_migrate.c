/*
 * modelwright-admin migrate: bring the database up to this version.
 */
#include "config.h"

#include <stdio.h>

#include "cli/admin.h"
#include "lib/err.h"
#include "lib/migrate.h"

#include "lib/banned.h"

static void
told(void *ctx, const char *name)
{
	(void)ctx;
	printf("applied %s\n", name);
	fflush(stdout);
}

static int
migrate(const struct cmd_line *l, void *arg, struct err *e)
{
	struct admin *ad = arg;
	struct db *db = admin_db(ad, e);
	int n;

	(void)l;
	if (db == NULL)
		return -1;
	if ((n = migrate_run(db, told, NULL, e)) == -1)
		return -1;
	printf("the database is up to date, %d migration%s applied\n", n,
	    n == 1 ? "" : "s");
	return 0;
}

/* clang-format off */
const struct cmd admin_migrate = {
	"migrate", "", 0, 0, NULL,
	"Bring the database up to this version; run again, it changes nothing",
	migrate
};
/* clang-format on */
