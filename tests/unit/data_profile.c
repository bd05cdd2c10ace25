/*
 * The profile: its numbers, what it suspects, and that it repeats itself.
 */
#include "config.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/data/correlate.h"
#include "lib/data/distinct.h"
#include "lib/data/moments.h"
#include "lib/data/number.h"
#include "lib/data/personal.h"
#include "lib/data/profile.h"
#include "lib/data/reader.h"
#include "lib/data/sample.h"
#include "lib/data/scan.h"
#include "lib/data/value.h"
#include "lib/err.h"
#include "lib/json.h"
#include "tests/tap.h"

static uint64_t state = 1;

/* Uniform in [0, 1). */
static double
uniform(void)
{
	state = scan_fold(state + 0x9e3779b97f4a7c15ull, 0xe7037ed1a0b428dbull);
	return (double)(state >> 11) / (double)(1ull << 53);
}

static int
near(double a, double b, double tolerance)
{
	return fabs(a - b) <= tolerance;
}

static json_t *
profile(const char *text, size_t n, enum data_format format,
    enum on_error on_error, const char *target)
{
	struct err e = { 0 };
	struct reader *r = reader_open_text(text, n, format, on_error, &e);
	json_t *p = r == NULL ? NULL : profile_reader(r, target, &e);

	if (p == NULL)
		printf("# %ld:%ld %s\n", e.line, e.column, e.text);
	reader_close(r);
	return p;
}

static const json_t *
column(const json_t *p, const char *name)
{
	const json_t *c;
	size_t i;

	json_array_foreach (json_object_get(p, "columns"), i, c)
		if (strcmp(json_str(c, "name", ""), name) == 0)
			return c;
	return NULL;
}

static int
has_text(const json_t *array, const char *part)
{
	const json_t *v;
	size_t i;

	json_array_foreach (array, i, v)
		if (strstr(json_string_value(v), part) != NULL)
			return 1;
	return 0;
}

static long long
top(const json_t *c, size_t i, const char *value)
{
	const json_t *v = json_array_get(json_object_get(c, "top"), i);

	return strcmp(json_str(v, "value", ""), value) == 0
	           ? json_int(v, "count", -1)
	           : -1;
}

static void
small(void)
{
	const char text[] = "n,c,d\n1,x,2024-01-01\n2,y,2024-01-03\n"
			    "3,x,\n10,x,2024-01-02\n,x,NA\n1,x,2024-01-01\n";
	json_t *p = profile(text, strlen(text), DATA_CSV, ON_ERROR_FAIL, NULL);
	const json_t *n = column(p, "n"), *c = column(p, "c");
	const json_t *d = column(p, "d"), *h;

	ok(json_int(p, "rows", 0) == 6 &&
		json_array_size(json_object_get(p, "columns")) == 3,
	    "six rows, three columns");
	ok(json_int(n, "missing", -1) == 1 && json_int(n, "distinct", -1) == 4,
	    "missing and distinct values");
	ok(near(json_num(n, "mean", 0), 3.4, 1e-12) &&
		near(json_num(n, "sd", 0), 3.7815340802378077, 1e-12) &&
		near(json_num(n, "skew", 0), 1.3286, 1e-4) &&
		json_int(n, "min", 0) == 1 && json_int(n, "max", 0) == 10,
	    "mean, sd, skew, least and greatest");
	ok(near(json_num(json_object_get(n, "quantiles"), "p50", 0), 2, 0) &&
		near(json_num(json_object_get(n, "quantiles"), "p75", 0), 3, 0),
	    "quantiles");
	h = json_object_get(json_object_get(n, "histogram"), "counts");
	ok(json_array_size(h) == 10 &&
		json_integer_value(json_array_get(h, 0)) == 2 &&
		json_integer_value(json_array_get(h, 9)) == 1,
	    "the histogram of whole numbers has no bins between them");
	ok(top(c, 0, "x") == 5 && top(c, 1, "y") == 1 &&
		json_is_true(json_object_get(c, "top_exact")),
	    "values by their frequency");
	ok(strcmp(json_str(d, "min", ""), "2024-01-01") == 0 &&
		strcmp(json_str(d, "max", ""), "2024-01-03") == 0 &&
		json_int(d, "missing", 0) == 2,
	    "dates are shown as dates");
	ok(json_int(p, "duplicate_rows", -1) == 1 &&
		json_is_true(json_object_get(p, "duplicate_rows_exact")),
	    "a row that repeats an earlier one");
	json_decref(p);
}

