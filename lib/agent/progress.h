/*
 * How far a run is, and how long it will still take.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <jansson.h>

struct work;

/* {"done","total","fraction","eta_s"}: done and total count trials and
 * phases; the fraction weighs the phases by what they usually take; eta_s is
 * null until there is something to reckon from.  The caller's. */
json_t *progress_json(const struct work *);

#endif
