#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fcgi/route.h"
#include "fcgi/upload.h"
#include "lib/auto.h"
#include "lib/conf.h"
#include "lib/data/profile.h"
#include "lib/data/reader.h"
#include "lib/json.h"
#include "lib/store.h"

#define BLOCK 65536

static void
remove_file(void *path)
{
	unlink(path);
}

static int
write_all(int fd, const char *p, size_t n, struct err *e)
{
	ssize_t k;

	for (; n > 0; p += k, n -= (size_t)k)
		if ((k = write(fd, p, n)) == -1) {
			if (errno != EINTR)
				return err_file(e, "write", "an upload");
			k = 0;
		}
	return 0;
}

/* From the socket to the file, one block at a time. */
static int
flow(struct req *req, struct upload *u, int fd, struct digest *d)
{
	long long max = req->conf->upload_max_mb << 20;
	char block[BLOCK];
	long n;

	while ((n = req_read(req, block, sizeof(block))) > 0) {
		if ((u->bytes += n) > max)
			return err_set(&req->err, ERR_TOO_LARGE,
			    "a data set may have %lld MiB",
			    req->conf->upload_max_mb);
		if (write_all(fd, block, (size_t)n, &req->err) == -1)
			return -1;
		digest_add(d, block, (size_t)n);
	}
	if (n == -1 ||
	    (req->content_length >= 0 && u->bytes != req->content_length))
		return err_set(&req->err, ERR_MALFORMED,
		    "the upload broke off after %lld bytes", u->bytes);
	return 0;
}

static int
receive(struct req *req, struct upload *u)
{
	auto_fd int fd = store_temp(
	    req->conf->data_dir, u->path, sizeof(u->path), &req->err);
	struct digest *d;
	int rc;

	if (fd == -1)
		return -1;
	arena_defer(req->arena, remove_file, u->path);
	d = digest_new();
	rc = flow(req, u, fd, d);
	digest_end(d, u->sha256);
	return rc;
}

static enum on_error
policy(const char *word)
{
	return strcmp(word, "skip") == 0   ? ON_ERROR_SKIP
	       : strcmp(word, "null") == 0 ? ON_ERROR_NULL
	                                   : ON_ERROR_FAIL;
}

/* One pass over the whole of it: what it holds, or where it is wrong. */
static int
read_through(struct req *req, struct upload *u, int format)
{
	json_t *p = profile_file(u->path, (enum data_format)format,
	    policy(req_get(req, "on_error")), NULL, &req->err);

	if (p == NULL) {
		/* The request is well-formed; it is the table that is not. */
		if (req->err.code == ERR_MALFORMED)
			req->err.code = ERR_INVALID;
		return -1;
	}
	u->format = data_format_names[format];
	u->rows = json_int(p, "rows", 0);
	u->columns = (long long)json_array_size(json_object_get(p, "columns"));
	u->profile = json_text(p, req->arena);
	json_decref(p);
	return 0;
}

struct upload *
upload_take(struct req *req)
{
	struct upload *u = arena_alloc(req->arena, sizeof(*u));
	int format = req->content_type != NULL
	                 ? reader_format_of_media(req->content_type)
	                 : -1;

	if (format == -1) {
		err_set(&req->err, ERR_UNSUPPORTED,
		    "the body must be text/csv, application/x-arff or "
		    "application/x-ndjson");
		return NULL;
	}
	if (req->content_length > req->conf->upload_max_mb << 20) {
		err_set(&req->err, ERR_TOO_LARGE,
		    "a data set may have %lld MiB", req->conf->upload_max_mb);
		return NULL;
	}
	if (receive(req, u) == -1 || read_through(req, u, format) == -1)
		return NULL;
	return u;
}
