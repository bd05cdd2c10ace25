/*
 * Where a model comes from: lineage.json.
 */
#ifndef LINEAGE_H
#define LINEAGE_H

#include <jansson.h>

struct work;

/* The caller's: {"run_id","dataset","request","split","excluded","derived",
 * "trials","selection","model","agents","template","build","findings"}. */
json_t *lineage_json(const struct work *);

#endif
