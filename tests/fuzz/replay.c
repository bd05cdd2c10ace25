/*
 * Feeds a corpus to a fuzz harness that was built without a fuzzer: NAME_replay
 * takes each file of tests/fuzz/NAME, or of the files that are its arguments.
 */
#include "config.h"

#include <dirent.h>
#include <err.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tap.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
replay(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data;
	long n;

	if (f == NULL || fseek(f, 0, SEEK_END) == -1 || (n = ftell(f)) == -1)
		err(1, "%s", path);
	rewind(f);
	/* Exactly as large as the file, so that ASan sees a read past it. */
	if ((data = malloc(n > 0 ? (size_t)n : 1)) == NULL)
		err(1, "malloc");
	if (fread(data, 1, (size_t)n, f) != (size_t)n)
		err(1, "%s", path);
	fclose(f);
	LLVMFuzzerTestOneInput(data, (size_t)n);
	free(data);
	ok(1, "%s is read without a fault", path);
}

static int
visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

int
main(int argc, char **argv)
{
	const char *srcdir = getenv("srcdir"), *name = strrchr(argv[0], '/');
	struct dirent **list;
	char dir[512], path[1024];
	int n, len;

	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	if (argc > 1)
		return done();
	name = name == NULL ? argv[0] : name + 1;
	len = (int)strcspn(name, "_");
	snprintf(dir, sizeof(dir), "%s/tests/fuzz/%.*s",
	    srcdir == NULL ? "." : srcdir, len, name);
	if ((n = scandir(dir, &list, visible, alphasort)) == -1)
		err(1, "%s", dir);
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, list[i]->d_name);
		replay(path);
		free(list[i]);
	}
	free(list);
	ok(n > 0, "the corpus of %.*s is not empty", len, name);
	return done();
}
