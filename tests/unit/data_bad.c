/*
 * What bad tables get: the code, the place, the words, and what the policies
 * make of them.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "lib/data/frame.h"
#include "lib/data/limits.h"
#include "lib/data/reader.h"
#include "lib/err.h"
#include "tests/tap.h"

#define NUL "\x01" /* stands for a NUL byte in the table */

/* skip and null: the rows that are left, -1 where it fails as well. */
/* clang-format off */
static const struct {
	const char *what, *text;
	enum data_format format;
	enum err_code code;
	long line, column;
	const char *says;
	int skip, null;
} cases[] = {
	/* CSV */
	{ "an empty file", "", DATA_CSV,
	  ERR_INVALID, 1, 1, "is empty", -1, -1 },
	{ "a file of empty lines", "\n\r\n\n", DATA_CSV,
	  ERR_INVALID, 1, 1, "only empty lines", -1, -1 },
	{ "a header and no row", "a,b\n", DATA_CSV,
	  ERR_INVALID, 2, 1, "only the header", -1, -1 },
	{ "a short row", "a,b\n1,2\n3\n5,6\n", DATA_CSV,
	  ERR_MALFORMED, 3, 2, "1 value(s) in a row of a table of 2", 2, 3 },
	{ "a long row", "a,b\n1,2\n3,4,5\n5,6\n", DATA_CSV,
	  ERR_MALFORMED, 3, 5, "3 values in a row of a table of 2", 2, 3 },
	{ "a long row behind a value of two lines", "a,b\n1,\"x\ny\"\n3,4,5\n", DATA_CSV,
	  ERR_MALFORMED, 4, 5, "3 values", 1, 2 },
	{ "a file cut short", "a,b\n1,2\n3", DATA_CSV,
	  ERR_MALFORMED, 3, 2, "cut short", 1, 2 },
	{ "a quote within a value", "a,b\n1,2\n3,4\" x\n5,6\n", DATA_CSV,
	  ERR_MALFORMED, 3, 4, "quote the whole value", 2, 3 },
	{ "text behind a closing quote", "a,b\n1,\"2\"x\n3,4\n", DATA_CSV,
	  ERR_MALFORMED, 2, 6, "behind the closing quote", 1, 2 },
	{ "a quote that is never closed", "a,b\n1,2\n3,\"4\n5,6\n", DATA_CSV,
	  ERR_MALFORMED, 3, 3, "not closed before the file ends", 2, 3 },
	{ "two columns of one name", "a,b,a\n1,2,3\n", DATA_CSV,
	  ERR_INVALID, 1, 5, "two columns have the name 'a'", -1, -1 },
	{ "a NUL byte", "a,b\n1,2\n3," NUL "\n", DATA_CSV,
	  ERR_MALFORMED, 3, 3, "NUL byte", -1, -1 },
	{ "Latin-1", "a,b\n1,M\xfcnchen\n2,x\n", DATA_CSV,
	  ERR_MALFORMED, 2, 4, "byte 0xfc is not UTF-8", 1, 2 },
	{ "Latin-1 in quotes", "a,b\n1,\"M\xfcnchen\"\n2,x\n", DATA_CSV,
	  ERR_MALFORMED, 2, 5, "byte 0xfc is not UTF-8", 1, 2 },
	{ "Latin-1 in a name", "a,gr\xf6\xdf" "e\n1,2\n", DATA_CSV,
	  ERR_MALFORMED, 1, 5, "not UTF-8", -1, -1 },
	{ "half a surrogate in UTF-8", "a,b\n1,\xed\xa0\x80\n2,3\n", DATA_CSV,
	  ERR_MALFORMED, 2, 3, "not UTF-8", 1, 2 },
	{ "UTF-16", "\xff\xfe" "a", DATA_CSV,
	  ERR_MALFORMED, 1, 1, "UTF-16", -1, -1 },
	{ "gzip", "\x1f\x8b\x08", DATA_CSV,
	  ERR_MALFORMED, 1, 1, "gzip", -1, -1 },
	{ "an Excel file", "PK\x03\x04 and so on", DATA_CSV,
	  ERR_MALFORMED, 1, 1, "Excel", -1, -1 },
	/* ARFF */
	{ "ARFF that is CSV", "a,b\n1,2\n", DATA_ARFF,
	  ERR_MALFORMED, 1, 1, "is this ARFF?", -1, -1 },
	{ "ARFF without @data", "@relation r\n@attribute a numeric\n", DATA_ARFF,
	  ERR_INVALID, 3, 1, "ends before @data", -1, -1 },
	{ "ARFF without attributes", "@relation r\n@data\n1\n", DATA_ARFF,
	  ERR_INVALID, 3, 1, "no attribute is declared", -1, -1 },
	{ "ARFF without rows", "@attribute a numeric\n@data\n% none\n", DATA_ARFF,
	  ERR_INVALID, 4, 1, "no row of values", -1, -1 },
	{ "an unknown type", "@attribute a float\n@data\n1\n", DATA_ARFF,
	  ERR_MALFORMED, 1, 14, "'float' is no type", -1, -1 },
	{ "a relational attribute", "@attribute a relational\n@data\n", DATA_ARFF,
	  ERR_INVALID, 1, 14, "relational", -1, -1 },
	{ "levels that are not closed", "@attribute a {x, y\n@data\n", DATA_ARFF,
	  ERR_MALFORMED, 1, 19, "not closed", -1, -1 },
	{ "a level declared twice", "@attribute a {x, y, x}\n@data\n", DATA_ARFF,
	  ERR_INVALID, 1, 21, "declared twice", -1, -1 },
	{ "no levels", "@attribute a {}\n@data\n", DATA_ARFF,
	  ERR_INVALID, 1, 15, "without levels", -1, -1 },
	{ "an attribute declared twice", "@attribute a real\n@attribute a real\n@data\n", DATA_ARFF,
	  ERR_INVALID, 2, 12, "two columns have the name", -1, -1 },
	{ "a date's pattern", "@attribute a date 'EEE dd'\n@data\n", DATA_ARFF,
	  ERR_INVALID, 1, 19, "'E' in a date's pattern", -1, -1 },
	{ "a level that is not declared", "@attribute a {x,y}\n@data\nx\nz\ny\n", DATA_ARFF,
	  ERR_MALFORMED, 4, 1, "'z' is not among the 2 levels", 2, 3 },
	{ "text for a number", "@attribute a real\n@attribute b real\n@data\n1,2\n1,x\n", DATA_ARFF,
	  ERR_MALFORMED, 5, 3, "'x' is no number", 1, 2 },
	{ "a date that is none", "@attribute a date yyyy-MM-dd\n@data\n2024-02-30\n2024-02-29\n", DATA_ARFF,
	  ERR_MALFORMED, 3, 1, "is no date of the form", 1, 2 },
	{ "a short ARFF row", "@attribute a real\n@attribute b real\n@data\n1\n1,2\n", DATA_ARFF,
	  ERR_MALFORMED, 4, 2, "1 value(s) in a row of 2", 1, 2 },
	{ "a long ARFF row", "@attribute a real\n@data\n1,2\n1\n", DATA_ARFF,
	  ERR_MALFORMED, 3, 3, "more values than the 1", 1, 2 },
	{ "an empty ARFF value", "@attribute a real\n@attribute b real\n@data\n,2\n1,2\n", DATA_ARFF,
	  ERR_MALFORMED, 4, 1, "write ? for a missing value", 1, 2 },
	{ "an ARFF quote that is not closed", "@attribute a string\n@data\n'x\n'y'\n", DATA_ARFF,
	  ERR_MALFORMED, 3, 1, "not closed before the line ends", 1, 2 },
	{ "a sparse index too high", "@attribute a real\n@data\n{1 5}\n{0 5}\n", DATA_ARFF,
	  ERR_MALFORMED, 3, 2, "past the last attribute", 1, 2 },
	{ "sparse indices out of order", "@attribute a real\n@attribute b real\n@data\n{1 5, 0 3}\n{}\n", DATA_ARFF,
	  ERR_MALFORMED, 4, 7, "not above the one before", 1, 2 },
	{ "a weight of a row", "@attribute a real\n@data\n{0 1}, {5}\n2\n", DATA_ARFF,
	  ERR_MALFORMED, 3, 6, "weights", 1, 2 },
	{ "Latin-1 in ARFF", "@attribute a string\n@data\n\xe4\nx\n", DATA_ARFF,
	  ERR_MALFORMED, 3, 1, "not UTF-8", 1, 2 },
	/* JSONL */
	{ "a line that is no JSON", "{\"a\":1}\n{\"a\":\n{\"a\":3}\n", DATA_JSONL,
	  ERR_MALFORMED, 2, 6, "a value is due here", 2, 3 },
	{ "an array of rows", "[{\"a\":1}]\n", DATA_JSONL,
	  ERR_MALFORMED, 1, 1, "jq -c", -1, -1 },
	{ "a nested value", "{\"a\":1}\n{\"a\":{\"b\":2}}\n", DATA_JSONL,
	  ERR_INVALID, 2, 6, "a nested value", 1, 2 },
	{ "NaN", "{\"a\":1}\n{\"a\":NaN}\n", DATA_JSONL,
	  ERR_MALFORMED, 2, 6, "write null", 1, 2 },
	{ "a number too large", "{\"a\":1}\n{\"a\":1e999}\n", DATA_JSONL,
	  ERR_MALFORMED, 2, 6, "that a double can hold", 1, 2 },
	{ "a number with a leading zero", "{\"a\":1}\n{\"a\":01}\n", DATA_JSONL,
	  ERR_MALFORMED, 2, 6, "no JSON number", 1, 2 },
	{ "a member twice", "{\"a\":1}\n{\"a\":1,\"a\":2}\n", DATA_JSONL,
	  ERR_MALFORMED, 2, 8, "a second member 'a'", 1, 2 },
	{ "an empty name", "{\"a\":1}\n{\"\":1}\n", DATA_JSONL,
	  ERR_INVALID, 2, 2, "empty name", -1, -1 },
	{ "text behind an object", "{\"a\":1} x\n{\"a\":2}\n", DATA_JSONL,
	  ERR_MALFORMED, 1, 9, "behind the object", 1, 2 },
	{ "a line cut short", "{\"a\":\"x\"}\n{\"a\":\"y", DATA_JSONL,
	  ERR_MALFORMED, 2, 6, "cut short", 1, 2 },
	{ "a NUL escape", "{\"a\":\"x\"}\n{\"a\":\"\\u0000\"}\n", DATA_JSONL,
	  ERR_MALFORMED, 2, 8, "NUL", 1, 2 },
	{ "half a surrogate pair", "{\"a\":\"x\"}\n{\"a\":\"\\ud800\"}\n", DATA_JSONL,
	  ERR_MALFORMED, 2, 8, "surrogate", 1, 2 },
	{ "a control character", "{\"a\":\"x\"}\n{\"a\":\"\t\"}\n", DATA_JSONL,
	  ERR_MALFORMED, 2, 7, "control character", 1, 2 },
	{ "an unknown escape", "{\"a\":\"x\"}\n{\"a\":\"\\x\"}\n", DATA_JSONL,
	  ERR_MALFORMED, 2, 8, "an escape", 1, 2 },
	{ "no members at all", "{}\n{}\n", DATA_JSONL,
	  ERR_INVALID, 0, 0, "there is no column", -1, -1 },
};
/* clang-format on */

