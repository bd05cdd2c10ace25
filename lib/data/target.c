/*
 * Whether a column can be learned.
 */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/banned.h"
#include "lib/data/format.h"
#include "lib/data/frame.h"
#include "lib/data/target.h"

/* More classes than this are no classes. */
#define CLASSES_MAX 100

/* The edit distance (Levenshtein), without regard to case. */
static int
distance(const char *a, const char *b)
{
	int row[65], n = (int)strlen(b);

	if (n > 64 || strlen(a) > 64)
		return 64;
	for (int j = 0; j <= n; j++)
		row[j] = j;
	for (int i = 1; a[i - 1] != '\0'; i++) {
		int corner = row[0];

		row[0] = i;
		for (int j = 1; j <= n; j++) {
			int d = corner + ((a[i - 1] | 32) != (b[j - 1] | 32));

			corner = row[j];
			d = d < row[j] + 1 ? d : row[j] + 1;
			row[j] = d < row[j - 1] + 1 ? d : row[j - 1] + 1;
		}
	}
	return row[n];
}

/* Whether one name may have been meant by the other: half of it at most is
 * wrong, three letters at most, or the one is a part of the other. */
static int
similar(const char *meant, const char *name)
{
	int n = (int)strlen(meant), d = distance(meant, name);

	return (d < n && d <= 3 && (2 * d <= n || d <= 1)) || d == 0 ||
	       (n >= 4 && strcasestr(name, meant) != NULL);
}

static int
not_there(const struct frame *f, const char *target, struct err *e)
{
	char near[200] = "", shown[FORMAT_SHOWN], name[FORMAT_SHOWN];
	size_t n = 0;

	for (size_t i = 0; i < f->ncols && n < 3; i++) {
		const char *c = f->column[i].name;
		size_t used = strlen(near);

		if (!similar(target, c))
			continue;
		snprintf(near + used, sizeof(near) - used, "%s'%s'",
		    n++ == 0 ? "" : ", ", format_shown(name, c, strlen(c)));
	}
	format_shown(shown, target, strlen(target));
	if (n > 0)
		return err_set(e, ERR_INVALID,
		    "there is no column '%s'; similar: %s", shown, near);
	return err_set(e, ERR_INVALID,
	    "there is no column '%s' among the %zu; the last is '%s'", shown,
	    f->ncols,
	    format_shown(name, f->column[f->ncols - 1].name,
		strlen(f->column[f->ncols - 1].name)));
}

struct class
{
	char text[FORMAT_SHOWN];
	double number;
	size_t count;
};

static int
compare_numbers(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* The classes of a column; at most max + 1 are listed.  *rows is how many rows
 * have one. */
static size_t
classes(const struct frame *f, const struct column *c, struct class *out,
    size_t max, size_t *rows)
{
	size_t n = 0;

	*rows = 0;
	if (c->number == NULL) {
		size_t *count = calloc(c->nlevels + 1, sizeof(*count));

		if (count == NULL)
			abort();
		for (size_t i = 0; i < f->nrows; i++)
			if (c->code[i] != -1) {
				count[c->code[i]]++;
				++*rows;
			}
		for (size_t k = 0; k < c->nlevels && n <= max; k++)
			if (count[k] > 0) {
				out[n].count = count[k];
				format_shown(out[n++].text, c->level[k],
				    strlen(c->level[k]));
			}
		free(count);
	} else {
		double *x = calloc(f->nrows + 1, sizeof(*x));

		if (x == NULL)
			abort();
		for (size_t i = 0; i < f->nrows; i++)
			if (!isnan(c->number[i]))
				x[(*rows)++] = c->number[i];
		qsort(x, *rows, sizeof(*x), compare_numbers);
		for (size_t i = 0; i < *rows; i++) {
			if (i > 0 && x[i] == x[i - 1]) {
				out[n - 1].count++;
				continue;
			}
			if (n > max)
				break;
			out[n].count = 1;
			snprintf(
			    out[n].text, sizeof(out[n].text), "%.15g", x[i]);
			n++;
		}
		free(x);
	}
	return n;
}

int
target_check(
    const struct frame *f, const char *target, const char *task, struct err *e)
{
	int at = frame_find(f, target), numeric;
	struct class *class;
	char shown[FORMAT_SHOWN];
	const struct column *c;
	size_t n, rows;
	int status = 0;

	if (at == -1)
		return not_there(f, target, e);
	c = &f->column[at];
	numeric = c->type == COL_INTEGER || c->type == COL_NUMBER;
	format_shown(shown, target, strlen(target));
	if ((class = calloc(CLASSES_MAX + 1, sizeof(*class))) == NULL)
		abort();
	n = classes(f, c, class, CLASSES_MAX, &rows);
	if (rows == 0)
		status = err_set(e, ERR_INVALID,
		    "the target '%s' is missing in every row: choose another "
		    "column",
		    shown);
	else if (n == 1)
		status = err_set(e, ERR_INVALID,
		    "the target '%s' is constant: it is '%s' in every row that "
		    "has it",
		    shown, class[0].text);
	else if (c->type == COL_TEXT || c->type == COL_IDENTIFIER)
		status = err_set(e, ERR_INVALID,
		    "the target '%s' is of type %s, which cannot be learned: "
		    "choose a column of classes or of numbers",
		    shown, column_type_names[c->type]);
	else if (strcmp(task, "regression") == 0 && !numeric)
		status = err_set(e, ERR_INVALID,
		    "the target '%s' is of type %s, but a regression needs "
		    "numbers: choose a classification, or another column",
		    shown, column_type_names[c->type]);
	else if (strcmp(task, "regression") == 0)
		;
	else if (c->type == COL_NUMBER && n > CLASSES_MAX)
		status = err_set(e, ERR_INVALID,
		    "the target '%s' has too many different numbers for a "
		    "classification: choose a regression",
		    shown);
	else if (n > CLASSES_MAX)
		status = err_set(e, ERR_INVALID,
		    "the target '%s' has more than %d classes%s", shown,
		    CLASSES_MAX,
		    numeric ? ": choose a regression, or group them"
			    : ": group them");
	else if (strcmp(task, "binary") == 0 && n != 2)
		status = err_set(e, ERR_INVALID,
		    "the target '%s' has %zu classes, but a binary task needs "
		    "two: choose a multiclass one, or join some",
		    shown, n);
	else
		for (size_t i = 0; i < n && status == 0; i++)
			if (class[i].count == 1)
				status = err_set(e, ERR_INVALID,
				    "the class '%s' of the target '%s' has a "
				    "single row: it cannot be both learned and "
				    "tested; leave it out, or join it with "
				    "another",
				    class[i].text, shown);
	free(class);
	return status;
}
