/*
 * What a column is, found out while its cells go by.
 */
#include "config.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/auto.h"
#include "lib/banned.h"
#include "lib/data/distinct.h"
#include "lib/data/format.h"
#include "lib/data/number.h"
#include "lib/data/reader.h"
#include "lib/data/scan.h"
#include "lib/data/sniff.h"
#include "lib/data/top.h"
#include "lib/data/value.h"

/* Rows from which "nearly everywhere" means something. */
#define KEY_ROWS 20
/* Digits from which a double does not tell whole numbers apart. */
#define LONG_DIGITS 16

enum state {
	NOTHING, /* only missing values so far */
	NUMBERS,
	DATES,
	TEXTS, /* no way leads out of this */
};

/* Memory by the column's place: hashes to remember exactly, counters of
 * frequent values. */
static const struct {
	size_t columns, distinct, top;
} tiers[] = {
	{ 64, 16384, 4096 },
	{ 1024, 4096, 256 },
	{ SIZE_MAX, 1024, 64 },
};

/* Names that say that a whole number is a key; each with what may stand
 * before it. */
static const char *const key_names[] = { "id", "key", "uuid", "guid", "index",
	"rowid", "rownum", "row_number" };
static const char *const key_endings[] = { "_id", "-id", " id", ".id", "_key",
	"_uuid", "_guid" };

struct sniff {
	const char *name;
	enum declared declared;
	enum state state;
	size_t rows, missing;
	struct distinct distinct;
	struct top top;
	int respelled; /* equal numbers came in different spellings */

	/* numbers */
	int fractional;
	size_t digits;     /* of the longest whole number */
	double last, step; /* of a sequence */
	int steps;         /* 0 none yet, 1 all equal, -1 not equal */

	/* texts */
	size_t least, most;
	size_t looked, length, words; /* sums over a part of them */

	char offender[FORMAT_SHOWN];
	size_t before;
};

struct sniff *
sniff_new(const struct reader_column *c, size_t index)
{
	struct sniff *s = calloc(1, sizeof(*s));
	size_t t = 0;

	if (s == NULL)
		abort();
	while (index >= tiers[t].columns)
		t++;
	*s = (struct sniff){
		.name = c->name,
		.declared = c->declared,
		.state = c->declared == DECLARED_LEVELS ||
		                 c->declared == DECLARED_TEXT
		             ? TEXTS
		             : NOTHING,
		.least = SIZE_MAX,
		.last = NAN,
	};
	distinct_init(&s->distinct, tiers[t].distinct);
	top_init(&s->top, tiers[t].top);
	return s;
}

void
sniff_free(struct sniff *s)
{
	if (s == NULL)
		return;
	distinct_done(&s->distinct);
	top_done(&s->top);
	free(s);
}

/* Where the format itself says what is missing, its texts mean themselves. */
static inline int
missing(const struct sniff *s, const struct cell *c)
{
	if (c->text == NULL)
		return 1;
	if (s->declared != DECLARED_NOTHING || c->len > 4)
		return 0;
	return c->len == 0 ||
	       ((*c->text == '?' || *c->text == 'N' || *c->text == 'n') &&
		   value_missing(c->text, c->len));
}

/* The hash of a number in a spelling of ours. */
static uint64_t
number_key_slow(double x)
{
	char buf[64] = { 0 };
	double back = NAN;
	int n = 0;

	if (x == 0)
		x = 0; /* not -0 */
	for (int places = 15; places <= 17 && back != x; places++) {
		n = snprintf(buf, 32, "%.*g", places, x);
		if (!value_number(buf, (size_t)n, &back, NULL))
			break;
	}
	return scan_hash(buf, (size_t)n);
}

/*
 * The hash of a number: of its text, but equal numbers have equal hashes.  Most
 * texts are in the form that counts already, or after zeros at the end are cut
 * off.
 */
static inline uint64_t
number_key(
    struct sniff *s, const struct cell *c, double x, int exponent, int integral)
{
	const char *p = c->text;
	size_t n = c->len, neg = *p == '-';