/* 100,000 rows, of which everything is known. */
static size_t
make_large(char *text, size_t max)
{
	size_t n =
	    (size_t)snprintf(text, max, "key,u,v,gap,heavy,leak,kind,target\n");

	for (int i = 0; i < 100000; i++) {
		double x = uniform(), y = uniform(), z = uniform();
		int t = z < 0.3;

		n += (size_t)snprintf(
		    text + n, max - n, "%d,%.9f,%.6f,", i, x, 2 * x + y);
		if (i % 3 != 0)
			n += (size_t)snprintf(text + n, max - n, "%.9f", x);
		n += (size_t)snprintf(text + n, max - n, ",%d,%.3f,%s,%s\n",
		    uniform() < 0.6 ? 0 : 1000 + i, t + 0.9 * y,
		    y < 0.5 ? "a" : "b", t ? "good" : "bad");
	}
	return n;
}

static double
correlation(const json_t *p, const char *a, const char *b)
{
	const json_t *c;
	size_t i;

	json_array_foreach (json_object_get(p, "correlations"), i, c)
		if (strcmp(json_str(c, "a", ""), a) == 0 &&
		    strcmp(json_str(c, "b", ""), b) == 0)
			return json_num(c, "r", NAN);
	return NAN;
}

static void
large(void)
{
	size_t max = 16u << 20, n;
	char *text = malloc(max), *first, *second;
	const json_t *u, *heavy, *leak, *v;
	json_t *p, *again;
	const char *name;
	double worst = 0;

	if (text == NULL)
		return;
	n = make_large(text, max);
	p = profile(text, n, DATA_CSV, ON_ERROR_FAIL, "target");
	again = profile(text, n, DATA_CSV, ON_ERROR_FAIL, "target");
	first = json_dumps(p, 0);
	second = json_dumps(again, 0);
	ok(first != NULL && second != NULL && strcmp(first, second) == 0,
	    "the same rows give the same bytes");
	free(first);
	free(second);
	json_decref(again);
	free(text);

	u = column(p, "u");
	ok(near((double)json_int(u, "distinct", 0), 1e5, 2500) &&
		json_is_false(json_object_get(u, "distinct_exact")),
	    "many different values are estimated, and said to be: %lld",
	    json_int(u, "distinct", 0));
	ok(near(json_num(u, "mean", 0), 0.5, 0.005) &&
		near(json_num(u, "sd", 0), sqrt(1.0 / 12), 0.003) &&
		near(json_num(u, "skew", 1), 0, 0.02),
	    "moments of a uniform column");
	json_object_foreach (json_object_get(u, "quantiles"), name, v)
		worst = fmax(worst,
		    fabs(json_number_value(v) - strtod(name + 1, NULL) / 100));
	ok(worst < 3 * json_num(json_object_get(p, "sample"), "rank_error", 0),
	    "quantiles are within their error: %.4f", worst);
	heavy = column(p, "heavy");
	ok(near((double)top(heavy, 0, "0"), 60000, 1200) &&
		json_is_false(json_object_get(heavy, "top_exact")),
	    "a frequent value among many: %lld", top(heavy, 0, "0"));
	ok(near(correlation(p, "u", "v"), 2 / sqrt(5), 0.005),
	    "a correlation: %f", correlation(p, "u", "v"));
	ok(near(correlation(p, "u", "gap"), 1, 1e-9),
	    "a correlation over the rows that have both: %f",
	    correlation(p, "u", "gap"));
	ok(json_int(p, "duplicate_rows", -1) == 0, "no row repeats another");
	leak = json_object_get(p, "leakage");
	ok(json_array_size(leak) == 1 &&
		strcmp(json_str(json_array_get(leak, 0), "column", ""),
		    "leak") == 0,
	    "the one column that gives the target away is suspected");
	v = json_object_get(json_object_get(p, "target"), "classes");
	ok(json_array_size(v) == 2 &&
		strcmp(json_str(json_array_get(v, 0), "value", ""), "bad") == 0,
	    "the target's classes, the greatest first");
	ok(has_text(json_object_get(p, "warnings"), "'key' tells the rows"),
	    "a key is warned of");
	json_decref(p);
}