/* The rows of a text under a policy, or -1 and the error. */
static int
rows(const char *text, size_t n, enum data_format format,
    enum on_error on_error, struct err *e)
{
	struct reader *r = reader_open_text(text, n, format, on_error, e);
	struct frame *f = r == NULL ? NULL : frame_of(r, e);
	int nrows = f == NULL ? -1 : (int)f->nrows;

	frame_free(f);
	reader_close(r);
	return nrows;
}

static void
check(size_t i)
{
	size_t n = strlen(cases[i].text);
	char *text = malloc(n + 1);
	struct err e = { 0 };
	int got;

	if (text == NULL)
		return;
	for (size_t k = 0; k <= n; k++)
		text[k] = cases[i].text[k] == *NUL ? '\0' : cases[i].text[k];
	got = rows(text, n, cases[i].format, ON_ERROR_FAIL, &e);
	ok(got == -1 && e.code == cases[i].code && e.line == cases[i].line &&
		e.column == cases[i].column &&
		strstr(e.text, cases[i].says) != NULL,
	    "%s fails with its place: %ld:%ld %s", cases[i].what, e.line,
	    e.column, e.text);
	e = (struct err){ 0 };
	got = rows(text, n, cases[i].format, ON_ERROR_SKIP, &e);
	ok(got == cases[i].skip, "%s, skipped: %d row(s) are left",
	    cases[i].what, got);
	e = (struct err){ 0 };
	got = rows(text, n, cases[i].format, ON_ERROR_NULL, &e);
	ok(got == cases[i].null, "%s, mended: %d row(s) are left",
	    cases[i].what, got);
	free(text);
}

