/*
 * Rows out of a file: the mapped text, the columns, and the table of formats.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/banned.h"
#include "lib/data/format.h"
#include "lib/data/limits.h"
#include "lib/data/scan.h"
#include "lib/data/utf8.h"

/* A batch is cut when this much was rewritten, so that memory is bounded
 * whatever the values look like. */
#define SCRATCH_MAX (4L << 20)
/* Cells of a batch: what fits the second-level cache. */
#define BATCH_CELLS (32 * 1024)
#define BATCH_ROWS  1024

static const struct format *const formats[DATA__MAX] = {
	[DATA_CSV] = &csv_format,
	[DATA_ARFF] = &arff_format,
	[DATA_JSONL] = &jsonl_format,
};

/* clang-format off */
const char *const data_format_names[DATA__MAX] = {
	[DATA_CSV] = "csv", [DATA_ARFF] = "arff", [DATA_JSONL] = "jsonl",
};

/* What people send instead of text. */
static const struct {
	const char *magic;
	size_t n;
	const char *what, *remedy;
} binaries[] = {
	{ "\xff\xfe",	       2, "UTF-16 text", "convert it, as with: iconv -f UTF-16 -t UTF-8" },
	{ "\xfe\xff",	       2, "UTF-16 text", "convert it, as with: iconv -f UTF-16 -t UTF-8" },
	{ "\x1f\x8b",	       2, "a gzip file", "unpack it first" },
	{ "PK\x03\x04",	       4, "a ZIP or Excel file", "unpack it, or save the sheet as CSV" },
	{ "\xd0\xcf\x11\xe0",  4, "an old Excel file", "save the sheet as CSV" },
	{ "BZh",	       3, "a bzip2 file", "unpack it first" },
	{ "\xfd" "7zXZ",       5, "an xz file", "unpack it first" },
	{ "\x28\xb5\x2f\xfd",  4, "a zstd file", "unpack it first" },
	{ "PAR1",	       4, "a Parquet file", "export it as CSV" },
	{ "%PDF-",	       5, "a PDF file", "export the table as CSV" },
	{ "SQLite format 3",  15, "an SQLite database", "export the table as CSV" },
};
/* clang-format on */

static uint64_t
name_hash(const char *name, size_t n)
{
	uint64_t h = 0xcbf29ce484222325ull; /* FNV-1a */

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)name[i]) * 0x100000001b3ull;
	return h ^ h >> 32;
}

/* Where the name stands in the index, or the empty place for it. */
static size_t
slot(const struct reader *r, const char *name, size_t n)
{
	size_t i = name_hash(name, n) & (r->nindex - 1);

	while (r->index[i] != -1) {
		const char *have = r->column[r->index[i]].name;

		if (strncmp(have, name, n) == 0 && have[n] == '\0')
			break;
		i = (i + 1) & (r->nindex - 1);
	}
	return i;
}

static void
index_columns(struct reader *r)
{
	memset(r->index, -1, r->nindex * sizeof(*r->index));
	for (size_t i = 0; i < r->ncols; i++) {
		const char *name = r->column[i].name;

		r->index[slot(r, name, strlen(name))] = (int)i;
	}
}

/* Twice the columns, and an index at most half full. */
static void
grow(struct reader *r)
{
	r->maxcols = r->maxcols == 0 ? 32 : 2 * r->maxcols;
	r->column = reallocarray(r->column, r->maxcols, sizeof(*r->column));
	r->nindex = 2 * r->maxcols;
	r->index = reallocarray(r->index, r->nindex, sizeof(*r->index));
	if (r->column == NULL || r->index == NULL)
		abort();
	index_columns(r);
}

static struct reader *
reader_new(enum data_format format, enum on_error on_error)
{
	struct reader *r = calloc(1, sizeof(*r));

	if (r == NULL)
		abort();
	r->format = formats[format];
	r->on_error = on_error;
	r->eol = '\n';
	r->names = arena_new();
	r->scratch = arena_new();
	grow(r);
	return r;
}

/* The text is in place: refuse what is none, and let the format begin. */
static int
begin(struct reader *r, struct err *e)
{
	size_t n = (size_t)(r->end - r->base);

	r->pos = r->line_start = r->base;
	r->line = 1;
	if (n == 0)
		return err_at(e, ERR_INVALID, 1, 1,
		    "the file is empty: send a table with a row of names and "
		    "at least one row of values");
	for (size_t i = 0; i < nitems(binaries); i++)
		if (n >= binaries[i].n &&
		    memcmp(r->base, binaries[i].magic, binaries[i].n) == 0)
			return err_at(e, ERR_MALFORMED, 1, 1,
			    "this is %s, not UTF-8 text: %s", binaries[i].what,
			    binaries[i].remedy);
	if (n >= 3 && memcmp(r->base, "\xef\xbb\xbf", 3) == 0)
		r->pos = r->line_start = r->base + 3;
	if (r->format->open(r, e) == -1)
		return -1;
	r->first_pos = r->pos;
	r->first_line_start = r->line_start;
	r->first_line = r->line;
	format_room(r);
	return 0;
}

