#include "config.h"

#include <limits.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/banned.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/report/card.h"
#include "lib/report/doc.h"
#include "lib/report/file.h"
#include "lib/report/html.h"
#include "lib/report/markdown.h"
#include "lib/report/pdf.h"
#include "lib/report/report.h"
#include "lib/report/section.h"
#include "lib/report/text.h"

#define TEXT_FILE_MAX (64 * 1024 * 1024)
#define PLOT_WIDTH    400 /* of plots as files, in points */

/* The report, section by section. */
static void (*const sections[])(const struct section_input *) = {
	section_summary,
	section_data,
	section_method,
	section_scorecard,
	section_results,
	section_explanation,
	section_fairness,
	section_stability,
	section_findings,
	section_limitations,
	section_decisions,
	section_lineage,
	section_glossary,
};

static struct doc *
open_doc(const json_t *input, const char *kind, struct arena *a)
{
	struct doc *d = doc_new(a);
	const json_t *run = json_object_get(input, "run");
	const json_t *evaluation = json_object_get(input, "evaluation");
	const char *name = json_str(run, "name", "");
	const char *dataset =
	    json_str(json_object_get(input, "dataset"), "name", "");
	const char *target =
	    json_str(evaluation, "target", json_str(run, "target", ""));
	const char *id = json_str(run, "run_id", "run without a name");

	d->kind = kind;
	d->title = text_clean(a, *name != '\0' ? name : id, 120);
	if (*name == '\0' && *dataset != '\0')
		d->title = text_clean(
		    a, arena_printf(a, "%.60s: %.60s", dataset, target), 120);
	d->created = text_clean(a, json_str(run, "created_at", ""), 40);
	d->mark = text_clean(a,
	    arena_printf(a, "Modelwright %s · %.80s", PACKAGE_VERSION, id),
	    200);
	d->subtitle = text_clean(a,
	    arena_printf(a, "%s of “%.100s” on the data set “%.100s”",
		strcmp(json_str(evaluation, "task", ""), "regression") == 0
		    ? "Regression"
		    : "Classification",
		target, dataset),
	    240);
	return d;
}

static int
note(json_t *files, const char *dir, const char *name, const char *kind,
    const char *media_type, char path[PATH_MAX], struct err *err)
{
	int n = snprintf(path, PATH_MAX, "%s/%s", dir, name);

	if (n < 0 || n >= PATH_MAX)
		return err_set(
		    err, ERR_INTERNAL, "path is too long: '%.100s…'", dir);
	json_array_append_new(
	    files, json_pack("{s:s, s:s, s:s, s:s}", "name", name, "kind", kind,
		       "media_type", media_type, "path", path));
	return 0;
}

/* One plot as SVG and as PNG. */
static int
write_plot(
    const struct plot *p, const char *dir, json_t *files, struct err *err)
{
	char path[PATH_MAX], name[200];
	double h = plot_height(p, PLOT_WIDTH - 16) + 16;

	snprintf(name, sizeof(name), "plots/%s.svg", p->name);
	if (note(files, dir, name, "plot", "image/svg+xml", path, err) == -1 ||
	    plot_svg(p, PLOT_WIDTH, h, path, err) == -1)
		return -1;
	snprintf(name, sizeof(name), "plots/%s.png", p->name);
	if (note(files, dir, name, "plot", "image/png", path, err) == -1 ||
	    plot_png(p, PLOT_WIDTH, h, path, err) == -1)
		return -1;
	return 0;
}

static int
write_text(const struct doc *d, void (*print)(const struct doc *, struct buf *),
    const char *path, struct err *err)
{
	struct buf b;
	int r;

	buf_init(&b, TEXT_FILE_MAX);
	print(d, &b);
	if (b.over)
		r = err_set(err, ERR_INTERNAL, "the report is too large");
	else
		r = file_write(path, b.data, b.len, err);
	buf_done(&b);
	return r;
}

static int
write_report(const json_t *input, const char *dir, struct arena *a,
    json_t *files, struct err *err)
{
	struct doc *d = open_doc(input, "Model report", a);
	char path[PATH_MAX];
	struct section_input in;

	section_input_init(&in, input, d, a);
	for (size_t i = 0; i < nitems(sections); i++)
		sections[i](&in);
	if (note(files, dir, "report.pdf", "report", "application/pdf", path,
		err) == -1 ||
	    pdf_write(d, path, err) == -1)
		return -1;
	if (note(files, dir, "report.html", "report",
		"text/html; charset=utf-8", path, err) == -1 ||
	    write_text(d, html_print, path, err) == -1)
		return -1;
	for (const struct doc_block *b = d->first; b != NULL; b = b->next)
		if (b->kind == DOC_FIGURE &&
		    write_plot(b->plot, dir, files, err) == -1)
			return -1;
	return 0;
}

static int
write_card(const json_t *input, const char *dir, struct arena *a, json_t *files,
    struct err *err)
{
	struct doc *d = open_doc(input, "Model card", a);
	char path[PATH_MAX];
	struct section_input in;

	d->title =
	    text_clean(a, arena_printf(a, "Model card: %s", d->title), 140);
	section_input_init(&in, input, d, a);
	card_fill(&in);
	if (note(files, dir, "model_card.md", "model_card",
		"text/markdown; charset=utf-8", path, err) == -1)
		return -1;
	return write_text(d, markdown_print, path, err);
}

json_t *
report_write(const json_t *input, const char *dir, struct err *err)
{
	struct arena *a = arena_new();
	json_t *files = json_array();
	char path[PATH_MAX];
	int r;

	snprintf(path, sizeof(path), "%s/plots", dir);
	r = file_folder(path, err);
	if (r == 0)
		r = write_report(input, dir, a, files, err);
	if (r == 0)
		r = write_card(input, dir, a, files, err);
	arena_free(a);
	if (r == 0)
		return files;
	json_decref(files);
	return NULL;
}
