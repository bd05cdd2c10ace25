/*
 * Events of the journal, numbers and times as sentences for people.
 */
#ifndef SAY_H
#define SAY_H

#include <jansson.h>

struct ctl;

/* What an event says, without its type and place; the arena's. */
const char *say_event(struct ctl *, const json_t *event);
/* Whether an event belongs into a short account of a run. */
int say_matters(const json_t *event);

/* 08:30:34 of an RFC 3339 time, in the local zone; "" of anything else. */
const char *say_clock(struct ctl *, const char *at);
/* 2026-11-24 08:30, in the local zone. */
const char *say_date(struct ctl *, const char *at);
const char *say_bytes(struct ctl *, long long);
const char *say_seconds(struct ctl *, double);
/* A JSON number, with one to four figures after the point where it is no
 * whole one; a text as it is; "-" of nothing. */
const char *say_value(struct ctl *, const json_t *);
/* {"metric", "value"} as "roc_auc 0.7812", or "-". */
const char *say_best(struct ctl *, const json_t *best);

#endif
