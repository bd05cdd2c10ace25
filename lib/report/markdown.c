#include "config.h"

#include <string.h>

#include "lib/banned.h"
#include "lib/buf.h"
#include "lib/report/doc.h"
#include "lib/report/markdown.h"
#include "lib/report/markup.h"

static void
line(struct buf *b, const char *before, const char *text, const char *after)
{
	buf_puts(b, before);
	markup_markdown(b, text, *before == '\0');
	buf_puts(b, after);
}

/* A span of code: fenced by more backticks than the text holds in a row. */
static void
code(struct buf *b, const char *text)
{
	size_t run = 0, longest = 0;

	for (const char *s = text; *s != '\0'; s++) {
		run = *s == '`' ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	for (size_t i = 0; i <= longest; i++)
		buf_puts(b, "`");
	if (longest > 0)
		buf_puts(b, " ");
	/* A bar would end a table's cell even in code. */
	for (const char *s = text; *s != '\0'; s++)
		if (*s == '|')
			buf_puts(b, "\\|");
		else
			buf_add(b, s, 1);
	if (longest > 0)
		buf_puts(b, " ");
	for (size_t i = 0; i <= longest; i++)
		buf_puts(b, "`");
}

static void
print_table(struct buf *b, const struct doc_table *t)
{
	buf_puts(b, "|");
	for (size_t c = 0; c < t->ncolumns; c++)
		line(b, " ", t->columns[c].head, " |");
	buf_puts(b, "\n|");
	for (size_t c = 0; c < t->ncolumns; c++)
		buf_puts(
		    b, t->columns[c].align == DOC_RIGHT ? " ---: |" : " --- |");
	buf_puts(b, "\n");
	for (size_t i = 0; i < t->ncells; i++) {
		buf_puts(b, i % t->ncolumns == 0 ? "| " : " ");
		if (t->columns[i % t->ncolumns].align == DOC_CODE &&
		    *t->cells[i].text != '\0')
			code(b, t->cells[i].text);
		else
			markup_markdown(b, t->cells[i].text, 0);
		buf_puts(b, i % t->ncolumns == t->ncolumns - 1 ? " |\n" : " |");
	}
	buf_puts(b, "\n");
}

static void
print_block(struct buf *b, const struct doc_block *block)
{
	int last = block->next == NULL || block->next->kind != block->kind;

	switch (block->kind) {
	case DOC_SECTION:
		line(b, "## ", block->text, "\n\n");
		break;
	case DOC_HEADING:
		line(b, "### ", block->text, "\n\n");
		break;
	case DOC_TEXT:
	case DOC_NOTE:
		line(b, "", block->text, "\n\n");
		break;
	case DOC_ITEM:
		line(b, "- ", block->text, last ? "\n\n" : "\n");
		break;
	case DOC_CALLOUT:
		line(b, "> **", block->head, "**");
		if (*block->text != '\0')
			line(b, "  \n> ", block->text, "");
		buf_puts(b, "\n\n");
		break;
	case DOC_FACTS:
		for (const struct doc_fact *f = block->facts; f != NULL;
		     f = f->next) {
			line(b, "- **", f->name, ":** ");
			if (f->code)
				code(b, f->value);
			else
				markup_markdown(b, f->value, 0);
			buf_puts(b, "\n");
		}
		buf_puts(b, "\n");
		break;
	case DOC_TABLE:
		print_table(b, block->table);
		break;
	case DOC_FIGURE:
		line(b, "![", block->plot->alt, "](plots/");
		buf_printf(b, "%s.svg)\n\n", block->plot->name);
		break;
	default:
		/* The big numbers stand in a table elsewhere. */
		break;
	}
}

void
markdown_print(const struct doc *d, struct buf *b)
{
	line(b, "# ", d->title, "\n\n");
	if (*d->subtitle != '\0')
		line(b, "", d->subtitle, "\n\n");
	for (const struct doc_block *k = d->first; k != NULL; k = k->next)
		print_block(b, k);
	line(b, "---\n\n", d->mark, "\n");
}
