#include "config.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

#include "lib/banned.h"
#include "lib/buf.h"
#include "lib/report/doc.h"
#include "lib/report/html.h"
#include "lib/report/markup.h"

/* The widths that plots are drawn for, by how many stand side by side; they
 * scale to their column.  Small, so that their words are readable on a
 * telephone. */
static const double widths[] = { 300, 300, 270, 220 };

static const char *const tones[DOC_TONE__MAX] = {
	[DOC_PLAIN] = "",
	[DOC_GOOD] = "good",
	[DOC_WARN] = "warn",
	[DOC_BAD] = "bad",
};

static void
element(struct buf *b, const char *open, const char *text, const char *close)
{
	buf_puts(b, open);
	markup_escape(b, text);
	buf_puts(b, close);
}

static void
print_table(struct buf *b, const struct doc_table *t)
{
	buf_puts(b, "<div class=\"scroll\"><table>\n<thead><tr>");
	for (size_t c = 0; c < t->ncolumns; c++)
		element(b,
		    t->columns[c].align == DOC_RIGHT ? "<th class=\"num\">"
						     : "<th>",
		    t->columns[c].head, "</th>");
	buf_puts(b, "</tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < t->ncells; i++) {
		const struct doc_column *c = &t->columns[i % t->ncolumns];
		const struct doc_cell *cell = &t->cells[i];

		if (i % t->ncolumns == 0)
			buf_puts(b, "<tr>");
		buf_printf(b, "<td class=\"%s%s%s\">",
		    c->align == DOC_RIGHT ? "num " : "",
		    c->share > 0 ? "wide " : "", tones[cell->tone]);
		if (c->align == DOC_CODE)
			element(b, "<code>", cell->text, "</code>");
		else
			markup_escape(b, cell->text);
		buf_puts(b, "</td>");
		if (i % t->ncolumns == t->ncolumns - 1)
			buf_puts(b, "</tr>\n");
	}
	buf_puts(b, "</tbody></table></div>\n");
}

static void
print_facts(struct buf *b, const struct doc_fact *f)
{
	buf_puts(b, "<dl>\n");
	for (; f != NULL; f = f->next) {
		/* In characters, roughly: what fits half of the page. */
		buf_puts(b,
		    strlen(f->value) > 38 ? "<div class=\"wide\">" : "<div>");
		element(b, "<dt>", f->name, "</dt>");
		element(b, f->code ? "<dd><code>" : "<dd>", f->value,
		    f->code ? "</code></dd></div>\n" : "</dd></div>\n");
	}
	buf_puts(b, "</dl>\n");
}

static void
print_tiles(struct buf *b, const struct doc_tile *t)
{
	buf_puts(b, "<div class=\"tiles\">\n");
	for (; t != NULL; t = t->next) {
		element(b, "<div class=\"tile\">", t->name, "");
		element(b, "<b>", t->value, "</b>");
		markup_escape(b, t->range);
		element(b, "<span>", t->against, "</span></div>\n");
	}
	buf_puts(b, "</div>\n");
}

static void
print_figure(struct buf *b, const struct doc_block *block)
{
	double w = widths[block->columns & 3];

	buf_puts(b, "<figure>");
	plot_inline(block->plot, w, plot_height(block->plot, w), b);
	if (*block->text != '\0')
		element(b, "<figcaption>", block->text, "</figcaption>");
	buf_puts(b, "</figure>\n");
}

static void
print_callout(struct buf *b, const struct doc_block *block)
{
	buf_printf(b, "<div class=\"call %s\">", tones[block->tone]);
	element(b, "<strong>", block->head, "</strong>");
	if (*block->text != '\0')
		element(b, "<p>", block->text, "</p>");
	buf_puts(b, "</div>\n");
}

/* Blocks of the kinds that share an element around them. */
static int
follows(const struct doc_block *before, const struct doc_block *b)
{
	return before != NULL && before->kind == b->kind &&
	       before->columns == b->columns;
}

