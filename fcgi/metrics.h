/*
 * The Prometheus text (exposition format 0.0.4).
 */
#ifndef METRICS_H
#define METRICS_H

#include <stddef.h>

struct req;

/* Belongs to the request. */
const char *metrics_text(struct req *, size_t *len);

#endif
