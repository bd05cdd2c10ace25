/*
 * Whether a column looks like personal data.
 */
#ifndef PERSONAL_H
#define PERSONAL_H

#include <stddef.h>

enum personal {
	PERSONAL_EMAIL,
	PERSONAL_PHONE,
	PERSONAL_IBAN, /* with its check digits, ISO 7064 */
	PERSONAL_CARD, /* with its check digit, ISO 7812 */
	PERSONAL_IP,
	PERSONAL__MAX
};

/* What was seen of a column's values. */
struct personal_seen {
	size_t looked, hits[PERSONAL__MAX];
};

void personal_look(struct personal_seen *, const char *value, size_t n);

/* The suspects of a column, at most max: "personal:email" for what the values
 * show, or the name says where the column is `open`, that is not a choice of a
 * few values; "protected:sex" for what discrimination laws protect.  Returns
 * how many. */
#define PERSONAL_SUSPECTS 8
size_t personal_suspects(const struct personal_seen *, const char *name,
    int open, const char *out[PERSONAL_SUSPECTS]);

#endif