int
format_column(struct reader *r, const char *name, size_t n, const char *p,
    struct reader_column c, struct err *e)
{
	char shown[FORMAT_SHOWN];
	const char *bad;
	char *copy;
	size_t at;

	if (n == 0)
		return format_err(r, p, e, ERR_INVALID,
		    "a column has an empty name: give it one");
	if (n > LIMIT_NAME)
		return format_err(r, p, e, ERR_TOO_LARGE,
		    "the name of a column has %zu bytes, the limit is %d", n,
		    LIMIT_NAME);
	if ((bad = utf8_bad(name, n)) != NULL)
		return format_err(r, p, e, ERR_MALFORMED,
		    "the name of a column is not UTF-8: convert the file, as "
		    "with: iconv -f ISO-8859-1 -t UTF-8");
	if (r->ncols == LIMIT_COLUMNS)
		return format_err(r, p, e, ERR_TOO_LARGE,
		    "more than %d columns: leave some out, or turn the table "
		    "round",
		    LIMIT_COLUMNS);
	if (2 * r->ncols >= r->nindex || r->ncols == r->maxcols)
		grow(r);
	if (r->index[at = slot(r, name, n)] != -1)
		return format_err(r, p, e, ERR_INVALID,
		    "two columns have the name '%s', this one and column %d: "
		    "rename one",
		    format_shown(shown, name, n), r->index[at] + 1);
	copy = arena_alloc(r->names, n + 1);
	memcpy(copy, name, n);
	c.name = copy;
	r->index[at] = (int)r->ncols;
	r->column[r->ncols++] = c;
	return 0;
}

void
format_forget(struct reader *r, size_t n)
{
	r->ncols = n;
	index_columns(r);
}

int
format_find(const struct reader *r, const char *name, size_t n)
{
	return r->index[slot(r, name, n)];
}

void
format_room(struct reader *r)
{
	size_t rows = BATCH_CELLS / (r->ncols == 0 ? 1 : r->ncols);

	r->maxrows = rows > BATCH_ROWS ? BATCH_ROWS : rows < 16 ? 16 : rows;
	/* One cache line more, lest all columns fall into the same set. */
	r->stride = r->maxrows + 4;
	free(r->cell);
	r->cell = calloc(r->ncols * r->stride + 1, sizeof(*r->cell));
	if (r->cell == NULL)
		abort();
}

char *
format_scratch(struct reader *r, size_t n)
{
	r->scratch_used += n + 32;
	if (r->scratch_used > SCRATCH_MAX)
		r->maxrows = r->nrows + 1;
	return arena_alloc(r->scratch, n + 32);
}

int
format_err(struct reader *r, const char *p, struct err *e, enum err_code code,
    const char *fmt, ...)
{
	const char *start = r->line_start, *nl;
	char text[sizeof(e->text)];
	long line = r->line;
	va_list ap;

	while (p > start && (nl = memchr(start, r->eol, (size_t)(p - start)))) {
		start = nl + 1;
		line++;
	}
	if (p < start)
		p = start;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_at(e, code, line, p - start + 1, "%s", text);
}

int
format_bad(struct reader *r, struct err *e)
{
	if (r->on_error == ON_ERROR_FAIL)
		return -1;
	if (r->facts.first.code == ERR_NONE)
		r->facts.first = *e;
	if (r->on_error == ON_ERROR_SKIP)
		r->facts.skipped++;
	else
		r->facts.nulled++;
	*e = (struct err){ 0 };
	return 0;
}

int
format_encoding(struct reader *r, const char *p, struct err *e)
{
	if (*p == '\0')
		return format_err(r, p, e, ERR_MALFORMED,
		    "a NUL byte: this is no text, or the file is damaged");
	return format_err(r, p, e, ERR_MALFORMED,
	    "byte 0x%02x is not UTF-8: convert the file, as with: iconv -f "
	    "ISO-8859-1 -t UTF-8",
	    (unsigned char)*p);
}

