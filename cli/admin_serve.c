/*
 * modelwright-admin serve: put a finished run's model up for prediction.
 */
#include "config.h"

#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "cli/admin.h"
#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/db.h"
#include "lib/digest.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/score/mws.h"
#include "lib/store.h"
#include "sql/sql.h"

#include "lib/banned.h"

static const char *const tasks[] = {
	[MWS_BINARY] = "binary",
	[MWS_MULTICLASS] = "multiclass",
	[MWS_REGRESSION] = "regression",
};

/* What the scorer says about itself; NULL when it is not whole. */
static json_t *
look_inside(struct admin *ad, const char *sha256, const char *target,
    const char *bundle, struct err *e)
{
	char path[PATH_MAX], hex[DIGEST_HEX];
	struct mws *m;
	json_t *v;

	store_path(ad->conf.data_dir, sha256, path, sizeof(path));
	if (digest_file(path, hex, NULL, e) == -1)
		return NULL;
	if (strcmp(hex, sha256) != 0) {
		err_set(e, ERR_INTERNAL,
		    "'%s' is damaged: its digest is another", path);
		return NULL;
	}
	if ((m = mws_open(path, e)) == NULL)
		return NULL;
	v = json_pack("{s:s, s:s, s:s?, s:[]}", "task", tasks[mws_task(m)],
	    "target", target, "bundle", bundle, "labels");
	for (int i = 0; i < mws_nlabels(m); i++)
		json_array_append_new(
		    json_object_get(v, "labels"), json_string(mws_label(m, i)));
	mws_close(m);
	return v;
}

static int
serve(const struct cmd_line *l, void *arg, struct err *e)
{
	struct admin *ad = arg;
	const char *run = l->word[0], *model = cmd_option(l, "as"), *scorer;
	struct db *db = admin_db(ad, e);
	PGresult *r;

	if (db == NULL ||
	    (r = run_admin_serve_run(db, ad->arena,
		 (struct admin_serve_run){ .run_id = run }, e)) == NULL)
		return -1;
	if (PQntuples(r) == 0)
		return err_set(e, ERR_NOT_FOUND, "there is no run '%s'", run);
	if (strcmp(PQgetvalue(r, 0, 0), "succeeded") != 0)
		return err_set(e, ERR_CONFLICT,
		    "%s is %s; only a run that succeeded can be served", run,
		    PQgetvalue(r, 0, 0));
	if (PQgetisnull(r, 0, 2))
		return err_set(e, ERR_CONFLICT, "%s made no scorer", run);
	scorer = PQgetvalue(r, 0, 2);
	auto_json json_t *manifest =
	    look_inside(ad, scorer, PQgetvalue(r, 0, 1),
		PQgetisnull(r, 0, 3) ? NULL : PQgetvalue(r, 0, 3), e);
	if (manifest == NULL)
		return -1;
	r = run_admin_serve(db, ad->arena,
	    (struct admin_serve){ .run_id = run,
		.model = model,
		.digest = scorer,
		.manifest = json_text(manifest, ad->arena),
		.actor = admin_actor(ad) },
	    e);
	if (r == NULL)
		return -1;
	printf("%s version %s is %s's model %.12s…\n", model,
	    PQgetvalue(r, 0, 0), run, scorer);
	return 0;
}

/* clang-format off */
static const struct cmd_option serve_options[] = {
	{ 0, "as", "MODEL", 1, "the name under which it answers" },
	{ 0 }
};

const struct cmd admin_serve = {
	"serve", "RUN", 1, 1, serve_options,
	"Put a finished run's model up for prediction", serve
};
/* clang-format on */
