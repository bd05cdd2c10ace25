/*
 * Numbers, words and plots: what they look like, and that nothing breaks them.
 */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/report/axis.h"
#include "lib/report/figure.h"
#include "lib/report/markup.h"
#include "lib/report/measure.h"
#include "lib/report/number.h"
#include "lib/report/picture.h"
#include "lib/report/plot.h"
#include "lib/report/series.h"
#include "lib/report/text.h"
#include "tests/tap.h"
#include "tests/unit/report_sample.h"

static void
test_numbers(void)
{
	/* clang-format off */
	static const struct {
		double x;
		int digits;
		const char *text;
	} sig[] = {
		{ 0, 4, "0" },
		{ 0.79314, 4, "0.7931" },
		{ 0.99996, 4, "1.000" },
		{ 9.9996, 4, "10.00" },
		{ 12.3456, 4, "12.35" },
		{ 1234.56, 4, "1,235" },
		{ 1234567, 4, "1,234,567" },
		{ 1234567.8, 4, "1,234,568" },
		{ -0.5, 3, "−0.500" },
		{ 0.00001234, 3, "1.23e-05" },
		{ 1e300, 4, "1.000e+300" },
		{ NAN, 4, "–" },
		{ INFINITY, 4, "–" },
	};
	static const struct {
		void (*print)(double, char *);
		double x;
		const char *text;
	} other[] = {
		{ number_percent, 0.2, "20.0%" },
		{ number_percent, 0.0034, "0.34%" },
		{ number_percent, 0.00001, "< 0.01%" },
		{ number_percent, 0, "0%" },
		{ number_percent, 1, "100%" },
		{ number_percent, NAN, "–" },
		{ number_bytes, 512, "512 B" },
		{ number_bytes, 1400, "1.4 kB" },
		{ number_bytes, 23e6, "23 MB" },
		{ number_seconds, 0.0213, "21 ms" },
		{ number_seconds, 3.21, "3.2 s" },
		{ number_seconds, 250, "4 min 10 s" },
		{ number_seconds, 7500, "2 h 5 min" },
		{ number_seconds, -1, "–" },
	};
	/* clang-format on */
	char s[NUMBER_LEN];

	for (size_t i = 0; i < nitems(sig); i++) {
		number_sig(sig[i].x, sig[i].digits, s);
		ok(strcmp(s, sig[i].text) == 0, "%g to %d digits is %s (%s)",
		    sig[i].x, sig[i].digits, sig[i].text, s);
	}
	for (size_t i = 0; i < nitems(other); i++) {
		other[i].print(other[i].x, s);
		ok(strcmp(s, other[i].text) == 0, "%g is %s (%s)", other[i].x,
		    other[i].text, s);
	}
	number_fix(-0.0004, 3, s);
	ok(strcmp(s, "0.000") == 0, "what rounds to nothing has no sign");
}

static void
test_axis(void)
{
	struct plot_axis want = { 0 }, whole = { .integer = 1 };
	struct plot_axis log_ = { .log = 1 };
	static const double spans[][2] = { { 0, 1 }, { 0.76, 0.82 }, { -3, 17 },
		{ 1e-9, 3e-9 }, { 250, 18424 }, { -1e150, 1e150 }, { 5, 5 },
		{ 0, 0 }, { NAN, NAN }, { 1, 0 }, { -INFINITY, INFINITY } };
	struct axis a;
	char label[NUMBER_LEN], before[NUMBER_LEN];

	for (size_t i = 0; i < nitems(spans); i++) {
		int good, distinct = 1;

		axis_init(&a, &want, spans[i][0], spans[i][1], 5, 1);
		good = a.low < a.high && a.nticks >= 2 &&
		       a.nticks <= AXIS_TICKS_MAX;
		*before = '\0';
		for (size_t t = 0; t < a.nticks; t++) {
			axis_label(&a, a.ticks[t], label);
			distinct &= strcmp(label, before) != 0;
			memcpy(before, label, sizeof(before));
		}
		ok(good, "an axis from %g to %g has a range and ticks",
		    spans[i][0], spans[i][1]);
		ok(distinct, "and no two ticks with the same label");
	}
	axis_init(&a, &whole, 1, 4, 12, 0);
	ok(a.step == 1, "whole numbers have no ticks between them");
	axis_init(&a, &log_, 1, 1e6, 5, 0);
	ok(a.log && a.nticks >= 4, "a logarithmic axis has decades");
	axis_init(&a, &log_, -1, 1e6, 5, 0);
	ok(!a.log, "a logarithm of what is negative is not tried");
	axis_init(&a, &want, 0, 10, 5, 0);
	a.from = 100;
	a.to = 200;
	ok(axis_at(&a, 5) == 150 && axis_at(&a, -7) == 100 &&
		axis_at(&a, 70) == 200 && axis_at(&a, NAN) == 100,
	    "values outside stand on the edge");
}

