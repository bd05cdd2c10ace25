/*
 * mwctl: the client of a Modelwright server, for people and for scripts.
 */
#include "config.h"

#include <curl/curl.h>
#include <locale.h>

#include "cli/ctl.h"
#include "lib/arena.h"

#include "lib/banned.h"

/* clang-format off */
static const struct cmd *const commands[] = {
	&ctl_login,
	&ctl_logout,
	&ctl_whoami,
	&ctl_datasets_list,
	&ctl_datasets_show,
	&ctl_datasets_profile,
	&ctl_datasets_add,
	&ctl_runs_start,
	&ctl_runs_list,
	&ctl_runs_show,
	&ctl_runs_events,
	&ctl_runs_watch,
	&ctl_runs_cancel,
	&ctl_runs_pause,
	&ctl_runs_resume,
	&ctl_runs_artifacts,
	&ctl_runs_get,
	&ctl_runs_metrics,
	&ctl_predict,
	NULL
};

static const struct cmd_option options[] = {
	{ 0, "json", NULL, 0, "print what the server said, for scripts" },
	{ 0, "url", "URL", 0, "the server's address" },
	{ 0, "ca", "FILE", 0, "trust the certificates in FILE" },
	{ 0 }
};
/* clang-format on */

int
main(int argc, char **argv)
{
	static const struct cmd_program program = {
		.name = "mwctl",
		.help = "Work with a Modelwright server: data sets, runs, "
			"predictions",
		.options = options,
		.cmds = commands,
		.begin = ctl_begin,
		.failed = ctl_failed,
	};
	struct ctl c = { .arena = arena_new() };
	int rc;

	/* Texts are UTF-8 on the wire and here, whatever else is set. */
	setlocale(LC_CTYPE, "C.UTF-8");
	curl_global_init(CURL_GLOBAL_DEFAULT);
	rc = cmd_main(&program, argc, argv, &c);
	json_decref(c.problem);
	curl_global_cleanup();
	arena_free(c.arena);
	return rc;
}
