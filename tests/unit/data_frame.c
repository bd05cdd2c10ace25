/*
 * Frames: what types columns get, and what values stand in them.
 */
#include "config.h"

#include <math.h>
#include <string.h>

#include "lib/data/frame.h"
#include "lib/data/reader.h"
#include "lib/data/target.h"
#include "lib/err.h"
#include "tests/tap.h"

static struct frame *
frame(const char *text, enum data_format format)
{
	struct err e = { 0 };
	struct reader *r =
	    reader_open_text(text, strlen(text), format, ON_ERROR_FAIL, &e);
	struct frame *f = r == NULL ? NULL : frame_of(r, &e);

	if (f == NULL)
		printf("# %ld:%ld %s\n", e.line, e.column, e.text);
	reader_close(r);
	return f;
}

/* A column of 30 values: "%" in the pattern is a number that counts, "*" one
 * that does not repeat but does not count either. */
static void
column(const char *name, const char *pattern, enum column_type type)
{
	char text[8192];
	struct frame *f;
	size_t n = (size_t)snprintf(text, sizeof(text), "%s,other\n", name);

	for (int i = 0; i < 30; i++) {
		for (const char *p = pattern; *p != '\0'; p++) {
			if (*p == '%')
				n += (size_t)snprintf(
				    text + n, 20, "%d", i + 100);
			else if (*p == '*')
				n += (size_t)snprintf(
				    text + n, 20, "%d", 100 + i * 7919 % 1009);
			else if (*p == '/') { /* every other row */
				if (i % 2 == 0)
					break;
				n -= (size_t)(p - pattern);
			} else {
				text[n++] = *p;
			}
		}
		n += (size_t)snprintf(text + n, 20, ",%d\n", i % 3);
	}
	f = frame(text, DATA_CSV);
	ok(f != NULL && f->column[0].type == type, "%s of '%s' is %s%s%s", name,
	    pattern, column_type_names[type], f == NULL ? "" : ", came out ",
	    f == NULL ? "" : column_type_names[f->column[0].type]);
	frame_free(f);
}

static void
types(void)
{
	column("a", "7", COL_CONSTANT);
	column("a", "", COL_CONSTANT);
	column("a", "1/2", COL_INTEGER);
	column("a", "0/1", COL_INTEGER);
	column("a", "1/", COL_INTEGER);
	column("a", "%", COL_IDENTIFIER);
	column("a", "*", COL_INTEGER);
	column("user_id", "*", COL_IDENTIFIER);
	column("userId", "*", COL_IDENTIFIER);
	column("paid", "*", COL_INTEGER);
	column("a", "*.5", COL_NUMBER);
	column("a", "%.5", COL_NUMBER);
	column("a", "1e3/2", COL_NUMBER);
	column("a", "12345678901234*", COL_IDENTIFIER);
	column("a", "01/02", COL_CATEGORY);
	column("a", "yes/no", COL_BOOLEAN);
	column("a", "TRUE/FALSE", COL_BOOLEAN);
	column("a", "True/false", COL_CATEGORY);
	column("a", "yes/false", COL_CATEGORY);
	column("a", "yes/", COL_CATEGORY);
	column("a", "none/some", COL_CATEGORY);
	column("a", "2024-01-01/2024-02-30", COL_CATEGORY);
	column("a", "2024-01-01/2024-02-29T10:00Z", COL_DATETIME);
	column("a", "2024-01-01/NA", COL_DATETIME);
	column("a", "k%", COL_IDENTIFIER);
	column("a", "the quick brown fox no %", COL_TEXT);
	column("a", "the quick brown fox/the lazy dog", COL_CATEGORY);
	column("a", "x/1", COL_CATEGORY);
}

static void
values(void)
{
	struct frame *f = frame("n,when,what\n"
				"1.5,2024-01-02,b\n"
				"NA,1970-01-01T00:00:10Z,\n"
				"-2,?,a\n"
				"1e3,2024-01-02T01:00+01:00,\"b\"\n",
	    DATA_CSV);
	const struct column *c;

	ok(f != NULL && f->nrows == 4 && f->ncols == 3, "a frame of four rows");
	if (f == NULL)
		return;
	c = f->column;
	ok(c[0].number[0] == 1.5 && isnan(c[0].number[1]) &&
		c[0].number[2] == -2 && c[0].number[3] == 1000,
	    "numbers, and NA");
	ok(c[1].type == COL_DATETIME && c[1].number[0] == 1704153600 &&
		c[1].number[1] == 10 && isnan(c[1].number[2]) &&
		c[1].number[3] == 1704153600,
	    "dates are seconds, in UTC");
	ok(c[2].nlevels == 2 && strcmp(c[2].level[0], "a") == 0 &&
		c[2].code[0] == 1 && c[2].code[1] == -1 && c[2].code[2] == 0 &&
		c[2].code[3] == 1,
	    "levels in byte order, -1 where missing");
	ok(frame_find(f, "what") == 2 && frame_find(f, "wha") == -1,
	    "a column is found by its name");
	frame_free(f);
}

