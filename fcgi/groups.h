/*
 * The groups of the REST interface, one file each.
 */
#ifndef GROUPS_H
#define GROUPS_H

#include <stdio.h>

#include "fcgi/route.h"

extern const struct route auth_routes[];
extern const struct route pipelines_routes[];
extern const struct route datasets_routes[];
extern const struct route agents_routes[];
extern const struct route inference_routes[];
extern const struct route ops_routes[];
extern const struct route unbuilt_routes[];

/* Ends with NULL. */
extern const struct route *const route_groups[];

/* Rows are numbered from 0, through all groups; the number is a label of the
 * metrics.  route_at gives NULL past the end. */
int route_index(const struct route *);
const struct route *route_at(int);

/* Whether a row only says that it is not built. */
int route_unbuilt(const struct route *);

/* The whole API, a line each. */
void route_print(FILE *);

#endif