const char *
format_shown(char out[FORMAT_SHOWN], const char *p, size_t n)
{
	size_t max = FORMAT_SHOWN - 4, k = n < max ? n : max;

	/* Not into the middle of a character. */
	while (k < n && k > 0 && ((unsigned char)p[k] & 0xc0) == 0x80)
		k--;
	for (size_t i = 0; i < k; i++)
		out[i] = (unsigned char)p[i] < ' ' ? ' ' : p[i];
	memcpy(out + k, k < n ? "..." : "", k < n ? 4 : 1);
	return out;
}

struct reader *
reader_open(const char *path, enum data_format format, enum on_error on_error,
    struct err *e)
{
	auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct reader *r;
	struct stat st;
	size_t size;
	char *map;

	if (fd == -1 || fstat(fd, &st) == -1) {
		err_set(e, ERR_INTERNAL, "cannot open '%s': %s", path,
		    strerror(errno));
		return NULL;
	}
	if (!S_ISREG(st.st_mode)) {
		err_set(e, ERR_INTERNAL, "'%s' is no file", path);
		return NULL;
	}
	/* Zero pages first, the file over them: what is read past its end is
	 * ours. */
	size = (size_t)st.st_size;
	map = mmap(NULL, size + SCAN_PAD, PROT_READ,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED ||
	    (size > 0 && mmap(map, size, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd,
			     0) == MAP_FAILED)) {
		err_set(e, ERR_INTERNAL, "cannot map '%s': %s", path,
		    strerror(errno));
		return NULL;
	}
	madvise(map, size, MADV_SEQUENTIAL);
	r = reader_new(format, on_error);
	r->map = map;
	r->mapped = size + SCAN_PAD;
	r->base = map;
	r->end = map + size;
	if (begin(r, e) == -1) {
		reader_close(r);
		return NULL;
	}
	return r;
}

struct reader *
reader_open_text(const char *text, size_t n, enum data_format format,
    enum on_error on_error, struct err *e)
{
	struct reader *r = reader_new(format, on_error);
	char *copy = arena_alloc(r->names, n + SCAN_PAD);

	if (n > 0)
		memcpy(copy, text, n);
	r->base = copy;
	r->end = copy + n;
	if (begin(r, e) == -1) {
		reader_close(r);
		return NULL;
	}
	return r;
}

void
reader_close(struct reader *r)
{
	if (r == NULL)
		return;
	if (r->map != NULL)
		munmap(r->map, r->mapped);
	arena_free(r->names);
	arena_free(r->scratch);
	free(r->column);
	free(r->index);
	free(r->cell);
	free(r);
}

int
reader_next(struct reader *r, struct batch *b, struct err *e)
{
	char why[sizeof(e->text)];

	if (r->scratch_used > 0)
		arena_reset(r->scratch);
	r->scratch_used = 0;
	r->nrows = 0;
	r->maxrows = r->stride - 4;
	if (r->format->fill(r, e) == -1)
		return -1;
	if (r->nrows > 0) {
		r->facts.rows += r->nrows;
		*b = (struct batch){ r->nrows, r->ncols, r->stride, r->cell };
		return 1;
	}
	if (r->facts.rows > 0)
		return 0;
	if (r->facts.first.code == ERR_NONE)
		return format_err(r, r->end, e, ERR_INVALID,
		    "there is no row of values, only the header: add rows");
	snprintf(why, sizeof(why), "%s", r->facts.first.text);
	return err_at(e, ERR_INVALID, r->facts.first.line,
	    r->facts.first.column, "no row could be read; the first: %s", why);
}

void
reader_rewind(struct reader *r)
{
	r->pos = r->first_pos;
	r->line_start = r->first_line_start;
	r->line = r->first_line;
	r->facts.rows = r->facts.skipped = r->facts.nulled = 0;
	r->facts.first = (struct err){ 0 };
}

size_t
reader_ncols(const struct reader *r)
{
	return r->ncols;
}

const struct reader_column *
reader_column(const struct reader *r, size_t i)
{
	return &r->column[i];
}

const struct reader_facts *
reader_facts(const struct reader *r)
{
	return &r->facts;
}

int
reader_format_of_name(const char *path)
{
	size_t n = strlen(path), k;

	for (int f = 0; f < DATA__MAX; f++)
		for (const char *const *s = formats[f]->suffix; *s; s++)
			if (n > (k = strlen(*s)) &&
			    strcasecmp(path + n - k, *s) == 0)
				return f;
	return -1;
}

int
reader_format_of_media(const char *type)
{
	size_t n = strcspn(type, "; \t");

	for (int f = 0; f < DATA__MAX; f++)
		for (const char *const *s = formats[f]->media; *s; s++)
			if (strlen(*s) == n && strncasecmp(type, *s, n) == 0)
				return f;
	return -1;
}
