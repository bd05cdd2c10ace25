/*
 * Profile one file and print it: what bench/profile.py measures.
 */
#include "config.h"

#include <err.h>
#include <jansson.h>
#include <stdio.h>

#include "lib/data/profile.h"
#include "lib/data/reader.h"
#include "lib/err.h"

int
main(int argc, char **argv)
{
	struct err e = { 0 };
	json_t *profile;
	int format;

	if (argc < 2)
		errx(2, "usage: profile_one FILE [TARGET]");
	if ((format = reader_format_of_name(argv[1])) == -1)
		errx(2, "the name of '%s' ends in no known format", argv[1]);
	profile = profile_file(argv[1], (enum data_format)format, ON_ERROR_FAIL,
	    argc > 2 ? argv[2] : NULL, &e);
	if (profile == NULL)
		errx(1, "line %ld, column %ld: %s", e.line, e.column, e.text);
	json_dumpf(profile, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(profile);
	return 0;
}
