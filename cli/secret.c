#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli/secret.h"
#include "lib/auto.h"
#include "lib/err.h"

#include "lib/banned.h"

/* Byte by byte: what follows the line on stdin belongs to somebody else. */
static int
read_line(int fd, char out[SECRET_MAX], struct err *e)
{
	size_t n = 0;

	for (;;) {
		char c;
		ssize_t r = read(fd, &c, 1);

		if (r == -1 && errno == EINTR)
			continue;
		if (r == -1)
			return err_set(e, ERR_INVALID,
			    "cannot read the password: %s", strerror(errno));
		if (r == 0 || c == '\n')
			break;
		if (n == SECRET_MAX - 1)
			return err_set(e, ERR_INVALID,
			    "a password has at most %d bytes", SECRET_MAX - 1);
		out[n++] = c;
	}
	if (n > 0 && out[n - 1] == '\r')
		n--;
	out[n] = '\0';
	if (strlen(out) != n)
		return err_set(
		    e, ERR_INVALID, "a password cannot hold a NUL byte");
	return 0;
}

static int
ask(int tty, const char *prompt, char out[SECRET_MAX], struct err *e)
{
	struct termios was, quiet;
	int rc;

	if (tcgetattr(tty, &was) == -1)
		return err_set(e, ERR_INVALID, "cannot ask for a password: %s",
		    strerror(errno));
	quiet = was;
	quiet.c_lflag &= (tcflag_t)~ECHO;
	if (write(tty, prompt, strlen(prompt)) == -1 ||
	    tcsetattr(tty, TCSAFLUSH, &quiet) == -1)
		return err_set(e, ERR_INVALID, "cannot ask for a password: %s",
		    strerror(errno));
	rc = read_line(tty, out, e);
	tcsetattr(tty, TCSAFLUSH, &was);
	if (write(tty, "\n", 1) == -1)
		return rc; /* the line looks odd, ignoring */
	return rc;
}

int
secret_read(const char *prompt, int from_stdin, int again, char out[SECRET_MAX],
    struct err *e)
{
	char second[SECRET_MAX];

	if (from_stdin)
		return read_line(STDIN_FILENO, out, e);
	auto_fd int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (tty == -1)
		return err_set(e, ERR_INVALID,
		    "there is no terminal to ask for a password; "
		    "use --password-stdin");
	if (ask(tty, prompt, out, e) == -1)
		return -1;
	if (again) {
		if (ask(tty, "Once more: ", second, e) == -1)
			return -1;
		if (strcmp(out, second) != 0)
			return err_set(
			    e, ERR_INVALID, "the two passwords differ");
	}
	return 0;
}
