/*
 * modelwright-admin status: whether the database fits, who works on it, and
 * what waits.
 */
#include "config.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cli/admin.h"
#include "lib/auto.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/migrate.h"
#include "sql/sql.h"

#include "lib/banned.h"

/* Prints what is not as it should be; returns how many are not. */
static int
print_migrations(const json_t *all)
{
	int applied = 0, wrong = 0;
	const json_t *m;
	size_t i;

	json_array_foreach (all, i, m) {
		const char *state = json_str(m, "state", "");

		if (strcmp(state, "applied") == 0) {
			applied++;
			continue;
		}
		wrong++;
		printf("migration  %-12s %s\n", state, json_str(m, "name", ""));
	}
	printf("schema     %d applied, %d not\n", applied, wrong);
	return wrong;
}

static int
status(const struct cmd_line *l, void *arg, struct err *e)
{
	struct admin *ad = arg;
	struct db *db = admin_db(ad, e);
	PGresult *r;
	int wrong;

	(void)l;
	if (db == NULL)
		return -1;
	auto_json json_t *all = migrate_status(db, e);
	if (all == NULL)
		return -1;
	if ((wrong = print_migrations(all)) > 0)
		return err_set(e, ERR_CONFLICT,
		    "the database does not fit this version; "
		    "'migrate' applies what is missing");
	if ((r = run_admin_status(db, ad->arena, e)) == NULL)
		return -1;
	for (int i = 0; i < PQntuples(r); i++)
		printf("%-10s %s\n", PQgetvalue(r, i, 0), PQgetvalue(r, i, 1));
	return 0;
}

/* clang-format off */
const struct cmd admin_status = {
	"status", "", 0, 0, NULL,
	"Say whether the database fits, who works on it and what waits", status
};
/* clang-format on */
