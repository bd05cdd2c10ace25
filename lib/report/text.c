#include "config.h"

#include <pango/pangocairo.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/banned.h"
#include "lib/report/text.h"

#define ELLIPSIS "\xe2\x80\xa6"

#ifdef __SANITIZE_ADDRESS__
/* fontconfig keeps offsets in place of pointers, so LeakSanitizer takes the
 * patterns that Pango and cairo hold for lost. */
const char *__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:libfontconfig\n";
}
#endif

static PangoContext *
context(void)
{
	static PangoContext *shared;
	cairo_font_options_t *options;

	if (shared != NULL)
		return shared;
	shared =
	    pango_font_map_create_context(pango_cairo_font_map_get_default());
	options = cairo_font_options_create();
	cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
	cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
	cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
	pango_cairo_context_set_font_options(shared, options);
	pango_cairo_context_set_resolution(shared, 72);
	pango_context_set_round_glyph_positions(shared, FALSE);
	pango_context_set_language(shared, pango_language_from_string("en"));
	cairo_font_options_destroy(options);
	return shared;
}

/* Characters that would change how the text around them is shown: controls,
 * bidirectional embeddings, overrides and isolates, line separators, byte
 * order marks, tags. */
static int
unsafe(gunichar c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x200e ||
	       c == 0x200f || c == 0x61c || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069) || c == 0xfeff ||
	       (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff) ||
	       c == 0xfffe || c == 0xffff;
}

static char *
clean(struct arena *a, const char *s, size_t max, int lines)
{
	size_t length = s == NULL ? 0 : strlen(s), n = 0, chars = 0;
	/* Each byte becomes three at most (U+FFFD), and the ellipsis. */
	char *out = NULL;
	int space = 1;

	if (length > 6 * max)
		length = 6 * max;
	out = arena_alloc(a, 3 * length + 4);
	for (size_t i = 0; i < length;) {
		gunichar c =
		    g_utf8_get_char_validated(s + i, (gssize)(length - i));
		int bad = c == (gunichar)-1 || c == (gunichar)-2;

		if (chars == max) {
			memcpy(out + n, ELLIPSIS, 3);
			return out;
		}
		i += bad ? 1 : (size_t)g_unichar_to_utf8(c, NULL);
		if (lines && c == '\n') {
			out[n++] = '\n';
			space = 1;
			continue;
		}
		if (!bad && (c == '\t' || c == '\n' || c == '\r' || c == ' ')) {
			if (space)
				continue;
			c = ' ';
		} else if (bad || unsafe(c))
			c = 0xfffd;
		space = c == ' ';
		n += (size_t)g_unichar_to_utf8(c, out + n);
		chars++;
	}
	while (n > 0 && (out[n - 1] == ' ' || out[n - 1] == '\n'))
		out[--n] = '\0';
	return out;
}

char *
text_clean(struct arena *a, const char *s, size_t max)
{
	return clean(a, s, max, 0);
}

char *
text_clean_lines(struct arena *a, const char *s, size_t max)
{
	return clean(a, s, max, 1);
}

PangoLayout *
text_layout(const char *s, enum text_font font, double size, double width)
{
	PangoLayout *layout = pango_layout_new(context());
	PangoFontDescription *d = pango_font_description_new();

	pango_font_description_set_family_static(
	    d, font == TEXT_MONO ? TEXT_CODE : TEXT_SANS);
	pango_font_description_set_weight(
	    d, font == TEXT_BOLD ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
	pango_font_description_set_absolute_size(d, size * PANGO_SCALE);
	pango_layout_set_font_description(layout, d);
	pango_font_description_free(d);
	pango_layout_set_text(layout, s, -1);
	pango_layout_set_auto_dir(layout, FALSE);
	if (width >= 0) {
		pango_layout_set_width(layout, (int)(width * PANGO_SCALE));
		pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
	} else
		pango_layout_set_single_paragraph_mode(layout, TRUE);
	return layout;
}

double
text_width(const char *s, enum text_font font, double size)
{
	PangoLayout *layout;
	int w, h;

	if (*s == '\0')
		return 0;
	layout = text_layout(s, font, size, -1);
	pango_layout_get_size(layout, &w, &h);
	g_object_unref(layout);
	return (double)w / PANGO_SCALE;
}

char *
text_fit(struct arena *a, const char *s, enum text_font font, double size,
    double width)
{
	/* A character is at least a tenth of its size wide, or is one of
	 * those (combining, invisible) that nobody misses beyond that. */
	char *all = text_clean(a, s, 400);
	size_t low = 0, high = strlen(all), mid, n;
	char *cut;

	if (text_width(all, font, size) <= width)
		return all;
	while (low < high) {
		mid = (low + high + 1) / 2;
		for (n = mid; n > 0 && (all[n] & 0xc0) == 0x80;)
			n--;
		cut = arena_printf(a, "%.*s" ELLIPSIS, (int)n, all);
		if (text_width(cut, font, size) <= width)
			low = mid;
		else
			high = mid - 1;
	}
	for (n = low; n > 0 && ((all[n] & 0xc0) == 0x80 || all[n - 1] == ' ');)
		n--;
	return arena_printf(a, "%.*s" ELLIPSIS, (int)n, all);
}