static void
policies(void)
{
	const char text[] = "a,b\n1,2\n3\n4,x\n5,6\n";
	json_t *p = profile(text, strlen(text), DATA_CSV, ON_ERROR_SKIP, NULL);

	ok(json_int(p, "skipped", -1) == 1 && json_int(p, "rows", -1) == 3 &&
		has_text(json_object_get(p, "warnings"), "line 3 column 2"),
	    "rows that were skipped are counted, and the first is shown");
	ok(has_text(json_object_get(p, "warnings"),
	       "read as text because of 'x' after 1"),
	    "the value that makes a column text is named");
	json_decref(p);
	ok((p = profile(text, strlen(text), DATA_CSV, ON_ERROR_SKIP, "none")) ==
		NULL,
	    "a target that is not there is an error");
	json_decref(p);
}

static void
counting(void)
{
	struct distinct d;
	struct repeats r;
	size_t n;
	int exact;

	distinct_init(&d, 1000);
	for (uint64_t i = 1; i <= 1000000; i++) {
		char text[64] = { 0 };
		uint64_t h;

		h = scan_hash(text,
		    (size_t)snprintf(text, 32, "%llu", (unsigned long long)i));
		distinct_add(&d, &h, 1);
		distinct_add(&d, &h, 1);
		n = i == 1000 || i == 5000 || i == 30000 || i == 80000 ||
		            i == 1000000
		        ? distinct_count(&d, &exact)
		        : 0;
		if (n > 0)
			ok(exact
				? n == i && i == 1000
				: near((double)n, (double)i, 0.025 * (double)i),
			    "%llu values are counted as %zu",
			    (unsigned long long)i, n);
	}
	distinct_done(&d);

	repeats_init(&r);
	for (uint64_t i = 1; i <= 600000; i++) {
		uint64_t h = i < 30000 ? i % 20000 : i;

		repeats_add(&r, &h, 1);
		if (i == 29999)
			ok(repeats_count(&r, &exact) == 9999 && exact,
			    "few repeated rows are counted exactly");
	}
	n = repeats_count(&r, &exact);
	ok(!exact && near((double)n, 9999, 700),
	    "repeated rows among many are estimated: %zu of 9999", n);
	repeats_done(&r);
}

static void
bins(void)
{
	static double x[100000];
	static struct histogram h;
	struct moments m, all = { 0 };
	double edge[33], sum = 0, sum2 = 0;
	uint64_t count[32];
	size_t n, wrong = 0, total = 0;

	for (size_t i = 0; i < 100000; i++) {
		/* falls and jumps, so that the bins have to move */
		x[i] = i < 50000 ? -(double)i / 7 : uniform() * 1e6;
		sum += x[i];
	}
	for (size_t i = 0; i < 100000; i += 1000) {
		m = moments_of(x + i, 1000);
		moments_add(&all, &m);
		histogram_add(&h, x + i, 1000, m.min, m.max);
	}
	for (size_t i = 0; i < 100000; i++)
		sum2 += (x[i] - sum / 1e5) * (x[i] - sum / 1e5);
	ok(near(all.mean, sum / 1e5, 1e-6) &&
		near(moments_sd(&all) / sqrt(sum2 / 99999), 1, 1e-9),
	    "moments by blocks are those of the whole");
	n = histogram_bins(&h, 0, 32, edge, count);
	for (size_t b = 0; b < n; b++) {
		uint64_t here = 0;

		for (size_t i = 0; i < 100000; i++)
			here += x[i] >= edge[b] && x[i] < edge[b + 1];
		wrong += here != count[b];
		total += count[b];
	}
	ok(n > 8 && wrong == 0 && total == 100000,
	    "a histogram in one pass is exact: %zu bins, %zu wrong", n, wrong);
	memset(&h, 0, sizeof(h));
	for (int i = -300; i <= 300; i += 50) {
		double y = pow(10, i);

		histogram_add(&h, &y, 1, y, y);
		y = -y;
		histogram_add(&h, &y, 1, y, y);
	}
	n = histogram_bins(&h, 0, 32, edge, count);
	total = 0;
	for (size_t b = 0; b < n; b++)
		total += count[b];
	ok(total == 26, "from -1e300 to 1e300 nothing is lost");
}

