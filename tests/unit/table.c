/*
 * Widths on a terminal, and what strangers may write on it.
 */
#include "config.h"

#include <locale.h>

#include "cli/table.c"
#include "tests/tap.h"

int
main(void)
{
	struct ctl c = { .arena = arena_new() };

	setlocale(LC_CTYPE, "C.UTF-8");
	ok(table_width("Oslo") == 4, "letters take a column");
	ok(table_width("Köln") == 4, "with marks as well");
	ok(table_width("東京") == 4, "ideographs take two");
	ok(table_width("e\xcc\x81") == 1, "a combining mark takes none");
	ok(table_width("\xff\xfe") == 2, "a byte that is no text takes one");
	ok(strcmp(table_clean(&c, "a\033[31mb\a"), "a?[31mb?") == 0,
	    "control characters are made harmless");
	ok(strcmp(table_clean(&c, "a\nb\tc"), "a b c") == 0,
	    "lines stay lines");
	ok(strcmp(table_clean(&c, "\xc2\x9b"
				  "31m"),
	       "?31m") == 0,
	    "those of ISO 6429 too");
	ok(strcmp(table_clean(&c, "a\xe2\x80\xae"
				  "b"),
	       "a?b") == 0,
	    "nor does anybody turn the writing round");
	ok(strcmp(table_clean(&c, "a\xffz\xc3"), "a?z?") == 0,
	    "bytes that are no UTF-8");
	ok(strcmp(table_clean(&c, "Köln 東京 ☂"), "Köln 東京 ☂") == 0,
	    "everything else stays");
	ok(*table_paint_on(&c, PAINT_BAD) == '\0', "no paint unless wished");
	arena_free(c.arena);
	return done();
}
