#include "config.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/agent/devprofile.h"
#include "lib/auto.h"
#include "lib/data/frame.h"
#include "lib/data/profile.h"
#include "lib/err.h"

static json_t *
date_json(double seconds)
{
	time_t t = (time_t)floor(seconds);
	char text[40];
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return json_null();
	return json_string(text);
}

static json_t *
cell_json(const struct column *c, size_t row)
{
	json_t *v;
	double x;

	if (c->number == NULL) {
		if (c->code[row] < 0)
			return json_null();
		v = json_string(c->level[c->code[row]]);
		return v != NULL ? v : json_null();
	}
	x = c->number[row];
	if (!isfinite(x))
		return json_null();
	if (c->type == COL_DATETIME)
		return date_json(x);
	if (c->type == COL_INTEGER && fabs(x) < 9e15)
		return json_integer((json_int_t)x);
	return json_real(x);
}

json_t *
devprofile_row(const struct frame *f, size_t row)
{
	json_t *v = json_object();

	for (size_t i = 0; i < f->ncols; i++)
		json_object_set_new(
		    v, f->column[i].name, cell_json(&f->column[i], row));
	return v;
}

static int
write_rows(const struct frame *f, FILE *out)
{
	size_t n =
	    f->nrows < DEVPROFILE_ROWS_MAX ? f->nrows : DEVPROFILE_ROWS_MAX;
	json_t *row;

	for (size_t i = 0; i < n; i++) {
		row = devprofile_row(
		    f, (size_t)((double)i * (double)f->nrows / (double)n));
		json_dumpf(row, out, JSON_COMPACT);
		putc('\n', out);
		json_decref(row);
	}
	return ferror(out) || fflush(out) == EOF ? -1 : 0;
}

json_t *
devprofile_make(
    const struct frame *f, const char *target, const char *dir, struct err *e)
{
	auto_file FILE *out = NULL;
	char path[4200];

	snprintf(path, sizeof(path), "%s/rows.jsonl", dir);
	if ((out = fopen(path, "we")) == NULL || write_rows(f, out) == -1) {
		err_file(e, "write", path);
		return NULL;
	}
	return profile_file(path, DATA_JSONL, ON_ERROR_FAIL, target, e);
}