static void
pointer(void)
{
	const char text[] = "{\"a/b~\":1}\n{\"a/b~\":[1]}\n";
	struct err e = { 0 };

	rows(text, strlen(text), DATA_JSONL, ON_ERROR_FAIL, &e);
	ok(strcmp(e.pointer, "/a~1b~0") == 0,
	    "a nested value has a JSON pointer: %s", e.pointer);
}

static void
counts(void)
{
	const char text[] = "a,b\n1,2\n3\n4,\"5\" 6\n7,8\n";
	struct err e = { 0 };

	for (int policy = ON_ERROR_SKIP; policy <= ON_ERROR_NULL; policy++) {
		struct reader *r = reader_open_text(
		    text, strlen(text), DATA_CSV, (enum on_error)policy, &e);
		const struct reader_facts *f;
		struct frame *frame;

		if (r == NULL || (frame = frame_of(r, &e)) == NULL)
			return;
		f = reader_facts(r);
		ok(f->skipped == (policy == ON_ERROR_SKIP ? 2 : 0) &&
			f->nulled == (policy == ON_ERROR_NULL ? 2 : 0) &&
			f->first.line == 3,
		    "bad rows are counted, and the first is remembered");
		frame_free(frame);
		reader_close(r);
	}
}

/* A row that is left out leaves nothing behind, not even a column. */
static void
no_trace(void)
{
	const char text[] = "{\"a\":1}\n{\"b\":1,\"c\":2,\"b\":3}\n{\"a\":2}\n";
	struct err e = { 0 };
	struct reader *r =
	    reader_open_text(text, strlen(text), DATA_JSONL, ON_ERROR_SKIP, &e);
	struct frame *f = r == NULL ? NULL : frame_of(r, &e);

	ok(f != NULL && f->nrows == 2 && f->ncols == 1 && reader_ncols(r) == 1,
	    "a row that is left out adds no column");
	frame_free(f);
	reader_close(r);
}

