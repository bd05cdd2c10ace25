/*
 * What people read about a run: report.pdf, report.html, model_card.md and
 * the plots, computed from the run's own numbers.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <jansson.h>

struct err;

/*
 * Write report.pdf, report.html, model_card.md, plots/NAME.svg and
 * plots/NAME.png into the directory dir (which exists; plots/ is made).
 *
 * doc: {"run":{…}, "dataset":{"name","digest","rows","columns"},
 *	"profile":{…}, "evaluation":{…}, "trials":[…], "findings":[…],
 *	"decisions":[{"agent","phase","tool","reason"}], "lineage":{…},
 *	"model":{model.json of the bundle}}
 * Any part may be missing, null or of another type: the section then says
 * that the run has not recorded it.  All strings are taken for data, never
 * for markup.  Counts are bounded, and what was cut is said.
 *
 * No clock and no environment is read: the same doc gives the same bytes, and
 * the date on the page is run.created_at.
 *
 * Returns the files in a fixed order, [{"name","kind","media_type","path"}],
 * name relative to dir ("plots/roc.svg"), kind one of report, model_card,
 * plot; the caller owns it.  NULL and err: dir cannot be written to.
 */
json_t *report_write(const json_t *doc, const char *dir, struct err *)
    __attribute__((warn_unused_result));

#endif
