/*
 * The seal of the journal: recomputes the hash chain of sql/rules/journal.sql
 * from rows or from an export, with no database at hand.
 */
#ifndef JOURNAL_H
#define JOURNAL_H

#include <stddef.h>

#include "lib/digest.h"

struct err;

/* One event with everything that its seal covers.  Texts as PostgreSQL prints
 * them: at by utc_text(), payload as the jsonb's text; NULL where absent. */
struct journal_event {
	const char *run_id, *seq, *at, *type, *phase, *agent, *actor,
	    *request_id, *payload;
	const char *prev_hash, *hash; /* 64 hexadecimal digits */
};

/* How far one run has been followed; zeroed, it stands before event 1. */
struct journal_chain {
	char run_id[64];
	long long seq; /* of the last event that held */
	char hash[DIGEST_HEX];
};

/* The hash that the event must have. */
void journal_seal(const struct journal_event *, char hex[DIGEST_HEX]);

/* Follow the chain by one event: of another run it must be number 1; of the
 * same, the next number with the hash of the one before.  The error says
 * which event broke what. */
int journal_follow(struct journal_chain *, const struct journal_event *,
    struct err *) __attribute__((warn_unused_result));

/* Take one line of an export apart, in place (the texts of the event point
 * into line).  A line is a JSON object with the members of the struct; the
 * payload is taken byte for byte, as the seal covers it. */
int journal_parse(char *line, struct journal_event *, struct err *)
    __attribute__((warn_unused_result));

#endif
