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
		return err_file(err, "create", path);
	whole = fwrite(bytes, 1, n, f) == n;
	if (fclose(f) != 0 || !whole)
		return err_file(err, "write", path);
	return 0;
}

int
file_folder(const char *path, struct err *err)
{
	if (mkdir(path, 0777) == -1 && errno != EEXIST)
		return err_file(err, "make", path);
	return 0;
}
