/*
 * pipelines.
 */
#include "config.h"

#include "fcgi/groups.h"

const struct route pipelines_routes[] = { { 0 } };
