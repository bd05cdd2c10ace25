/*
 * YAML in, as JSON values: one document, with limits.
 *
 * Plain scalars become null, booleans (true, false), integers and finite
 * reals as YAML 1.2's core schema reads them; everything else, and all that
 * is quoted, is text.  Refused: anchors and aliases, tags, duplicate keys,
 * keys that are no scalar, more than one document.
 */
#ifndef YAMLIN_H
#define YAMLIN_H

#include <jansson.h>
#include <stddef.h>

struct err;

#define YAMLIN_DEPTH_MAX 16
#define YAMLIN_NODES_MAX 20000

/* ERR_MALFORMED with line (counted from first_line) and column.  An empty
 * document is null.  The caller owns the result. */
json_t *yamlin_parse(const char *text, size_t n, long first_line, struct err *)
    __attribute__((warn_unused_result));

#endif
