/*
 * The OpenAPI 3.1 document: requests from the rows and forms, answers from
 * share/schemas.
 */
#ifndef OPENAPI_H
#define OPENAPI_H

#include <stdio.h>

struct err;

/* schemas is a directory of NAME.json, each a schema that rows name. */
int openapi_print(const char *schemas, FILE *, struct err *)
    __attribute__((warn_unused_result));

#endif
