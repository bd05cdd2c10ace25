/*
 * Who may come in: what is looked at before an upgrade to WebSocket is
 * granted, and the problem document for whoever is sent away.
 */
#ifndef DOOR_H
#define DOOR_H

#include "lib/ident.h"

struct conf;
struct feed;
struct lws;
struct token_keys;

struct door {
	struct feed *feed;
	struct token_keys *keys;
	const struct conf *conf;
	int full; /* no room for one more, or about to leave */
};

struct visit {
	char run_id[IDENT_MAX];
	long long after;
	char user[160];
	char request_id[72];
};

/* Look at an upgrade to WebSocket.  0: the visit is filled and may go on;
 * -1: a problem document was sent. */
int door_enter(const struct door *, struct lws *, struct visit *);

/* A request that is no upgrade: 426 at a stream, 404 elsewhere. */
void door_plain(struct lws *);

#endif
