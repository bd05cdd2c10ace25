#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/err.h"
#include "lib/store.h"

static int
make_dir(const char *path, struct err *e)
{
	if (mkdir(path, 0750) == -1 && errno != EEXIST)
		return err_file(e, "make directory", path);
	return 0;
}

static int
sync_dir(const char *path, struct err *e)
{
	auto_fd int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1 || fsync(fd) == -1)
		return err_file(e, "sync", path);
	return 0;
}

void
store_path(const char *data_dir, const char *sha256, char *out, size_t n)
{
	snprintf(out, n, "%s/objects/%.2s/%s", data_dir, sha256, sha256 + 2);
}

int
store_temp(const char *data_dir, char *path, size_t n, struct err *e)
{
	int fd;

	snprintf(path, n, "%s/tmp", data_dir);
	if (make_dir(path, e) == -1)
		return -1;
	snprintf(path, n, "%s/tmp/XXXXXX", data_dir);
	if ((fd = mkostemp(path, O_CLOEXEC)) == -1)
		return err_file(e, "make a file in", data_dir);
	return fd;
}

static int
write_all(int fd, const char *p, size_t n)
{
	ssize_t k;

	while (n > 0) {
		if ((k = write(fd, p, n)) == -1) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		p += k;
		n -= (size_t)k;
	}
	return 0;
}

/* Sync a complete temporary file and give it its name. */
static int
settle(
    const char *data_dir, const char *temp, const char *sha256, struct err *e)
{
	char path[4096], dir[4096];
	auto_fd int fd = open(temp, O_RDONLY | O_CLOEXEC);

	if (fd == -1 || fsync(fd) == -1)
		return err_file(e, "sync", temp);
	if (fchmod(fd, 0640) == -1)
		return err_file(e, "set the mode of", temp);
	snprintf(dir, sizeof(dir), "%s/objects", data_dir);
	if (make_dir(dir, e) == -1)
		return -1;
	snprintf(dir, sizeof(dir), "%s/objects/%.2s", data_dir, sha256);
	if (make_dir(dir, e) == -1)
		return -1;
	store_path(data_dir, sha256, path, sizeof(path));
	if (rename(temp, path) == -1)
		return err_file(e, "rename to", path);
	return sync_dir(dir, e);
}

int
store_put(const char *data_dir, const void *p, size_t n, struct stored *out,
    struct err *e)
{
	char temp[4096], path[4096], hex[DIGEST_HEX];
	struct stat st;
	int rc = 0;

	digest_mem(p, n, out->sha256);
	out->bytes = (long long)n;
	store_path(data_dir, out->sha256, path, sizeof(path));
	/* One that was damaged is written anew. */
	if (stat(path, &st) == 0 && st.st_size == (off_t)n &&
	    digest_file(path, hex, NULL, e) == 0 &&
	    strcmp(hex, out->sha256) == 0)
		return 0;
	auto_fd int fd = store_temp(data_dir, temp, sizeof(temp), e);
	if (fd == -1)
		return -1;
	if (write_all(fd, p, n) == -1)
		rc = err_file(e, "write", temp);
	if (rc == 0)
		rc = settle(data_dir, temp, out->sha256, e);
	if (rc == -1)
		unlink(temp);
	return rc;
}

int
store_take(
    const char *data_dir, const char *path, struct stored *out, struct err *e)
{
	if (digest_file(path, out->sha256, &out->bytes, e) == -1)
		return -1;
	return settle(data_dir, path, out->sha256, e);
}

int
store_put_file(
    const char *data_dir, const char *path, struct stored *out, struct err *e)
{
	char temp[4096], block[65536];
	ssize_t n;
	int rc = 0;
	auto_fd int from = open(path, O_RDONLY | O_CLOEXEC);

	if (from == -1)
		return err_file(e, "open", path);
	auto_fd int fd = store_temp(data_dir, temp, sizeof(temp), e);
	if (fd == -1)
		return -1;
	while (rc == 0 && (n = read(from, block, sizeof(block))) != 0)
		if (n == -1)
			rc = err_file(e, "read", path);
		else if (write_all(fd, block, (size_t)n) == -1)
			rc = err_file(e, "write", temp);
	if (rc == 0)
		rc = store_take(data_dir, temp, out, e);
	if (rc == -1)
		unlink(temp);
	return rc;
}

int
store_check(
    const char *data_dir, const char *sha256, const char *what, struct err *e)
{
	char path[4096], hex[DIGEST_HEX];

	store_path(data_dir, sha256, path, sizeof(path));
	if (access(path, F_OK) == -1 && errno == ENOENT)
		return err_set(e, ERR_NOT_FOUND,
		    "%s: its bytes are not in the store", what);
	if (digest_file(path, hex, NULL, e) == -1)
		return -1;
	if (strcmp(hex, sha256) != 0)
		return err_set(e, ERR_DAMAGED,
		    "%s is damaged: its bytes no longer have the digest "
		    "%.12s… that was recorded",
		    what, sha256);
	return 0;
}