static void
test_words(struct arena *a)
{
	char *huge = calloc(1, 100001);
	struct buf b;

	memset(huge, 'w', 100000);
	ok(strcmp(text_clean(a, "a\n\t b\x01", 50), "a b\xef\xbf\xbd") == 0,
	    "white space is one space, controls are marked");
	ok(strcmp(text_clean(a, "x\xe2\x80\xaey\xff", 50),
	       "x\xef\xbf\xbdy\xef\xbf\xbd") == 0,
	    "no direction is turned, no bad byte is kept");
	ok(strcmp(text_clean(a, "abcdef", 3), "abc\xe2\x80\xa6") == 0,
	    "what is long ends in an ellipsis");
	ok(strcmp(text_clean(a, NULL, 3), "") == 0, "nothing is nothing");
	ok(text_width(text_fit(a, huge, TEXT_BOLD, 9, 100), TEXT_BOLD, 9) <=
		100,
	    "a word of 100,000 letters fits 100 points");
	ok(strcmp(text_fit(a, "short", TEXT_REGULAR, 9, 100), "short") == 0,
	    "what fits is not touched");
	free(huge);
	buf_init(&b, 10000);
	markup_escape(&b, "<a href=\"x\">'&");
	ok(strcmp(b.data, "&lt;a href=&quot;x&quot;&gt;&#39;&amp;") == 0,
	    "markup is escaped for HTML");
	b.len = 0;
	markup_markdown(&b, "1. [x](y) *z* a_b _c |<i>", 1);
	ok(strcmp(b.data, "1\\. \\[x\\](y) \\*z\\* a_b \\_c \\|&lt;i&gt;") == 0,
	    "and for Markdown: %s", b.data);
	buf_done(&b);
}

static void
test_verdict(void)
{
	static const struct measure more = { .sign = 1 }, less = { .sign = -1 };
	/* clang-format off */
	static const struct {
		struct measured m;
		enum measured_verdict verdict;
		const char *what;
	} cases[] = {
		{ { &more, 0.8, 0.7, 0.9, 0.5, NAN, NAN }, MEASURED_BETTER, "an interval above the baseline is better" },
		{ { &more, 0.6, 0.4, 0.8, 0.5, NAN, NAN }, MEASURED_UNSURE, "one that holds it shows nothing" },
		{ { &more, 0.3, 0.2, 0.4, 0.5, NAN, NAN }, MEASURED_WORSE, "one below it is worse" },
		{ { &less, 0.3, 0.2, 0.4, 0.5, NAN, NAN }, MEASURED_BETTER, "where less is better, below is better" },
		{ { &less, 0.6, 0.55, 0.7, 0.5, NAN, NAN }, MEASURED_WORSE, "and above is worse" },
		{ { &more, 0.8, NAN, 0.9, 0.5, NAN, NAN }, MEASURED_UNKNOWN, "without an interval there is no verdict" },
		{ { &more, 0.8, 0.7, 0.9, NAN, NAN, NAN }, MEASURED_UNKNOWN, "nor without a baseline" },
		{ { &more, 0.5, 0.5, 0.5, 0.5, NAN, NAN }, MEASURED_UNSURE, "the baseline is not better than itself" },
	};
	/* clang-format on */

	for (size_t i = 0; i < nitems(cases); i++)
		ok(measured_verdict(&cases[i].m) == cases[i].verdict, "%s",
		    cases[i].what);
}

/* Automake tells where the sources are. */
static void
test_knowledge(void)
{
	const char *src = getenv("srcdir");
	static char text[32768];
	char path[400];
	size_t missing = 0;
	auto_file FILE *f = NULL;

	snprintf(path, sizeof(path), "%s/share/knowledge/metrics.md",
	    src != NULL ? src : "..");
	if ((f = fopen(path, "r")) != NULL)
		text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	for (const struct measure *m = measures; m->name != NULL; m++) {
		if (strcasestr(text, m->label) == NULL) {
			printf("# %s is not\n", m->label);
			missing++;
		}
	}
	ok(missing == 0, "each metric of the reports is explained");
}

