/*
 * One vocabulary of failure for the server, the workers and the CLI.
 */
#ifndef ERR_H
#define ERR_H

enum err_code {
	ERR_NONE,
	ERR_INVALID,   /* the caller sent something that breaks a rule */
	ERR_MALFORMED, /* the caller sent something that cannot be parsed */
	ERR_UNAUTHENTIC,
	ERR_DENIED,
	ERR_NOT_FOUND,
	ERR_NO_ROUTE,
	ERR_METHOD,
	ERR_CONFLICT,
	ERR_TOO_LARGE,
	ERR_UNSUPPORTED, /* a media type that we do not read */
	ERR_TOO_MANY,
	ERR_CANCELLED, /* asked to stop, and stopped */
	ERR_LOST,      /* the claim on the job is lost: stop at once */
	ERR_BUSY,      /* try again later */
	ERR_UNBUILT,   /* an endpoint that does nothing yet */
	ERR_INTERNAL,  /* our fault */
	ERR_FULL,      /* no room left on the disk */
	ERR_DAMAGED,   /* a kept file is not what it was */
	ERR__MAX
};

struct err {
	enum err_code code;
	long line, column; /* in the input; 0 where that has no meaning */
	char pointer[128]; /* JSON pointer to what is wrong, or "" */
	char text[512];
};

struct err_kind {
	const char *name;  /* the "code" of a problem document */
	const char *title; /* its "title" */
	int http;          /* what a client is told */
	int sysexit;       /* what the shell is told */
	int retry;         /* whether a job is worth trying again */
};

extern const struct err_kind err_kinds[ERR__MAX];

/* Record a failure; always returns -1, so that "return err_set(...)" reads
 * well.  Clears line, column and pointer. */
int err_set(struct err *, enum err_code, const char *, ...)
    __attribute__((format(printf, 3, 4)));

/* The same, with the place in the input: a line and a column, both from 1. */
int err_at(struct err *, enum err_code, long line, long column, const char *,
    ...) __attribute__((format(printf, 5, 6)));

/* The same, with the JSON pointer of the value that is wrong. */
int err_ptr(struct err *, enum err_code, const char *pointer, const char *, ...)
    __attribute__((format(printf, 4, 5)));

/* A file that cannot be written: "cannot WHAT 'PATH': reason" from errno, which
 * is our fault, unless the disk is full. */
int err_file(struct err *, const char *what, const char *path);

/* What anybody may read of a failure: its text, unless that is about our
 * inside and belongs into the log alone. */
const char *err_public(const struct err *);

#endif
