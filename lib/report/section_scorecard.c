/*
 * The points of a scorecard, so that a score can be added up by hand.
 */
#include "config.h"

#include <math.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/banned.h"
#include "lib/json.h"
#include "lib/report/number.h"
#include "lib/report/section.h"
#include "lib/report/series.h"

#define BINS_MAX 400

/* "7 to < 11", "under 7", a level, "missing". */
static const char *
bin_name(const struct section_input *in, const json_t *bin)
{
	double from = json_num(bin, "from", NAN), to = json_num(bin, "to", NAN);
	const char *level =
	    series_word(in->arena, json_object_get(bin, "level"));
	char a[NUMBER_LEN], b[NUMBER_LEN];

	number_sig(from, 5, a);
	number_sig(to, 5, b);
	if (json_is_true(json_object_get(bin, "missing")))
		return "missing";
	if (json_is_true(json_object_get(bin, "other")))
		return "any other";
	if (*level != '\0')
		return level;
	if (isfinite(from) && isfinite(to))
		return arena_printf(in->arena, "%s to < %s", a, b);
	if (isfinite(from))
		return arena_printf(in->arena, "%s and more", a);
	return isfinite(to) ? arena_printf(in->arena, "under %s", b) : "all";
}

static size_t
field_rows(const struct section_input *in, const json_t *field, size_t left)
{
	const json_t *bin;
	struct doc *d = in->doc;
	char s[NUMBER_LEN];
	size_t i;

	json_array_foreach (json_object_get(field, "bins"), i, bin) {
		if (left == 0)
			break;
		left--;
		doc_cell(d, "%s", i == 0 ? json_str(field, "field", "") : "");
		doc_cell(d, "%s", bin_name(in, bin));
		doc_cell_number(d, json_num(bin, "count", NAN));
		number_percent(json_num(bin, "positive_rate", NAN), s);
		doc_cell(d, "%s", s);
		doc_cell_fixed(d, json_num(bin, "woe", NAN), 3);
		number_fix(json_num(bin, "points", NAN), 0, s);
		doc_cell(d, "%s", s);
	}
	return left;
}

void
section_scorecard(const struct section_input *in)
{
	static const struct doc_column columns[] = {
		{ "Field", DOC_LEFT },
		{ "Value", DOC_LEFT },
		{ "Rows", DOC_RIGHT },
		{ "Positive rate", DOC_RIGHT },
		{ "Weight of evidence", DOC_RIGHT },
		{ "Points", DOC_RIGHT },
	};
	const json_t *card = json_object_get(in->model, "scorecard"), *field;
	const json_t *fields = json_object_get(card, "fields");
	size_t i, left = BINS_MAX;
	struct doc *d = in->doc;

	if (json_array_size(fields) == 0)
		return;
	doc_section(d, "scorecard", "The scorecard");
	doc_text(d,
	    "A score is the base of %.0f points and, for each field, the "
	    "points of the line that its value is in. %.0f points stand for "
	    "odds of %.0f to 1 against the positive class, and %.0f more "
	    "double them: points fall as the positive class becomes likelier.",
	    json_num(card, "base_points", NAN),
	    json_num(card, "base_score", NAN), json_num(card, "base_odds", NAN),
	    json_num(card, "pdo", NAN));
	doc_table(d, columns, nitems(columns));
	json_array_foreach (fields, i, field)
		left = field_rows(in, field, left);
	if (left == 0)
		doc_note(
		    d, "The first %d lines; all are in model.json.", BINS_MAX);
	else
		doc_note(d, "Rows and rates are of the development rows.");
}
