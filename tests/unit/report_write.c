/*
 * The report on whole, partial and hostile documents.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/digest.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/report/report.h"
#include "tests/tap.h"
#include "tests/unit/report_sample.h"

static char root[] = "/tmp/report-XXXXXX";
static char made[64][64]; /* directories to take away at the end */
static size_t nmade;

static const char *
folder(void)
{
	char *path = made[nmade++];

	snprintf(path, sizeof(made[0]), "%s/%zu", root, nmade);
	mkdir(path, 0700);
	return path;
}

static char *
slurp(const char *dir, const char *name)
{
	char path[200];
	struct stat st;
	auto_file FILE *f = NULL;
	char *text;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if ((f = fopen(path, "r")) == NULL || fstat(fileno(f), &st) == -1)
		return strdup("");
	text = calloc(1, (size_t)st.st_size + 1);
	n = fread(text, 1, (size_t)st.st_size, f);
	text[n] = '\0';
	return text;
}

/* The digest of all files that a report names, in their order. */
static void
digest_all(const json_t *files, char hex[DIGEST_HEX])
{
	struct digest *d = digest_new();
	char one[DIGEST_HEX];
	const json_t *f;
	struct err err;
	size_t i;

	json_array_foreach (files, i, f) {
		if (digest_file(json_str(f, "path", ""), one, NULL, &err) == -1)
			strncpy(one, "missing", sizeof(one));
		digest_add(d, json_str(f, "name", ""),
		    strlen(json_str(f, "name", "")));
		digest_add(d, one, strlen(one));
	}
	digest_end(d, hex);
}

static json_t *
written(const json_t *doc, const char *dir)
{
	struct err err = { 0 };
	json_t *files = report_write(doc, dir, &err);

	if (files == NULL)
		printf("# %s\n", err.text);
	return files;
}

static int
all_there(const json_t *files)
{
	const json_t *f;
	struct stat st;
	size_t i;

	json_array_foreach (files, i, f)
		if (stat(json_str(f, "path", ""), &st) == -1 ||
		    st.st_size < 100 || json_str(f, "kind", NULL) == NULL ||
		    json_str(f, "media_type", NULL) == NULL)
			return 0;
	return json_array_size(files) > 2;
}

static int
has_file(const json_t *files, const char *name)
{
	const json_t *f;
	size_t i;

	json_array_foreach (files, i, f)
		if (strcmp(json_str(f, "name", ""), name) == 0)
			return 1;
	return 0;
}

/* The text of a PDF by poppler's pdftotext, or NULL where that is not
 * installed. */
static char *
pdf_text(const char *dir)
{
	char in[200], out[200];
	int status;
	pid_t pid;

	snprintf(in, sizeof(in), "%s/report.pdf", dir);
	snprintf(out, sizeof(out), "%s/report.txt", dir);
	fflush(stdout);
	if ((pid = fork()) == 0) {
		execlp("pdftotext", "pdftotext", "-layout", in, out, NULL);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid || status != 0)
		return NULL;
	return slurp(dir, "report.txt");
}

static void
test_samples(void)
{
	static const char *const names[] = { "binary", "multiclass",
		"regression" };
	static const char *const plots[] = { "plots/roc.svg",
		"plots/confusion.png", "plots/predicted-actual.svg" };

	for (int k = 0; k < SAMPLE__MAX; k++) {
		auto_json json_t *doc = sample_doc((enum sample_kind)k);
		auto_json json_t *again = sample_doc((enum sample_kind)k);
		char one[DIGEST_HEX], two[DIGEST_HEX];
		auto_json json_t *first = written(doc, folder());
		auto_json json_t *second = written(doc, folder());

		(void)again;
		ok(all_there(first), "a %s run gets all its files", names[k]);
		ok(has_file(first, plots[k]), "%s is among them", plots[k]);
		digest_all(first, one);
		digest_all(second, two);
		ok(strcmp(one, two) == 0,
		    "a %s document gives the same bytes twice", names[k]);
	}
}

