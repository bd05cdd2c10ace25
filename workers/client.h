/*
 * The clients of the stream server: let in, sent what is new to them, and
 * seen off.
 */
#ifndef CLIENT_H
#define CLIENT_H

#include <libwebsockets.h>

/* The callback of the protocol "events". */
int client_callback(
    struct lws *, enum lws_callback_reasons, void *, void *, size_t);

/* A client has something to send; `arg` of its listener. */
void client_ready(void *);
/* Ask everybody to come again. */
void client_dismiss_all(void);

#endif