static void
arff(void)
{
	struct frame *f = frame(
	    "% comment\n@RELATION 'a b'\n"
	    "@attribute 'my name' {z, 'y y', \"x\\\"\"}\n"
	    "@attribute n REAL % comment\n@attribute d date 'dd.MM.yyyy'\n"
	    "@attribute s string\n\n@data\n"
	    "'y y', 1, '31.12.1999', none\n"
	    "{0 \"x\\\"\", 1 ?}\n"
	    "? , 3.5,?,'?'\n",
	    DATA_ARFF);
	const struct column *c;

	ok(f != NULL && f->nrows == 3 && f->ncols == 4, "an ARFF frame");
	if (f == NULL)
		return;
	c = f->column;
	ok(strcmp(c[0].name, "my name") == 0 && c[0].nlevels == 3 &&
		strcmp(c[0].level[0], "z") == 0 &&
		strcmp(c[0].level[2], "x\"") == 0,
	    "levels in the order of the declaration, seen or not");
	ok(c[0].code[0] == 1 && c[0].code[1] == 2 && c[0].code[2] == -1,
	    "codes of levels, sparse ones too");
	ok(c[1].type == COL_NUMBER && c[1].number[0] == 1 &&
		isnan(c[1].number[1]) && c[1].number[2] == 3.5,
	    "numbers");
	ok(c[2].type == COL_DATETIME && c[2].number[0] == 946598400 &&
		c[2].number[1] == 0 && isnan(c[2].number[2]),
	    "dates by their pattern; what a sparse row leaves out is zero");
	ok(c[3].code[0] >= 0 && c[3].code[1] == -1 && c[3].code[2] >= 0 &&
		strcmp(c[3].level[c[3].code[2]], "?") == 0,
	    "a quoted ? is a text");
	frame_free(f);
}

static void
jsonl(void)
{
	struct frame *f = frame("{\"a\":1,\"b\":\"x\"}\n"
				"{\"b\":\"\\u00fc\",\"c\":true}\n\n"
				"{\"c\":false,\"a\":null,\"d\":\"12\"}\n",
	    DATA_JSONL);
	const struct column *c;

	ok(f != NULL && f->nrows == 3 && f->ncols == 4,
	    "the columns of JSONL are the union of the keys");
	if (f == NULL)
		return;
	c = f->column;
	ok(c[0].number[0] == 1 && isnan(c[0].number[1]) &&
		isnan(c[0].number[2]),
	    "an absent member and null are missing");
	ok(strcmp(c[1].level[c[1].code[1]], "\xc3\xbc") == 0, "escapes");
	ok(c[2].type == COL_BOOLEAN && c[2].code[0] == -1 &&
		c[2].code[1] == 1 && c[2].code[2] == 0,
	    "true and false");
	ok(c[3].number == NULL, "a text of digits stays a text");
	frame_free(f);
}

/* clang-format off */
static const struct {
	const char *target, *task, *says; /* NULL: it can be learned */
} targets[] = {
	{ "y",	   "binary",	 NULL },
	{ "y",	   "multiclass", NULL },
	{ "y",	   "regression", "needs numbers" },
	{ "z",	   "binary",	 "has 3 classes" },
	{ "z",	   "multiclass", NULL },
	{ "z",	   "regression", NULL },
	{ "x",	   "regression", NULL },
	{ "none",  "binary",	 "missing in every row" },
	{ "same",  "binary",	 "constant" },
	{ "once",  "multiclass", "single row" },
	{ "Y",	   "binary",	 "similar: 'y'" },
	{ "smae",  "binary",	 "similar: 'same'" },
	{ "zzzzzzzzzz", "binary", "among the 7" },
	{ "key",   "multiclass", "of type identifier" },
};
/* clang-format on */

static void
target(void)
{
	char text[4096];
	size_t n =
	    (size_t)snprintf(text, sizeof(text), "key,y,z,x,none,same,once\n");
	struct frame *f;

	for (int i = 0; i < 40; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
		    "%d,%s,%d,%d.5,,k,%s\n", i, i % 2 ? "good" : "bad", i % 3,
		    i * 37 % 41,
		    i == 7  ? "one"
		    : i % 2 ? "b"
			    : "c");
	f = frame(text, DATA_CSV);
	for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++) {
		struct err e = { 0 };
		int status = f == NULL ? -2
		                       : target_check(f, targets[i].target,
					     targets[i].task, &e);

		if (targets[i].says == NULL)
			ok(status == 0, "'%s' can be the target of a %s task",
			    targets[i].target, targets[i].task);
		else
			ok(status == -1 && e.code == ERR_INVALID &&
				strstr(e.text, targets[i].says) != NULL,
			    "'%s' cannot be the target of a %s task: %s",
			    targets[i].target, targets[i].task, e.text);
	}
	frame_free(f);
}

int
main(void)
{
	types();
	values();
	arff();
	jsonl();
	target();
	return done();
}
