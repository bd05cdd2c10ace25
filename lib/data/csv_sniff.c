/*
 * What dialect of CSV a text is in.
 */
#include "config.h"

#include <string.h>

#include "lib/banned.h"
#include "lib/data/csv_sniff.h"
#include "lib/data/reader.h"
#include "lib/data/value.h"

#define SAMPLE_BYTES (256 * 1024)
#define SAMPLE_ROWS  200

/* In order of preference: where two fit equally well, the comma is more often
 * a part of the values. */
static const char delimiters[] = { '\t', ';', '|', ',' };

#define NDELIMS (int)sizeof(delimiters)

/* How many rows have as many of each delimiter as the first one; count[] is
 * that of the first row.  Returns the number of rows. */
static int
count_rows(const char *p, const char *end, char eol, int quotes,
    long count[NDELIMS], int same[NDELIMS])
{
	long here[NDELIMS];
	int rows = 0, in = 0, empty = 1;

	memset(here, 0, sizeof(here));
	memset(same, 0, NDELIMS * sizeof(*same));
	for (; p < end && rows < SAMPLE_ROWS; p++) {
		if (*p == '"')
			in ^= quotes;
		if (in)
			continue;
		if (*p != eol) {
			empty &= *p == '\r';
			for (int i = 0; i < NDELIMS; i++)
				here[i] += *p == delimiters[i];
			continue;
		}
		if (!empty) {
			for (int i = 0; i < NDELIMS; i++) {
				if (rows == 0)
					count[i] = here[i];
				same[i] += here[i] == count[i];
			}
			rows++;
		}
		memset(here, 0, sizeof(here));
		empty = 1;
	}
	return in ? -1 : rows;
}

void
csv_sniff(const char *p, const char *end, char *delimiter, char *eol)
{
	int same[NDELIMS], rows, best = -1;
	long count[NDELIMS];

	if (end - p > SAMPLE_BYTES)
		end = p + SAMPLE_BYTES;
	*eol = memchr(p, '\n', (size_t)(end - p)) == NULL &&
	               memchr(p, '\r', (size_t)(end - p)) != NULL
	           ? '\r'
	           : '\n';
	rows = count_rows(p, end, *eol, 1, count, same);
	if (rows < 1) /* an open quote swallows the rest: do without */
		rows = count_rows(p, end, *eol, 0, count, same);
	if (rows == 0) { /* a single line without an end */
		memset(count, 0, sizeof(count));
		for (; p < end; p++)
			for (int i = 0; i < NDELIMS; i++)
				count[i] += *p == delimiters[i];
	}
	for (int i = 0; i < NDELIMS; i++)
		if (count[i] > 0 && (best == -1 || same[i] > same[best]))
			best = i;
	*delimiter = best == -1 ? ',' : delimiters[best];
}

enum kind { KIND_NONE, KIND_NUMBER, KIND_DATE, KIND_BOOLEAN, KIND_TEXT };

static enum kind
kind(const struct cell *c)
{
	double x;

	if (c->text == NULL || value_missing(c->text, c->len))
		return KIND_NONE;
	if (value_number(c->text, c->len, &x, NULL))
		return KIND_NUMBER;
	if (value_datetime(c->text, c->len, &x))
		return KIND_DATE;
	if (value_boolean(c->text, c->len) != -1)
		return KIND_BOOLEAN;
	return KIND_TEXT;
}

static int
same(const struct cell *a, const struct cell *b)
{
	return b->text != NULL && a->len == b->len &&
	       memcmp(a->text, b->text, a->len) == 0;
}

/*
 * Each column has a vote.  Where the values below are of one kind that text is
 * not, a text above them is a name and a value above them is a value.  Where
 * they are texts themselves, a first one that comes again is a value.  If the
 * vote is even, names differ from each other and are not empty.
 */
int
csv_sniff_header(const struct batch *b)
{
	size_t rows = b->nrows < 50 ? b->nrows : 50;
	int vote = 0;

	if (rows == 1)
		return 1;
	for (size_t c = 0; c < b->ncols; c++) {
		const struct cell *cell = b->cell + c * b->stride;
		enum kind head = kind(&cell[0]), body = KIND_NONE;
		int again = 0;

		for (size_t i = 1; i < rows; i++) {
			enum kind k = kind(&cell[i]);

			again |= head != KIND_NONE && same(&cell[0], &cell[i]);
			if (k == KIND_NONE)
				continue;
			body = body == KIND_NONE || body == k ? k : KIND_TEXT;
		}
		if (head == KIND_NONE || body == KIND_NONE)
			continue;
		if (body == KIND_TEXT)
			vote -=
			    again || head == KIND_NUMBER || head == KIND_DATE;
		else
			vote += head == KIND_TEXT ? 1 : head == body ? -1 : 0;
	}
	if (vote != 0)
		return vote > 0;
	for (size_t c = 0; c < b->ncols && c < 1000; c++) {
		const struct cell *name = b->cell + c * b->stride;

		if (kind(name) == KIND_NONE)
			return 0;
		for (size_t i = 0; i < c; i++)
			if (same(name, b->cell + i * b->stride))
				return 0;
	}
	return 1;
}