/* Every kind with every nasty row of numbers. */
static void
test_hostile(void)
{
	static const double rows[][6] = { { 0, 1, 2, 3, 4, 5 },
		{ NAN, NAN, NAN, NAN, NAN, NAN },
		{ INFINITY, -INFINITY, 0, NAN, 1, 2 },
		{ 1e308, -1e308, 1e308, 0, -1e308, 1e-308 },
		{ 7, 7, 7, 7, 7, 7 }, { 0, 0, 0, 0, 0, 0 } };
	static const char *const names[] = { "", "<svg onload=alert(1)>",
		"\xff\xfe", "a\nb", "\xe2\x80\xae evil" };
	size_t drawn = 0, clean = 0;

	for (int kind = 0; kind < PLOT__MAX; kind++)
		for (size_t r = 0; r < nitems(rows); r++)
			for (int cats = 0; cats < 4; cats++) {
				struct plot_series s = {
					.kind = (enum plot_kind)kind,
					.name = names[r % nitems(names)],
					.n = 5,
					.x = rows[r],
					.y = rows[(r + 1) % nitems(rows)],
					.low = rows[r],
					.high = rows[(r + 2) % nitems(rows)],
				};
				struct plot p = { .name = "p",
					.title = names[1],
					.series = &s,
					.nseries = 1,
					.square = r % 2 == 1 };
				struct buf b;

				if ((cats & 1) || kind == PLOT_TILE ||
				    kind == PLOT_BAR) {
					p.x.categories = names;
					p.x.ncategories = nitems(names);
				}
				if ((cats & 2) || kind == PLOT_TILE ||
				    kind == PLOT_DUMBBELL) {
					p.y.categories = names;
					p.y.ncategories = nitems(names);
				}
				buf_init(&b, 1 << 20);
				plot_inline(&p, 200, plot_height(&p, 200), &b);
				drawn += !b.over && b.len > 100;
				clean +=
				    strstr(b.data, "<svg onload") == NULL &&
				    strstr(b.data, "nan") == NULL &&
				    strstr(b.data, "inf") == NULL;
				buf_done(&b);
			}
	ok(drawn == PLOT__MAX * nitems(rows) * 4,
	    "every kind draws every row of numbers (%zu)", drawn);
	ok(clean == drawn, "with no coordinate that is no number (%zu)", clean);
}

static void
test_files(const char *dir)
{
	auto_json json_t *doc = sample_doc(SAMPLE_BINARY);
	struct err err = { 0 };
	struct arena *a = arena_new();
	const struct plot *p =
	    figure_roc(a, json_object_get(doc, "evaluation"));
	char one[200], two[200], path[300];
	const json_t *f;
	struct stat st;
	size_t i, there = 0;

	snprintf(one, sizeof(one), "%s/roc.svg", dir);
	snprintf(two, sizeof(two), "%s/roc.png", dir);
	ok(plot_svg(p, 400, 300, one, &err) == 0 &&
		plot_png(p, 400, 300, two, &err) == 0,
	    "a plot is written");
	ok(plot_svg(p, 400, 300, "/nonexistent/x.svg", &err) == -1 &&
		plot_png(p, 400, 300, "/nonexistent/x.png", &err) == -1 &&
		strstr(err.text, "No such file") != NULL,
	    "or it is said why not");
	auto_json json_t *files =
	    picture_columns(json_object_get(doc, "profile"), dir, &err);
	json_array_foreach (files, i, f) {
		snprintf(
		    path, sizeof(path), "%s/%s", dir, json_str(f, "name", ""));
		there += stat(path, &st) == 0 && st.st_size > 200;
		unlink(path);
	}
	ok(there == 16 && there == json_array_size(files),
	    "each column has its picture, twice (%zu)", there);
	unlink(one);
	unlink(two);
	snprintf(path, sizeof(path), "%s/plots", dir);
	rmdir(path);
	rmdir(dir);
	arena_free(a);
}

static void
test_series(struct arena *a)
{
	json_t *v = json_array();
	double *x, *y;
	size_t n;

	for (int i = 0; i < 1000; i++)
		json_array_append_new(v, json_pack("[i, i]", i, 2 * i));
	n = series_pairs(a, v, 10, &x, &y);
	ok(n == 10 && x[0] == 0 && x[9] == 999 && y[9] == 1998,
	    "points are thinned evenly, the ends kept");
	json_array_clear(v);
	json_array_append_new(v, json_string("x"));
	json_array_append_new(v, json_null());
	n = series_pairs(a, v, 10, &x, &y);
	ok(n == 2 && isnan(x[0]) && isnan(y[1]),
	    "what is no point is no number");
	ok(series_pairs(a, NULL, 10, &x, &y) == 0, "and nothing is nothing");
	json_decref(v);
}

int
main(void)
{
	char dir[] = "/tmp/report-plot-XXXXXX";
	struct arena *a = arena_new();

	if (mkdtemp(dir) == NULL)
		return 1;
	test_numbers();
	test_axis();
	test_words(a);
	test_verdict();
	test_series(a);
	test_hostile();
	test_knowledge();
	test_files(dir);
	arena_free(a);
	return done();
}