	if (!integral && !exponent) {
		if (p[n - 1] == '0' || p[n - 1] == '.') {
			s->respelled = 1;
			while (p[n - 1] == '0')
				n--;
			n -= p[n - 1] == '.';
		}
	}
	/* The number itself comes late from its division: ask last. */
	if (exponent || p[neg] < '0' || (neg && p[1] == '0' && x == 0) ||
	    (p[neg] == '0' && n > neg + 1 && p[neg + 1] != '.')) {
		s->respelled = 1;
		return number_key_slow(x);
	}
	return scan_hash(p, n);
}

/* Whole numbers with a zero in front are labels: postcodes, account numbers. */
static inline int
labelled(const struct sniff *s, const struct cell *c, int integral)
{
	return integral && c->len > 1 && c->text[0] == '0' &&
	       s->declared == DECLARED_NOTHING;
}

static inline void
sequence(struct sniff *s, double x)
{
	if (isnan(s->last)) {
		s->last = x;
		return;
	}
	if (s->steps == 0) {
		s->step = x - s->last;
		s->steps = s->step != 0 ? 1 : -1;
	} else if (x - s->last != s->step) {
		s->steps = -1;
	}
	s->last = x;
}

/* Each of these takes cells as long as they are what the column was so far, and
 * returns where they are not. */
static size_t
numbers(struct sniff *s, const struct cell *cell, size_t i, size_t n, double *x,
    uint64_t *key)
{
	size_t digits = s->digits, missed = 0, first = i;
	int fractional = 0;

	for (; i < n; i++) {
		const struct cell *c = &cell[i];
		int is = 0, integral;

		x[i] = NAN;
		key[i] = 0;
		if (c->len != 0 && (c->flags & CELL_TEXT) == 0)
			is = number_padded(c->text, c->len, &x[i], &integral);
		if (is != 0) {
			if (labelled(s, c, integral))
				break;
			fractional |= !integral;
			digits = c->len > digits ? c->len : digits;
			key[i] = number_key(s, c, x[i], is == 2, integral);
			if (s->steps != -1)
				sequence(s, x[i]);
		} else if (missing(s, c)) {
			missed++;
		} else {
			break;
		}
	}
	s->fractional |= fractional;
	s->digits = digits;
	s->missing += missed;
	if (i - first > missed)
		s->state = NUMBERS;
	return i;
}

static size_t
dates(struct sniff *s, const struct cell *cell, size_t i, size_t n, double *x,
    uint64_t *key)
{
	for (; i < n; i++) {
		const struct cell *c = &cell[i];

		x[i] = NAN;
		key[i] = 0;
		if (c->text != NULL && value_datetime(c->text, c->len, &x[i])) {
			key[i] = scan_hash(c->text, c->len);
			s->state = DATES;
		} else if (missing(s, c)) {
			s->missing++;
		} else {
			return i;
		}
	}
	return n;
}

/* Look closer at one text in sixteen. */
static void
look(struct sniff *s, const struct cell *c)
{
	size_t words = 1, n = c->len > 4096 ? 4096 : c->len;

	for (size_t i = 1; i < n; i++)
		words += c->text[i] == ' ' && c->text[i - 1] != ' ';
	s->looked++;
	s->length += c->len;
	s->words += words;
}

static void
texts(struct sniff *s, const struct cell *cell, size_t i, size_t n, double *x,
    uint64_t *key)
{
	for (; i < n; i++) {
		const struct cell *c = &cell[i];

		x[i] = NAN;
		key[i] = 0;
		if (missing(s, c)) {
			s->missing++;
			continue;
		}
		key[i] = scan_hash(c->text, c->len);
		if (c->len < s->least)
			s->least = c->len;
		if (c->len > s->most)
			s->most = c->len;
		if (s->looked < 256 || ((s->rows + i) & 15) == 0)
			look(s, c);
	}
}

