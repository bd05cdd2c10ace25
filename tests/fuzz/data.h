/*
 * What each fuzz harness of a table format does with its input: read it under
 * each policy, make a frame and a profile of it, and see that they agree.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/data/frame.h"
#include "lib/data/profile.h"
#include "lib/data/reader.h"
#include "lib/err.h"
#include "lib/json.h"
#include "tests/fuzz/harness.h"

static void
agree(const struct frame *f, const json_t *profile)
{
	const json_t *columns = json_object_get(profile, "columns");

	if (json_array_size(columns) != f->ncols ||
	    (size_t)json_int(profile, "rows", -1) != f->nrows)
		abort();
	for (size_t i = 0; i < f->ncols; i++) {
		const json_t *c = json_array_get(columns, i);
		size_t missing = 0;

		for (size_t k = 0; k < f->nrows; k++)
			missing += f->column[i].number != NULL
			               ? f->column[i].number[k] !=
			                     f->column[i].number[k]
			               : f->column[i].code[k] == -1;
		if (strcmp(json_str(c, "name", ""), f->column[i].name) != 0 ||
		    strcmp(json_str(c, "type", ""),
			column_type_names[f->column[i].type]) != 0 ||
		    (size_t)json_int(c, "missing", -1) != missing)
			abort();
	}
}

static void
fuzz(const uint8_t *data, size_t n, enum data_format format)
{
	for (int policy = ON_ERROR_FAIL; policy <= ON_ERROR_NULL; policy++) {
		struct err e = { 0 };
		struct reader *r = reader_open_text(
		    (const char *)data, n, format, (enum on_error)policy, &e);
		json_t *profile = NULL;
		struct frame *f;

		if (r == NULL) {
			if (e.code == ERR_NONE || e.line < 1 || e.column < 1)
				abort();
			continue;
		}
		f = frame_of(r, &e);
		if (f == NULL && e.code == ERR_NONE)
			abort();
		reader_rewind(r);
		if (f != NULL) {
			profile =
			    profile_reader(r, f->column[f->ncols - 1].name, &e);
			if (profile == NULL)
				abort();
			agree(f, profile);
		}
		json_decref(profile);
		frame_free(f);
		reader_close(r);
	}
}
