#include "config.h"

#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/conf.h"
#include "lib/err.h"

#define TEXT(m)   CONF_TEXT, offsetof(struct conf, m)
#define NUMBER(m) CONF_NUMBER, offsetof(struct conf, m)

/* clang-format off */
const struct conf_setting conf_settings[] = {
	{ "database",		TEXT(database),	     "dbname=modelwright", 0, 0,
	  "libpq connection string straight to PostgreSQL, for daemons and administration" },
	{ "database_pool",	TEXT(database_pool), "host=/run/pgbouncer dbname=modelwright", 0, 0,
	  "libpq connection string through PgBouncer in transaction mode, for the API workers" },
	{ "base_url",		TEXT(base_url),	     "https://localhost", 0, 0,
	  "address under which users reach this server, without a slash at the end" },
	{ "share_dir",		TEXT(share_dir),     SHAREDIR, 0, 0,
	  "agents, templates, knowledge and the OpenAPI document" },
	{ "libexec_dir",	TEXT(libexec_dir),   PKGLIBEXECDIR, 0, 0,
	  "where modelwright-job is" },
	{ "data_dir",		TEXT(data_dir),	     "/var/lib/modelwright", 0, 0,
	  "data sets, artifacts and bundles" },
	{ "run_dir",		TEXT(run_dir),	     "/run/modelwright", 0, 0,
	  "the sockets of the API workers and of the stream server" },
	{ "keys_dir",		TEXT(keys_dir),	     SYSCONFDIR "/modelwright/keys", 0, 0,
	  "private keys that sign access tokens, one KID.pem each" },
	{ "token_issuer",	TEXT(token_issuer),  "modelwright", 0, 0,
	  "the iss and aud of our access tokens" },
	{ "token_seconds",	NUMBER(token_seconds),	     "600",   30, 86400,
	  "how long an access token is good for" },
	{ "api_workers",	NUMBER(api_workers),	     "4",      1, 256,
	  "processes that answer requests" },
	{ "api_upload_workers", NUMBER(api_upload_workers),  "2",      1, 256,
	  "processes that take uploads, one at a time each" },
	{ "api_worker_requests", NUMBER(api_worker_requests), "100000", 1, 1000000000,
	  "requests after which a worker makes room for a fresh one" },
	{ "api_idle_seconds",	NUMBER(api_idle_seconds),    "30",     1, 3600,
	  "seconds that a draining worker has for its last request" },
	{ "upload_max_mb",	NUMBER(upload_max_mb),	     "2048",   1, 1048576,
	  "largest data set that may be uploaded" },
	{ "body_max_kb",	NUMBER(body_max_kb),	     "1024",   1, 65536,
	  "largest JSON body of a request" },
	{ "pipeline_slots",	NUMBER(pipeline_slots),	     "2",      1, 64,
	  "runs that one modelwright-pipelined works on at a time" },
	{ "job_memory_mb",	NUMBER(job_memory_mb),	     "4096", 256, 1048576,
	  "memory that the child process of a job may take" },
	{ "job_seconds",	NUMBER(job_seconds),	     "7200",   1, 604800,
	  "longest time for one attempt at a job" },
	{ "job_attempts",	NUMBER(job_attempts),	     "5",      1, 100,
	  "attempts at a job before it is dead and its run crashed" },
	{ "train_threads",	NUMBER(train_threads),	     "0",      0, 256,
	  "threads of one training job; 0 takes the cores that there are" },
	{ "stream_clients",	NUMBER(stream_clients),	     "10000",  1, 1000000,
	  "clients that the stream server serves at a time" },
	{ "log_level",		NUMBER(log_level),	     "6",      3, 7,
	  "3 errors, 4 warnings, 6 information, 7 debugging" },
	{ 0 }
};
/* clang-format on */

static const char *origins[sizeof(conf_settings) / sizeof(conf_settings[0])];

static int
set(struct conf *c, const struct conf_setting *s, const char *value,
    const char *origin, struct err *e)
{
	void *at = (char *)c + s->offset;
	long long n;
	char *end;

	if (s->type == CONF_TEXT) {
		if (*value == '\0')
			return err_set(
			    e, ERR_INVALID, "%s: %s is empty", origin, s->name);
		if ((*(const char **)at = strdup(value)) == NULL)
			err(1, "conf");
	} else {
		errno = 0;
		n = strtoll(value, &end, 10);
		if (errno != 0 || end == value || *end != '\0' || n < s->min ||
		    n > s->max)
			return err_set(e, ERR_INVALID,
			    "%s: %s must be a whole number from %lld to %lld",
			    origin, s->name, s->min, s->max);
		*(long long *)at = n;
	}
	if ((origins[s - conf_settings] = strdup(origin)) == NULL)
		err(1, "conf");
	return 0;
}

static char *
trim(char *s)
{
	char *end;

	while (isspace((unsigned char)*s))
		s++;
	end = s + strlen(s);
	while (end > s && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return s;
}

static int
read_line(struct conf *c, char *line, const char *origin, struct err *e)
{
	char *name = trim(line), *eq;

	if (*name == '\0' || *name == '#')
		return 0;
	if ((eq = strchr(name, '=')) == NULL)
		return err_set(e, ERR_INVALID,
		    "%s: a line must read 'name = value'", origin);
	*eq = '\0';
	name = trim(name);
	for (const struct conf_setting *s = conf_settings; s->name; s++)
		if (strcmp(s->name, name) == 0)
			return set(c, s, trim(eq + 1), origin, e);
	return err_set(
	    e, ERR_INVALID, "%s: there is no setting '%s'", origin, name);
}

int
conf_load(struct conf *c, const char *path, struct err *e)
{
	const char *named = path != NULL ? path : getenv("MODELWRIGHT_CONF");
	char line[4096], origin[512];
	int n = 0;

	*c = (struct conf){ 0 };
	for (const struct conf_setting *s = conf_settings; s->name; s++)
		if (set(c, s, s->absent, "default", e) == -1)
			return -1;
	path =
	    named != NULL ? named : SYSCONFDIR "/modelwright/modelwright.conf";
	auto_file FILE *f = fopen(path, "re");
	if (f == NULL) {
		if (named == NULL && errno == ENOENT)
			return 0;
		return err_set(e, ERR_INVALID, "cannot open '%s': %s", path,
		    strerror(errno));
	}
	while (fgets(line, sizeof(line), f) != NULL) {
		snprintf(origin, sizeof(origin), "%s:%d", path, ++n);
		if (strchr(line, '\n') == NULL && !feof(f))
			return err_set(e, ERR_INVALID,
			    "%s: the line is longer than %zu bytes", origin,
			    sizeof(line) - 2);
		if (read_line(c, line, origin, e) == -1)
			return -1;
	}
	return 0;
}

const char *
conf_origin(const struct conf_setting *s)
{
	return origins[s - conf_settings];
}
