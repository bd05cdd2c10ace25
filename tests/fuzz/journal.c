/*
 * A line of an exported journal: taken apart, sealed, followed.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/journal.h"
#include "tests/fuzz/harness.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct journal_chain chain = { 0 };
	struct journal_event v;
	struct err e = { 0 };
	char *text = malloc(n + 1), *line, *next;

	memcpy(text, data, n);
	text[n] = '\0';
	for (line = text; line != NULL; line = next) {
		if ((next = strchr(line, '\n')) != NULL)
			*next++ = '\0';
		if (journal_parse(line, &v, &e) == 0 &&
		    journal_follow(&chain, &v, &e) == 0 &&
		    (chain.seq < 1 || strcmp(chain.hash, v.hash) != 0))
			__builtin_trap();
	}
	free(text);
	return 0;
}
