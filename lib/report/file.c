#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/banned.h"
#include "lib/err.h"
#include "lib/report/file.h"

int
file_write(const char *path, const void *bytes, size_t n, struct err *err)
{
	FILE *f;
	int whole;

	if ((f = fopen(path, "we")) == NULL)
		return err_set(err, ERR_INTERNAL, "cannot create '%s': %s",
		    path, strerror(errno));
	whole = fwrite(bytes, 1, n, f) == n;
	if (fclose(f) != 0 || !whole)
		return err_set(err, ERR_INTERNAL, "cannot write '%s': %s", path,
		    strerror(errno));
	return 0;
}

int
file_folder(const char *path, struct err *err)
{
	if (mkdir(path, 0777) == -1 && errno != EEXIST)
		return err_set(err, ERR_INTERNAL, "cannot make '%s': %s", path,
		    strerror(errno));
	return 0;
}