/* Tables that are too large in one way. */
static void
limits(void)
{
	size_t max = LIMIT_RECORD + 1024, n = 0;
	char *text = malloc(max);
	struct err e = { 0 };

	if (text == NULL)
		return;
	for (int i = 0; i < 100000; i++)
		n += (size_t)snprintf(
		    text + n, max - n, "%sc%d", i == 0 ? "" : ",", i);
	text[n++] = '\n';
	ok(rows(text, n, DATA_CSV, ON_ERROR_FAIL, &e) == -1 &&
		e.code == ERR_TOO_LARGE && e.line == 1 && e.column == 58891,
	    "100,000 columns are refused: %ld:%ld %s", e.line, e.column,
	    e.text);

	n = (size_t)snprintf(text, max, "a,b\n1,");
	memset(text + n, 'x', LIMIT_FIELD + 1);
	n += LIMIT_FIELD + 1;
	text[n++] = '\n';
	ok(rows(text, n, DATA_CSV, ON_ERROR_SKIP, &e) == -1 &&
		e.code == ERR_TOO_LARGE && e.line == 2 && e.column == 3,
	    "a value beyond the limit is refused: %ld:%ld %s", e.line, e.column,
	    e.text);

	memset(text, 'n', LIMIT_NAME + 1);
	n = LIMIT_NAME + 1;
	n += (size_t)snprintf(text + n, max - n, ",b\n1,2\n");
	ok(rows(text, n, DATA_CSV, ON_ERROR_FAIL, &e) == -1 &&
		e.code == ERR_TOO_LARGE,
	    "a name beyond the limit is refused: %s", e.text);

	n = (size_t)snprintf(text, max, "a,b\n1,\"");
	memset(text + n, 'y', max - n);
	ok(rows(text, max, DATA_CSV, ON_ERROR_FAIL, &e) == -1 &&
		e.code == ERR_MALFORMED && e.line == 2 && e.column == 3,
	    "a quote that is not closed does not read on forever: %s", e.text);

	n = (size_t)snprintf(text, max, "a,b\n1,2\n");
	for (; n + 5 < max; n += 5)
		memcpy(text + n, "1234,", 5);
	ok(rows(text, n, DATA_CSV, ON_ERROR_SKIP, &e) == -1 &&
		e.code == ERR_TOO_LARGE,
	    "a row beyond the limit is refused: %s", e.text);
	free(text);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		check(i);
	pointer();
	counts();
	no_trace();
	limits();
	return done();
}
