/*
 * The feed within the event loop: its socket watched, its connection made
 * again when it was lost, the hungry served once a turn.
 */
#ifndef PUMP_H
#define PUMP_H

#include <libwebsockets.h>

/* Connect, and go on doing so. */
void pump_start(void);
/* Serve who is hungry; once in each turn of the loop. */
void pump_turn(void);
/* Whether there is a connection to the database. */
int pump_up(void);

/* The callback of the protocol "feed". */
int pump_callback(
    struct lws *, enum lws_callback_reasons, void *, void *, size_t);

#endif