size_t
sniff_cells(struct sniff *s, const struct cell *cell, size_t n, double *x,
    uint64_t *key)
{
	size_t i = 0, before = s->missing;

	if (s->state == NOTHING || s->state == NUMBERS)
		i = numbers(s, cell, i, n, x, key);
	if (i < n && (s->state == NOTHING || s->state == DATES))
		i = dates(s, cell, i, n, x, key);
	if (i < n) {
		if (s->state != TEXTS && s->state != NOTHING) {
			format_shown(s->offender, cell[i].text, cell[i].len);
			s->before = s->rows + i - s->missing;
		}
		s->state = TEXTS;
		texts(s, cell, i, n, x, key);
	}
	top_add(&s->top, &s->distinct, cell, key, n);
	s->rows += n;
	return s->missing - before;
}

void
sniff_absent(struct sniff *s, size_t n)
{
	s->rows += n;
	s->missing += n;
}

int
sniff_cell_missing(const struct sniff *s, const struct cell *c)
{
	return missing(s, c);
}

int
sniff_numeric(const struct sniff *s)
{
	return s->state != TEXTS;
}

static int
key_name(const char *name)
{
	size_t n = strlen(name), k;

	for (size_t i = 0; i < nitems(key_names); i++)
		if (strcasecmp(name, key_names[i]) == 0)
			return 1;
	for (size_t i = 0; i < nitems(key_endings); i++)
		if (n > (k = strlen(key_endings[i])) &&
		    strcasecmp(name + n - k, key_endings[i]) == 0)
			return 1;
	/* customerId, CustomerID */
	return n > 2 && name[n - 2] == 'I' && (name[n - 1] | 32) == 'd' &&
	       islower((unsigned char)name[n - 3]);
}

/* Two levels that read as no and yes. */
static int
boolean(const struct sniff *s)
{
	struct top_value v[3];

	return s->top.off == 0 && top_list(&s->top, v, 3) == 2 &&
	       value_booleans(v[0].text, v[0].len, v[1].text, v[1].len);
}

enum column_type
sniff_type(const struct sniff *s)
{
	size_t n = s->rows - s->missing, distinct;
	double length, words;
	int exact, unique, wordy;

	distinct = sniff_distinct(s, &exact);
	if (n == 0 || (distinct == 1 && s->missing == 0))
		return COL_CONSTANT;
	/* An estimate may be off by three standard errors. */
	unique = n >= KEY_ROWS && distinct >= (exact ? 0.99 : 0.97) * n;
	if (s->state == DATES)
		return COL_DATETIME;
	if (s->state == NUMBERS)
		return s->fractional ? COL_NUMBER
		       : unique && s->declared == DECLARED_NOTHING &&
		               (s->steps == 1 || s->digits >= LONG_DIGITS ||
				   key_name(s->name))
		           ? COL_IDENTIFIER
		           : COL_INTEGER;
	if (boolean(s))
		return COL_BOOLEAN;
	if (s->declared == DECLARED_LEVELS)
		return COL_CATEGORY;
	length = (double)s->length / s->looked;
	words = (double)s->words / s->looked;
	wordy = words > 3 || length > 48;
	if (unique)
		return wordy || words > 1.5 ? COL_TEXT : COL_IDENTIFIER;
	if (distinct > 50 && distinct > (wordy ? 0.2 : 0.5) * n)
		return COL_TEXT;
	return COL_CATEGORY;
}

size_t
sniff_missing(const struct sniff *s)
{
	return s->missing;
}

size_t
sniff_distinct(const struct sniff *s, int *exact)
{
	size_t n = s->rows - s->missing,
	       d = distinct_count(&s->distinct, exact);

	/* What was hashed as a number and later turned out to be text. */
	if (s->state == TEXTS && s->respelled)
		*exact = 0;
	return d > n ? n : d;
}

size_t
sniff_top(const struct sniff *s, struct top_value *v, size_t max, int *exact)
{
	*exact = s->top.off == 0 && !(s->state == TEXTS && s->respelled);
	return top_list(&s->top, v, max);
}

int
sniff_length(const struct sniff *s, size_t *least, size_t *most, double *mean)
{
	if (s->looked == 0)
		return 0;
	*least = s->least;
	*most = s->most;
	*mean = (double)s->length / s->looked;
	return 1;
}

const char *
sniff_offender(const struct sniff *s, size_t *after)
{
	*after = s->before;
	return s->offender[0] != '\0' ? s->offender : NULL;
}