static void
test_text(void)
{
	static const char *const words[] = { "Model report",
		"German credit, first look", "ROC AUC", "0.793", "0.731",
		"Page 1 of", "Limitations", "four-fifths",
		"run_019abb2f-6d1e-7c3a-9c58-0a5d2f4e7b11", "checking_status",
		"Trained again without", "xgboost", "amount_per_month" };
	auto_json json_t *doc = sample_doc(SAMPLE_BINARY);
	const char *dir = folder();
	auto_json json_t *files = written(doc, dir);
	auto_str char *html = slurp(dir, "report.html");
	auto_str char *card = slurp(dir, "model_card.md");
	auto_str char *text = pdf_text(dir);

	ok(files != NULL, "the binary sample is written");
	for (size_t i = 0; i < nitems(words); i++) {
		if (text == NULL)
			ok(1, "# SKIP pdftotext is not installed");
		else
			ok(strstr(text, words[i]) != NULL,
			    "the PDF's text has '%s'", words[i]);
		if (strncmp(words[i], "Page", 4) != 0)
			ok(strstr(html, words[i]) != NULL, "the HTML has '%s'",
			    words[i]);
	}
	ok(strstr(html, "<script") == NULL &&
		strstr(html, "http://") ==
		    strstr(html, "http://www.w3.org/2000/svg"),
	    "the HTML has no script and asks nobody for anything");
	ok(strstr(html, " style=\"") == NULL && strstr(html, "url(") == NULL,
	    "the HTML has no style that its own policy would refuse");
	ok(strstr(card, "## ") != NULL &&
		strstr(card, "Quantitative analyses") != NULL &&
		strstr(card, "Intended use") != NULL &&
		strstr(card, "Caveats and recommendations") != NULL,
	    "the model card has its usual headings");
}

static void
test_partial(void)
{
	static const char *const parts[] = { "run", "dataset", "profile",
		"evaluation", "trials", "findings", "decisions", "lineage" };
	auto_json json_t *empty = json_object();
	auto_json json_t *none = json_null();
	auto_json json_t *files = written(empty, folder());
	auto_json json_t *more = written(none, folder());

	ok(all_there(files), "a report of nothing is written");
	ok(all_there(more), "a report of null is written");
	for (size_t i = 0; i < nitems(parts); i++) {
		auto_json json_t *doc = sample_doc(SAMPLE_BINARY);

		json_object_del(doc, parts[i]);
		{
			auto_json json_t *f = written(doc, folder());

			ok(all_there(f), "a report without '%s' is written",
			    parts[i]);
		}
		json_object_set_new(doc, parts[i], json_string("nonsense"));
		{
			auto_json json_t *f = written(doc, folder());

			ok(all_there(f), "and with a string for it");
		}
	}
	for (int empty_lists = 0; empty_lists < 2; empty_lists++) {
		auto_json json_t *doc = sample_doc(SAMPLE_BINARY);

		sample_hollow(doc, empty_lists);
		{
			auto_json json_t *f = written(doc, folder());

			ok(all_there(f), "a report of %s is written",
			    empty_lists ? "empty lists" : "nulls");
		}
	}
}

static int
count(const char *text, const char *word)
{
	int n = 0;

	for (; (text = strstr(text, word)) != NULL; text++)
		n++;
	return n;
}

