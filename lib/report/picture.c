#include "config.h"

#include <limits.h>
#include <stdio.h>

#include "lib/arena.h"
#include "lib/banned.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/report/figure.h"
#include "lib/report/file.h"
#include "lib/report/picture.h"

#define WIDTH 300 /* in points */

static int
write_one(const struct plot *p, int svg, const char *dir, const char *column,
    json_t *files, struct err *err)
{
	char path[PATH_MAX], name[100];
	double h = plot_height(p, WIDTH - 16) + 16;
	int n;

	snprintf(
	    name, sizeof(name), "plots/%s.%s", p->name, svg ? "svg" : "png");
	n = snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (n < 0 || n >= PATH_MAX)
		return err_set(
		    err, ERR_INTERNAL, "path is too long: '%.100s…'", dir);
	if ((svg ? plot_svg : plot_png)(p, WIDTH, h, path, err) == -1)
		return -1;
	json_array_append_new(files,
	    json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", name, "kind", "plot",
		"media_type", svg ? "image/svg+xml" : "image/png", "path", path,
		"column", column));
	return 0;
}

json_t *
picture_columns(const json_t *profile, const char *dir, struct err *err)
{
	const json_t *columns = json_object_get(profile, "columns"), *c;
	struct arena *a = arena_new();
	json_t *files = json_array();
	char path[PATH_MAX];
	size_t i;
	int r;

	snprintf(path, sizeof(path), "%s/plots", dir);
	r = file_folder(path, err);
	json_array_foreach (columns, i, c) {
		const char *name = json_str(c, "name", "");
		const struct plot *p;

		if (r == -1 || i == PICTURE_COLUMNS_MAX)
			break;
		p = figure_column(a, c, i + 1, NULL);
		if (p == NULL)
			continue;
		if (write_one(p, 1, dir, name, files, err) == -1 ||
		    write_one(p, 0, dir, name, files, err) == -1)
			r = -1;
	}
	arena_free(a);
	if (r == 0)
		return files;
	json_decref(files);
	return NULL;
}
