#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fcgi/page.h"
#include "fcgi/route.h"
#include "fcgi/served.h"
#include "lib/conf.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/score/mws.h"
#include "lib/store.h"
#include "sql/sql.h"

#include "lib/banned.h"

#define MODELS 64 /* a worker; a map costs no memory until it is read */
#define FRESH  1  /* seconds that a name is believed to stand for its file */

static struct served table[MODELS];
static unsigned long long uses;

static long long
machine_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* The model's place, or the one that was not used for longest. */
static struct served *
place(const char *model)
{
	struct served *oldest = &table[0];

	for (int i = 0; i < MODELS; i++) {
		if (strcmp(table[i].model, model) == 0)
			return &table[i];
		if (table[i].used < oldest->used)
			oldest = &table[i];
	}
	return oldest;
}

static void
empty(struct served *s)
{
	mws_close(s->scorer);
	*s = (struct served){ 0 };
}

static int
map(struct served *s, struct req *req, const char *model, const char *digest)
{
	struct mws *scorer;
	char path[4096];

	store_path(req->conf->data_dir, digest, path, sizeof(path));
	if (store_check(req->conf->data_dir, digest, "the scorer", &req->err) ==
		-1 ||
	    (scorer = mws_open(path, &req->err)) == NULL) {
		log_err("model %s: %s", model, req->err.text);
		return err_set(&req->err, ERR_DAMAGED,
		    "the file of the model '%s' is damaged or lost: no "
		    "prediction is made until it is restored, or another "
		    "version is served",
		    model);
	}
	empty(s);
	s->scorer = scorer;
	snprintf(s->model, sizeof(s->model), "%s", model);
	snprintf(s->digest, sizeof(s->digest), "%s", digest);
	return 0;
}

static int
ask(struct served *s, struct req *req, const char *model)
{
	PGresult *r =
	    req->db == NULL
		? NULL
		: run_inference_model(req->db, req->arena,
		      (struct inference_model){ .model = model }, &req->err);
	const char *digest;

	if (req->db == NULL)
		return err_set(&req->err, ERR_BUSY, "the database is away");
	if (r == NULL)
		return -1;
	if (PQntuples(r) == 0) {
		if (strcmp(s->model, model) == 0)
			empty(s);
		return err_set(
		    &req->err, ERR_NOT_FOUND, "no model '%s' is served", model);
	}
	digest = PQgetvalue(r, 0, 1);
	if ((strcmp(s->model, model) != 0 || strcmp(s->digest, digest) != 0) &&
	    map(s, req, model, digest) == -1)
		return -1;
	s->version = (int)strtol(PQgetvalue(r, 0, 0), NULL, 10);
	return 0;
}

const struct served *
served_find(struct req *req, const char *model)
{
	unsigned moved = req->page->moved[CACHE_MODELS];
	long long now = machine_time();
	struct served *s = place(model);

	if (strcmp(s->model, model) != 0 || now - s->asked >= FRESH ||
	    s->moved != moved) {
		if (ask(s, req, model) == -1)
			return NULL;
		s->asked = now;
		s->moved = moved;
	}
	s->used = ++uses;
	return s;
}
