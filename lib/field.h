/*
 * One field of a form: what its value may be.
 */
#ifndef FIELD_H
#define FIELD_H

struct arena;

enum field_in { IN_NONE, IN_CALLER, IN_PATH, IN_QUERY, IN_HEADER, IN_BODY };

enum field_type {
	T_TEXT,   /* min and max count characters */
	T_NAME,   /* a letter or digit, then those and . _ - ; at most 128 */
	T_ID,     /* oneof is the prefix of an identifier: "run" */
	T_INT,    /* from min to max; no limit above if max is 0 */
	T_NUMBER, /* finite; from min to max in the same way */
	T_BOOL,
	T_ENUM,   /* oneof holds the words, parted by one space */
	T_TIME,   /* RFC 3339 with a zone */
	T_JSON,   /* anything */
	T_OBJECT, /* an object; its members as in form, or any if that is NULL
	           */
};

/* Bound to its name is text, or NULL when it is absent: a number and a truth
 * as PostgreSQL reads them, T_JSON, T_OBJECT and every list as JSON. */
struct field {
	const char *name;
	enum field_in in;
	enum field_type type;
	int required;
	long long min, max;
	const char *oneof;
	const char *absent;       /* bound when the field is missing */
	const struct field *form; /* T_OBJECT: its members */
	int list;    /* up to so many of them: an array, or words with commas */
	int unbound; /* of a body: checked, and left there for the function */
	const char *help; /* a sentence for the OpenAPI document */
};

/* What is wrong with a value that came as text, after "NAME must "; NULL if
 * nothing is.  The words belong to the arena. */
const char *field_check(const struct field *, const char *, struct arena *);

#endif