static void
print_block(struct buf *b, const struct doc_block *block,
    const struct doc_block *before)
{
	int last = block->next == NULL || !follows(block, block->next);

	switch (block->kind) {
	case DOC_SECTION:
		if (before != NULL)
			buf_puts(b, "</section>\n");
		buf_printf(b, "<section id=\"%s\">", block->id);
		element(b, "<h2>", block->head, "</h2>\n");
		break;
	case DOC_HEADING:
		element(b, "<h3>", block->text, "</h3>\n");
		break;
	case DOC_TEXT:
		element(b, "<p>", block->text, "</p>\n");
		break;
	case DOC_NOTE:
		element(b, "<p class=\"note\">", block->text, "</p>\n");
		break;
	case DOC_ITEM:
		element(b, follows(before, block) ? "<li>" : "<ul>\n<li>",
		    block->text, last ? "</li>\n</ul>\n" : "</li>\n");
		break;
	case DOC_CALLOUT:
		print_callout(b, block);
		break;
	case DOC_FACTS:
		print_facts(b, block->facts);
		break;
	case DOC_TABLE:
		print_table(b, block->table);
		break;
	case DOC_FIGURE:
		if (!follows(before, block))
			buf_printf(
			    b, "<div class=\"figs c%d\">\n", block->columns);
		print_figure(b, block);
		if (last)
			buf_puts(b, "</div>\n");
		break;
	case DOC_TILES:
		print_tiles(b, block->tiles);
		break;
	default:
		break;
	}
}

static void
print_policy(struct buf *b, const struct buf *style)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	unsigned char text[4 * ((SHA256_DIGEST_LENGTH + 2) / 3) + 1];

	SHA256((const unsigned char *)style->data, style->len, digest);
	EVP_EncodeBlock(text, digest, sizeof(digest));
	buf_printf(b,
	    "<meta http-equiv=\"Content-Security-Policy\" "
	    "content=\"default-src 'none'; style-src 'sha256-%s'; "
	    "base-uri 'none'; form-action 'none'\">\n",
	    (char *)text);
}

static void
print_contents(struct buf *b, const struct doc *d)
{
	buf_puts(b, "<nav aria-label=\"Contents\"><ol>\n");
	for (const struct doc_block *k = d->first; k != NULL; k = k->next)
		if (k->kind == DOC_SECTION) {
			buf_printf(b, "<li><a href=\"#%s\">", k->id);
			markup_escape(b, k->head);
			buf_puts(b, "</a></li>\n");
		}
	buf_puts(b, "</ol></nav>\n");
}

void
html_print(const struct doc *d, struct buf *b)
{
	const struct doc_block *before = NULL;
	struct buf style;

	buf_init(&style, 64 * 1024);
	html_style(&style);
	buf_puts(b, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
		    "<meta charset=\"utf-8\">\n");
	print_policy(b, &style);
	buf_puts(b, "<meta name=\"viewport\" "
		    "content=\"width=device-width, initial-scale=1\">\n"
		    "<meta name=\"referrer\" content=\"no-referrer\">\n");
	element(b, "<title>", d->title, "");
	element(b, " – ", d->kind, "</title>\n<style>");
	buf_add(b, style.data, style.len);
	buf_puts(b, "</style>\n</head>\n<body>\n<header>\n");
	element(b, "<p class=\"kind\">", d->kind, "");
	if (*d->created != '\0') {
		element(b, " <time datetime=\"", d->created, "\">");
		buf_add(b, "", 0);
		for (size_t i = 0; i < 10 && d->created[i] != '\0'; i++) {
			char c[2] = { d->created[i], '\0' };

			markup_escape(b, c);
		}
		buf_puts(b, "</time>");
	}
	buf_puts(b, "</p>\n");
	element(b, "<h1>", d->title, "</h1>\n");
	element(b, "<p class=\"lead\">", d->subtitle, "</p>\n");
	print_contents(b, d);
	buf_puts(b, "</header>\n<main>\n");
	for (const struct doc_block *k = d->first; k != NULL; k = k->next) {
		print_block(b, k, before);
		before = k;
	}
	buf_puts(b, before != NULL ? "</section>\n</main>\n" : "</main>\n");
	element(b, "<footer>", d->mark, "</footer>\n</body>\n</html>\n");
	buf_done(&style);
}
