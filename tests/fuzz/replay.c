/*
 * A main for a fuzz harness: its corpus, tests/fuzz/NAME/, once, as TAP.
 */
#include "config.h"

#include <dirent.h>
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/harness.h"
#include "tests/tap.h"

static int
visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static void
replay(const char *dir, const char *name)
{
	char path[4096];
	unsigned char *data;
	FILE *f;
	long n;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if ((f = fopen(path, "re")) == NULL || fseek(f, 0, SEEK_END) == -1 ||
	    (n = ftell(f)) == -1)
		err(1, "%s", path);
	rewind(f);
	/* Exactly as long as the input, so that ASan sees a byte too many. */
	if ((data = malloc(n > 0 ? (size_t)n : 1)) == NULL ||
	    fread(data, 1, (size_t)n, f) != (size_t)n)
		err(1, "%s", path);
	fclose(f);
	LLVMFuzzerTestOneInput(data, (size_t)n);
	free(data);
	ok(1, "%s", name);
}

int
main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/'), *src = getenv("srcdir");
	const char *self = slash != NULL ? slash + 1 : argv[0];
	struct dirent **entry;
	char dir[2048];
	int n;

	/* libtool's and gdb's names begin otherwise; ours is the corpus's. */
	if (strncmp(self, "lt-", 3) == 0)
		self += 3;
	snprintf(dir, sizeof(dir), "%s/tests/fuzz/%s", src != NULL ? src : ".",
	    self);
	if (argc > 1)
		snprintf(dir, sizeof(dir), "%s", argv[1]);
	if ((n = scandir(dir, &entry, visible, alphasort)) == -1)
		err(1, "%s", dir);
	for (int i = 0; i < n; i++) {
		replay(dir, entry[i]->d_name);
		free(entry[i]);
	}
	free(entry);
	return done();
}
