/*
 * The settings: one table (lib/conf.c) of name, type, range, default and a
 * sentence, read from one file of "name = value" lines.
 */
#ifndef CONF_H
#define CONF_H

struct err;

struct conf {
	const char *database;      /* libpq conninfo, straight to PostgreSQL */
	const char *database_pool; /* the same through PgBouncer */
	const char *base_url;      /* what users type; no slash at the end */
	const char *share_dir, *libexec_dir, *data_dir, *run_dir, *keys_dir;
	const char *token_issuer;
	long long api_workers, api_upload_workers, api_worker_requests;
	long long api_idle_seconds;
	long long token_seconds;
	long long upload_max_mb, body_max_kb;
	long long pipeline_slots, job_memory_mb, job_seconds, job_attempts;
	long long train_threads;
	long long stream_clients;
	long long log_level;
};

enum conf_type { CONF_TEXT, CONF_NUMBER };

struct conf_setting {
	const char *name;
	enum conf_type type;
	unsigned short offset; /* in struct conf */
	const char *absent;    /* the default, as text */
	long long min, max;
	const char *help;
};

extern const struct conf_setting conf_settings[]; /* ends with a NULL name */

/* Read a file (NULL: the path in MODELWRIGHT_CONF, else
 * SYSCONFDIR/modelwright/modelwright.conf; a missing default file is no
 * error).  A wrong line fails with its number and what is allowed.  The
 * texts live until the process ends. */
int conf_load(struct conf *, const char *path, struct err *)
    __attribute__((warn_unused_result));

/* Where a setting came from: "default" or "FILE:LINE". */
const char *conf_origin(const struct conf_setting *);

#endif
