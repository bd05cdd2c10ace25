#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "lib/err.h"

/* clang-format off */
const struct err_kind err_kinds[ERR__MAX] = {
	[ERR_NONE]	  = { "ok",		 "OK",			     200, EX_OK,	  0 },
	[ERR_INVALID]	  = { "invalid",	 "Unprocessable Content",    422, EX_DATAERR,	  0 },
	[ERR_MALFORMED]	  = { "malformed",	 "Bad Request",		     400, EX_DATAERR,	  0 },
	[ERR_UNAUTHENTIC] = { "unauthenticated", "Unauthorized",	     401, EX_NOPERM,	  0 },
	[ERR_DENIED]	  = { "denied",		 "Forbidden",		     403, EX_NOPERM,	  0 },
	[ERR_NOT_FOUND]	  = { "not_found",	 "Not Found",		     404, EX_NOINPUT,	  0 },
	[ERR_NO_ROUTE]	  = { "route_not_found", "Not Found",		     404, EX_USAGE,	  0 },
	[ERR_METHOD]	  = { "method_not_allowed", "Method Not Allowed",    405, EX_USAGE,	  0 },
	[ERR_CONFLICT]	  = { "conflict",	 "Conflict",		     409, EX_CANTCREAT,   0 },
	[ERR_TOO_LARGE]	  = { "too_large",	 "Content Too Large",	     413, EX_DATAERR,	  0 },
	[ERR_UNSUPPORTED] = { "unsupported_media_type", "Unsupported Media Type", 415, EX_DATAERR, 0 },
	[ERR_TOO_MANY]	  = { "too_many_requests", "Too Many Requests",	     429, EX_TEMPFAIL,	  1 },
	[ERR_CANCELLED]	  = { "cancelled",	 "Conflict",		     409, EX_TEMPFAIL,	  0 },
	[ERR_LOST]	  = { "claim_lost",	 "Conflict",		     409, EX_TEMPFAIL,	  0 },
	[ERR_BUSY]	  = { "busy",		 "Service Unavailable",	     503, EX_TEMPFAIL,	  1 },
	[ERR_UNBUILT]	  = { "not_implemented", "Not Implemented",	     501, EX_UNAVAILABLE, 0 },
	[ERR_INTERNAL]	  = { "internal",	 "Internal Server Error",    500, EX_SOFTWARE,	  1 },
	[ERR_FULL]	  = { "storage_full",	 "Service Unavailable",	     503, EX_TEMPFAIL,	  1 },
	[ERR_DAMAGED]	  = { "damaged",	 "Internal Server Error",    500, EX_SOFTWARE,	  0 },
};
/* clang-format on */

static void __attribute__((format(printf, 3, 0)))
set(struct err *e, enum err_code code, const char *fmt, va_list ap)
{
	/* The old text may be an argument of the new one. */
	char text[sizeof(e->text)];

	vsnprintf(text, sizeof(text), fmt, ap);
	*e = (struct err){ .code = code };
	memcpy(e->text, text, sizeof(text));
}

int
err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(e, code, fmt, ap);
	va_end(ap);
	return -1;
}

int
err_at(struct err *e, enum err_code code, long line, long column,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(e, code, fmt, ap);
	va_end(ap);
	e->line = line;
	e->column = column;
	return -1;
}

int
err_ptr(struct err *e, enum err_code code, const char *pointer, const char *fmt,
    ...)
{
	char p[sizeof(e->pointer)];
	va_list ap;

	snprintf(p, sizeof(p), "%s", pointer);
	va_start(ap, fmt);
	set(e, code, fmt, ap);
	va_end(ap);
	memcpy(e->pointer, p, sizeof(p));
	return -1;
}

int
err_file(struct err *e, const char *what, const char *path)
{
	if (errno == ENOSPC || errno == EDQUOT)
		return err_set(e, ERR_FULL,
		    "the server's disk is full: its administrator has to make "
		    "room in the data directory");
	return err_set(
	    e, ERR_INTERNAL, "cannot %s '%s': %s", what, path, strerror(errno));
}

const char *
err_public(const struct err *e)
{
	return e->code == ERR_INTERNAL
	           ? "something went wrong inside; the server's log has it"
	           : e->text;
}
