/*
 * modelwright-admin verify-run: train a finished run again.
 */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/admin.h"
#include "lib/err.h"

#include "lib/banned.h"

/* The work is modelwright-job's, which has the learners: become it. */
static int
verify_run(const struct cmd_line *l, void *arg, struct err *e)
{
	struct admin *ad = arg;
	const char *conf = cmd_option(l, "config");
	char path[PATH_MAX];

	snprintf(
	    path, sizeof(path), "%s/modelwright-job", ad->conf.libexec_dir);
	if (conf != NULL && setenv("MODELWRIGHT_CONF", conf, 1) == -1)
		return err_set(e, ERR_INTERNAL, "cannot pass on the settings");
	/* Waiting threads sleep; see workers/child.c. */
	setenv("OMP_WAIT_POLICY", "passive", 0);
	execl(path, "modelwright-job", "--verify", l->word[0], (char *)NULL);
	return err_set(
	    e, ERR_INTERNAL, "cannot run '%s': %s", path, strerror(errno));
}

/* clang-format off */
const struct cmd admin_verify_run = {
	"verify-run", "RUN", 1, 1, NULL,
	"Train a finished run again, and compare the models' digests", verify_run
};
/* clang-format on */
