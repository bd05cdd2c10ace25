/*
 * From a JSON object of raw fields to the answer of an inference call.
 */
#ifndef ANSWER_H
#define ANSWER_H

#include <jansson.h>

struct arena;
struct err;
struct mws;
struct raw;

#define ANSWER_REASONS 4 /* how many reasons an explained answer has */

/*
 * features: {"FIELD": number | text | boolean | null, …}.  The answer, which
 * belongs to the arena (json_incref what outlives it), is an object of
 *	prediction     a label, or the value
 *	probability    of the positive label (binary)
 *	probabilities  {LABEL: p} (multiclass)
 *	value          (regression)
 *	score          points (scorecard)
 *	threshold      (binary)
 *	warnings       [{"field", "code", "text"}], where code is missing_field,
 *	               unknown_field, unknown_level or ill_typed
 * and with explain
 *	reasons        [{"field", "value", "contribution", "text"}], strongest
 *	               first
 *	explanation    {"space", "label", "base", "contributions": {FIELD: c}}
 * A field of the schema that refuses what others only warn of (REFUSE_*), a
 * nested value, and a number that is not finite as a float are ERR_INVALID
 * with the JSON pointer /features/FIELD.
 */
int score_answer(const struct mws *, const json_t *features, int explain,
    struct arena *, json_t **answer, struct err *)
    __attribute__((warn_unused_result));

/* Only the first half: fill raw[nfields], and append to the warnings. */
int score_read(const struct mws *, const json_t *features, struct raw *raw,
    json_t *warnings, struct arena *, struct err *)
    __attribute__((warn_unused_result));

#endif
