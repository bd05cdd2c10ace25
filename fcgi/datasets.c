/*
 * datasets.
 */
#include "config.h"

#include "fcgi/groups.h"

const struct route datasets_routes[] = { { 0 } };
