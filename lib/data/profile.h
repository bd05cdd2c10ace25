/*
 * What a data set looks like: the profile, made in one streaming pass.
 *
 * Memory depends on the number of columns, never on that of the rows.  What is
 * exact and what is an estimate, the profile says itself:
 *  {"format", "delimiter"?, "header"?, "rows", "skipped", "nulled",
 *   "columns": [{"name", "type", "missing", "distinct", "distinct_exact",
 *     "min"?, "max"?, "mean"?, "sd"?, "skew"?,
 *     "quantiles"?: {"p01","p05","p25","p50","p75","p95","p99"},
 *     "histogram"?: {"edges","counts"}, "length"?: {"min","mean","max"},
 *     "top": [{"value","count"}], "top_exact", "suspects": [text]}],
 *   "correlations": [{"a","b","r"}],    Pearson, strongest first
 *   "duplicate_rows", "duplicate_rows_exact",
 *   "sample": {"rows", "exact", "rank_error"},   what quantiles come from
 *   "target"?: {"name","type","missing","distinct","classes"?:
 *     [{"value","count","share"}]},
 *   "leakage": [{"column","score","measure"}],
 *   "warnings": [text]}
 * Numbers of a datetime column are texts (ISO 8601), its mean too; sd is in
 * seconds.  The same file gives the same bytes.
 */
#ifndef PROFILE_H
#define PROFILE_H

#include <jansson.h>

#include "lib/data/frame.h"

struct err;
struct reader;

/* target may be NULL.  The caller owns the result. */
json_t *profile_file(const char *path, enum data_format, enum on_error,
    const char *target, struct err *) __attribute__((warn_unused_result));

/* The same of a reader at its first row. */
json_t *profile_reader(struct reader *, const char *target, struct err *)
    __attribute__((warn_unused_result));

#endif
