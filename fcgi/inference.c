/*
 * inference.
 */
#include "config.h"

#include "fcgi/groups.h"

const struct route inference_routes[] = { { 0 } };
