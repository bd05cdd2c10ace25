/*
 * What the parts of modelwright-streamd share.
 */
#ifndef STREAMD_H
#define STREAMD_H

#include <libwebsockets.h>

#include "workers/audience.h"
#include "workers/door.h"

#define MS(n) ((lws_usec_t)(n)*LWS_US_PER_MS)

struct feed;

struct streamd {
	struct lws_context *ctx;
	struct lws_vhost *vhost;
	struct audience audience;
	struct feed *feed;
	struct door door;
	int clients, max_clients;
	int leaving; /* told to stop: nobody comes in any more */
	unsigned long long sent, refused; /* events, and visitors */
};

/* The one that this process is. */
extern struct streamd streamd;

#endif
