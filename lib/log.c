#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/log.h"

static int level = LOG_INFO;
static char context[256];

void
log_level(int l)
{
	level = l;
}

void
log_context(const char *fmt, ...)
{
	va_list ap;

	context[0] = '\0';
	if (fmt == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(context, sizeof(context), fmt, ap);
	va_end(ap);
}

/* One write(2) a line, so that lines of several processes never mix.  What is
 * not printable becomes a space: nobody writes a line of his own. */
static void __attribute__((format(printf, 2, 0)))
say(int priority, const char *fmt, va_list ap)
{
	char line[2048];
	int head, n;

	if (priority > level)
		return;
	head = snprintf(line, sizeof(line), "<%d>", priority);
	n = head + vsnprintf(line + head, sizeof(line) - (size_t)head, fmt, ap);
	if (n > (int)sizeof(line) - 2)
		n = (int)sizeof(line) - 2;
	if (context[0] != '\0') {
		int k = snprintf(
		    line + n, sizeof(line) - (size_t)n, " %s", context);
		n = n + k > (int)sizeof(line) - 2 ? (int)sizeof(line) - 2
		                                  : n + k;
	}
	for (int i = head; i < n; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = ' ';
	line[n++] = '\n';
	if (write(STDERR_FILENO, line, (size_t)n) == -1)
		return; /* nowhere to tell it, ignoring */
}

#define LOGGER(name, priority)                                                 \
	void name(const char *fmt, ...)                                        \
	{                                                                      \
		va_list ap;                                                    \
		va_start(ap, fmt);                                             \
		say(priority, fmt, ap);                                        \
		va_end(ap);                                                    \
	}

LOGGER(log_err, LOG_ERR)
LOGGER(log_warn, LOG_WARNING)
LOGGER(log_info, LOG_INFO)
LOGGER(log_debug, LOG_DEBUG)