static void
test_hostile(void)
{
	static const char *const texts[] = {
		"</style><script>alert(1)</script><img src=x onerror=alert(1)>",
		"<b>bold</b> &amp; <span foreground='red'>pango</span> ]]> -->",
		"| cell | [link](javascript:alert(1)) `code` **b** \\ # _x_",
		"\xe2\x80\xae"
		"desrever \xf0\x9f\x8e\x89 \xe4\xb8\xad\xe6\x96\x87"
		"\n\t\x01\x7f end",
		"\" onmouseover=\"alert(1)\" x=\"' onload='alert(2)",
		"%s%n%100000d",
	};
	auto_json json_t *big = NULL;
	char *huge;

	for (size_t i = 0; i < nitems(texts); i++) {
		auto_json json_t *doc = sample_doc(SAMPLE_BINARY);
		const char *dir = folder();

		sample_poison(doc, texts[i]);
		/* In the card digests are code, where markup is just text. */
		json_object_del(doc, "lineage");
		json_object_del(json_object_get(doc, "dataset"), "digest");
		auto_json json_t *files = written(doc, dir);
		auto_str char *html = slurp(dir, "report.html");
		auto_str char *card = slurp(dir, "model_card.md");

		ok(all_there(files), "a poisoned report (%zu) is written", i);
		ok(count(html, "<script") == 0 && count(html, "<img") == 0 &&
			count(html, "<b>bold") == 0 &&
			count(html, "<span foreground") == 0,
		    "nothing of it is an element in the HTML");
		ok(count(html, " onmouseover=\"alert") == 0 &&
			count(html, "onload='") == 0,
		    "nothing of it is an attribute");
		ok(count(card, "<script") == 0 &&
			count(card, "](java") == count(card, "\\](java"),
		    "nothing of it is markup in the card");
		ok(count(html, "\xe2\x80\xae") == 0,
		    "nothing turns the direction of writing");
	}
	big = sample_doc(SAMPLE_BINARY);
	huge = malloc(1000001);
	memset(huge, 'M', 1000000);
	huge[1000000] = '\0';
	sample_poison(big, huge);
	free(huge);
	auto_json json_t *files = written(big, folder());
	ok(all_there(files), "strings of a megabyte are cut");
}

static void
test_many(void)
{
	auto_json json_t *doc = sample_doc(SAMPLE_BINARY);
	json_t *columns =
	    json_object_get(json_object_get(doc, "profile"), "columns");
	json_t *importance =
	    json_object_get(json_object_get(doc, "evaluation"), "importance");
	json_t *findings = json_object_get(doc, "findings");
	json_t *decisions = json_object_get(doc, "decisions");
	const char *dir = folder();

	json_object_set_new(doc, "trials", sample_trials(10000, "roc_auc"));
	for (int i = 0; i < 5000; i++) {
		char name[32];

		snprintf(name, sizeof(name), "feature_number_%d", i);
		json_array_append_new(importance,
		    json_pack("{s:s, s:f}", "feature", name, "value", 0.001));
		json_array_append(columns, json_array_get(columns, 1));
		json_array_append(findings, json_array_get(findings, 0));
		json_array_append(decisions, json_array_get(decisions, 2));
	}
	auto_json json_t *files = written(doc, dir);
	auto_str char *html = slurp(dir, "report.html");

	ok(all_there(files), "a run of ten thousand trials is written");
	ok(strstr(html, "30 best of 10000 trials") != NULL,
	    "the report says how many trials it leaves out");
	ok(strlen(html) < 2000000, "its HTML stays small");
	ok(strstr(html, "The first 30 of 5020") != NULL,
	    "and how many features");
}

static void
test_refusal(void)
{
	auto_json json_t *doc = sample_doc(SAMPLE_REGRESSION);
	struct err err = { 0 };

	ok(report_write(doc, "/nonexistent/folder", &err) == NULL &&
		strstr(err.text, "cannot make") != NULL,
	    "a directory that is not there is an error");
}

static void
clean(const char *dir)
{
	fflush(stdout);
	if (fork() == 0) {
		execlp("rm", "rm", "-rf", dir, NULL);
		_exit(127);
	}
	wait(NULL);
}

int
main(int argc, char **argv)
{
	if (argc == 3) {
		/* To look at: report_write binary DIR */
		auto_json json_t *doc =
		    sample_doc(argv[1][0] == 'b'   ? SAMPLE_BINARY
			       : argv[1][0] == 'm' ? SAMPLE_MULTICLASS
						   : SAMPLE_REGRESSION);
		auto_json json_t *files = written(doc, argv[2]);

		return files == NULL;
	}
	if (mkdtemp(root) == NULL)
		return 1;
	test_samples();
	test_text();
	test_partial();
	test_hostile();
	test_many();
	test_refusal();
	clean(root);
	return done();
}
