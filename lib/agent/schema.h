/*
 * A subset of JSON Schema: what our tools' arguments and the agents' answers
 * need, so that a provider can be told exactly what is wrong.
 *
 * Keywords: type (a name or a list), properties, required,
 * additionalProperties (false or true), items, minItems, maxItems, minLength,
 * maxLength, minimum, maximum, enum, default, title, description.  Any other
 * keyword is refused by schema_check, so that a schema cannot say more than
 * is checked.
 */
#ifndef SCHEMA_H
#define SCHEMA_H

#include <jansson.h>

struct err;

/* Whether the schema itself uses only what we know. */
int schema_check(const json_t *schema, struct err *)
    __attribute__((warn_unused_result));

/* Whether a value fits: ERR_INVALID with the pointer of the first misfit, and
 * in errors (may be NULL) an array of {"pointer","message"}, all of them. */
int schema_fits(const json_t *schema, const json_t *value, json_t *errors,
    struct err *) __attribute__((warn_unused_result));

/* Add the defaults of absent members, at every level that is there. */
void schema_defaults(const json_t *schema, json_t *value);

#endif
