/*
 * What the commands of mwctl share: where the server is, who we are there,
 * and how to speak with it.
 */
#ifndef CTL_H
#define CTL_H

#include <jansson.h>

#include "cli/cmd.h"

struct arena;
struct err;

struct ctl {
	struct arena *arena;
	int json;          /* for scripts: what the server said, as it is */
	const char *url;   /* without a slash at the end */
	const char *ca;    /* file, or NULL: what the system trusts */
	const char *token; /* NULL: not logged in */
	json_t *problem;   /* the server's last refusal, or NULL */
	int tty;           /* a person looks at stdout */
	int color;
};

/* Take the place and the token from options, environment and the file that
 * login wrote, in this order. */
int ctl_begin(const struct cmd_line *, void *ctl, struct err *)
    __attribute__((warn_unused_result));
/* Say what else the server said about its refusal. */
void ctl_failed(void *ctl);

/* Write the file that the next commands read, for this user alone; forget it
 * again (which is no error when there is none). */
int ctl_remember(struct ctl *, const char *username, struct err *)
    __attribute__((warn_unused_result));
int ctl_forget(struct ctl *, struct err *) __attribute__((warn_unused_result));

/* --json: print a document for scripts. */
void ctl_print_json(const json_t *);

extern const struct cmd ctl_datasets_add, ctl_datasets_list,
    ctl_datasets_profile, ctl_datasets_show;
extern const struct cmd ctl_login, ctl_logout, ctl_whoami;
extern const struct cmd ctl_predict;
extern const struct cmd ctl_runs_artifacts, ctl_runs_get, ctl_runs_metrics;
extern const struct cmd ctl_runs_cancel, ctl_runs_pause, ctl_runs_resume;
extern const struct cmd ctl_runs_events, ctl_runs_watch;
extern const struct cmd ctl_runs_list, ctl_runs_show, ctl_runs_start;

#endif