static void
pairs(void)
{
	static double x[3][2000];
	struct correlate *c = correlate_new();
	double sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0, n = 0, r;

	for (int k = 0; k < 3; k++)
		correlate_place(c);
	for (int b = 0; b < 2; b++) {
		for (int i = 1000 * b; i < 1000 * b + 1000; i++) {
			double u = uniform();

			x[0][i] = 1e6 + u;
			x[1][i] = i % 5 == 0 ? NAN : u + uniform();
			x[2][i] = b == 0 || i % 7 == 0 ? NAN : -u * u;
		}
		for (int k = 0; k < 3; k++) {
			double sum = 0;
			size_t missing = 0;

			for (int i = 1000 * b; i < 1000 * b + 1000; i++)
				if (isnan(x[k][i]))
					missing++;
				else
					sum += x[k][i];
			correlate_column(c, k, x[k] + 1000L * b, 1000,
			    missing == 1000 ? 0
					    : sum / (double)(1000 - missing),
			    missing);
		}
		correlate_pairs(c);
	}
	for (int i = 0; i < 2000; i++) {
		double p = x[1][i], q = x[2][i];

		if (isnan(p) || isnan(q))
			continue;
		n++;
		sx += p;
		sy += q;
		sxx += p * p;
		syy += q * q;
		sxy += p * q;
	}
	r = (sxy - sx * sy / n) /
	    sqrt((sxx - sx * sx / n) * (syy - sy * sy / n));
	ok(near(correlate_r(c, 1, 2), r, 1e-9),
	    "a correlation of two columns with gaps: %f", r);
	ok(correlate_r(c, 0, 1) > 0.5 && correlate_r(c, 0, 2) < -0.9,
	    "a great mean does no harm");
	correlate_free(c);
}

/* clang-format off */
static const struct {
	const char *value;
	int kind; /* enum personal, or -1 */
} personals[] = {
	{ "anna.muster@example.org", PERSONAL_EMAIL },
	{ "m\xc3\xbcller@example.de", PERSONAL_EMAIL },
	{ "@example.org",	     -1 },
	{ "anna@example",	     -1 },
	{ "+49 89 1234567",	     PERSONAL_PHONE },
	{ "(089) 123-4567",	     PERSONAL_PHONE },
	{ "2024-01-31",		     -1 },
	{ "123456789",		     -1 },
	{ "12345.678",		     -1 },
	{ "DE89 3704 0044 0532 0130 00", PERSONAL_IBAN },
	{ "DE89370400440532013001",  -1 },
	{ "4111 1111 1111 1111",     PERSONAL_CARD },
	{ "4111111111111112",	     -1 },
	{ "192.168.0.1",	     PERSONAL_IP },
	{ "192.168.0.256",	     -1 },
	{ "99999999999.1.1.1",	     -1 },
};

static const struct {
	const char *name, *suspect;
	int open;
} named[] = {
	{ "customerFirstName", "personal:name",	    1 },
	{ "E-Mail",	       "personal:email",    1 },
	{ "phone",	       NULL,		    0 },
	{ "ZIP code",	       "personal:postcode", 1 },
	{ "name",	       "personal:name",	    1 },
	{ "product_name",      NULL,		    1 },
	{ "age",	       "protected:age",	    0 },
	{ "mileage",	       NULL,		    1 },
	{ "sex",	       "protected:sex",	    0 },
	{ "marital_status",    "protected:family",  0 },
};

