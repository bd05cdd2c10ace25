/*
 * agents.
 */
#include "config.h"

#include "fcgi/groups.h"

const struct route agents_routes[] = { { 0 } };
