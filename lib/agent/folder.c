#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/agent/folder.h"
#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/err.h"

/* More definitions than this are no folder of definitions. */
#define FOLDER_MAX 256

char *
folder_read(
    const char *path, size_t max, size_t *n, struct arena *a, struct err *e)
{
	auto_file FILE *f = fopen(path, "re");
	struct stat st;
	char *text;

	if (f == NULL) {
		err_set(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_INTERNAL,
		    "cannot open '%s': %s", path, strerror(errno));
		return NULL;
	}
	if (fstat(fileno(f), &st) == -1 || (size_t)st.st_size > max) {
		err_set(e, ERR_TOO_LARGE, "'%s' has more than %zu bytes", path,
		    max);
		return NULL;
	}
	text = arena_alloc(a, (size_t)st.st_size + 1);
	*n = fread(text, 1, (size_t)st.st_size, f);
	if (ferror(f)) {
		err_set(e, ERR_INTERNAL, "cannot read '%s'", path);
		return NULL;
	}
	text[*n] = '\0';
	return text;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
has_suffix(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n > m && *s != '.' && strcmp(s + n - m, suffix) == 0;
}

/* The names, sorted; -1 when the folder cannot be read. */
static int
names(const char *dir, const char *suffix, char *list[FOLDER_MAX],
    struct arena *a, struct err *e)
{
	const struct dirent *entry;
	DIR *d = opendir(dir);
	int n = 0;

	if (d == NULL)
		return err_set(e, ERR_INTERNAL, "cannot open '%s': %s", dir,
		    strerror(errno));
	while ((entry = readdir(d)) != NULL && n < FOLDER_MAX)
		if (has_suffix(entry->d_name, suffix))
			list[n++] = arena_strdup(a, entry->d_name);
	closedir(d);
	qsort(list, (size_t)n, sizeof(*list), by_name);
	return n;
}

void **
folder_load(const char *dir, const char *suffix, size_t max,
    folder_parse_fn *parse, struct arena *a, struct err *e)
{
	char *list[FOLDER_MAX];
	const char *text;
	void **out;
	size_t size;
	int n;

	if ((n = names(dir, suffix, list, a, e)) == -1)
		return NULL;
	out = arena_alloc(a, ((size_t)n + 1) * sizeof(*out));
	for (int i = 0; i < n; i++) {
		text = folder_read(
		    arena_printf(a, "%s/%s", dir, list[i]), max, &size, a, e);
		if (text == NULL)
			return NULL;
		if ((out[i] = parse(text, size, a, e)) == NULL) {
			char said[sizeof(e->text)];

			memcpy(said, e->text, sizeof(said));
			snprintf(e->text, sizeof(e->text), "%s: %.400s",
			    list[i], said);
			return NULL;
		}
	}
	return out;
}