static const struct {
	const char *text;
	double seconds; /* NAN: it is no date */
} datetimes[] = {
	{ "1970-01-01",		       0 },
	{ "2000-02-29",		       951782400 },
	{ "1900-02-29",		       NAN },
	{ "2024-12-31T23:59:59Z",      1735689599 },
	{ "2024/12/31 23:59",	       1735689540 },
	{ "2024-12-31T23:59:59.250",   1735689599.25 },
	{ "2024-12-31T23:59:59+02:00", 1735682399 },
	{ "2024-12-31T23:59:59-0530",  1735709399 },
	{ "2024-12-31T24:00",	       NAN },
	{ "2024-13-01",		       NAN },
	{ "2024-1-1",		       NAN },
	{ "2024-12-31T",	       NAN },
	{ "2024-12-31 10:00 x",	       NAN },
	{ "1969-12-31T23:59:58Z",      -2 },
};
/* clang-format on */

static void
suspects(void)
{
	const char *out[PERSONAL_SUSPECTS];

	for (size_t i = 0; i < sizeof(personals) / sizeof(*personals); i++) {
		struct personal_seen s = { 0 };
		int wrong = 0;

		personal_look(
		    &s, personals[i].value, strlen(personals[i].value));
		for (int k = 0; k < PERSONAL__MAX; k++)
			wrong += s.hits[k] != (k == personals[i].kind);
		ok(wrong == 0, "'%s' is %s", personals[i].value,
		    personals[i].kind == -1 ? "no personal data"
					    : "personal data of its kind");
	}
	for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++) {
		struct personal_seen s = { 0 };
		size_t n =
		    personal_suspects(&s, named[i].name, named[i].open, out);

		ok(named[i].suspect == NULL
			? n == 0
			: n == 1 && strcmp(out[0], named[i].suspect) == 0,
		    "a column '%s' is suspected of %s", named[i].name,
		    named[i].suspect == NULL ? "nothing" : named[i].suspect);
	}
}

static void
dates(void)
{
	for (size_t i = 0; i < sizeof(datetimes) / sizeof(*datetimes); i++) {
		const char *text = datetimes[i].text;
		char back[VALUE_DATETIME];
		double x = NAN, y = NAN;
		int is = value_datetime(text, strlen(text), &x);

		if (isnan(datetimes[i].seconds)) {
			ok(!is, "'%s' is no date", text);
			continue;
		}
		value_datetime_text(x, back);
		ok(is && x == datetimes[i].seconds &&
			value_datetime(back, strlen(back), &y) && x == y,
		    "'%s' is %s", text, back);
	}
}

/* Against the C library, which rounds correctly. */
static void
numbers(void)
{
	int wrong = 0;

	for (int i = 0; i < 300000; i++) {
		char text[96], *end;
		double want, got = 0, slow = 0;
		int n = 0, is, whole;

		if (uniform() < 0.3)
			text[n++] = '-';
		for (int k = (int)(uniform() * 14); k > 0; k--)
			text[n++] = (char)('0' + (int)(uniform() * 10));
		if (uniform() < 0.7)
			text[n++] = '.';
		for (int k = (int)(uniform() * 12); k > 0; k--)
			text[n++] = (char)('0' + (int)(uniform() * 10));
		if (uniform() < 0.1)
			n += snprintf(
			    text + n, 8, "e%d", (int)(uniform() * 60) - 30);
		if (uniform() < 0.05 && n > 0)
			text[(int)(uniform() * n)] =
			    "/:.-+e x"[(int)(uniform() * 8)];
		memset(text + n, 0, 33);
		want = strtod(text, &end);
		is = n > 0 && *end == '\0' && isfinite(want) &&
		     strpbrk(text, "xX ") == NULL;
		wrong +=
		    (number_padded(text, (size_t)n, &got, &whole) != 0) != is ||
		    value_number(text, (size_t)n, &slow, NULL) != is ||
		    (is && (got != want || slow != want));
	}
	ok(wrong == 0, "300,000 numbers read as strtod reads them, %d do not",
	    wrong);
}

int
main(void)
{
	small();
	large();
	policies();
	counting();
	bins();
	pairs();
	suspects();
	dates();
	numbers();
	return done();
}
