#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "fcgi/socket.h"
#include "lib/err.h"

#include "lib/banned.h"

/* A short backlog turns a burst into 502s; this one makes it wait. */
#define BACKLOG 1024

int
socket_adopt(struct socket_here *s, int fd, struct err *e)
{
	/* Non-blocking: several workers wake for one connection, and those
	 * that do not get it must go back to sleep. */
	if (fcntl(fd, F_SETFL, O_NONBLOCK) == -1)
		return err_set(e, ERR_INTERNAL, "socket: %s", strerror(errno));
	*s = (struct socket_here){ .fd = fd };
	return 0;
}

int
socket_make(
    struct socket_here *s, const char *run_dir, const char *name, struct err *e)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	char temp[sizeof(un.sun_path)];
	struct stat st;
	int fd;

	*s = (struct socket_here){ .ours = 1 };
	if (snprintf(s->path, sizeof(s->path), "%s/%s", run_dir, name) >=
		(int)sizeof(s->path) - 8 ||
	    snprintf(temp, sizeof(temp), "%s.new", s->path) >=
		(int)sizeof(temp))
		return err_set(e, ERR_INVALID,
		    "run_dir is too long for a socket: '%s'", run_dir);
	memcpy(un.sun_path, temp, sizeof(temp));
	unlink(temp);
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1 ||
	    bind(fd, (struct sockaddr *)&un, sizeof(un)) == -1 ||
	    chmod(temp, 0660) == -1 || listen(fd, BACKLOG) == -1 ||
	    stat(temp, &st) == -1 || rename(temp, s->path) == -1) {
		err_set(e, ERR_INVALID, "cannot make the socket '%s': %s",
		    s->path, strerror(errno));
		if (fd != -1)
			close(fd);
		return -1;
	}
	s->inode = st.st_ino;
	s->fd = fd;
	if (fcntl(fd, F_SETFL, O_NONBLOCK) == -1)
		return err_set(e, ERR_INTERNAL, "socket: %s", strerror(errno));
	return 0;
}

void
socket_unname(struct socket_here *s)
{
	struct stat st;

	if (s->ours && stat(s->path, &st) == 0 && st.st_ino == s->inode)
		unlink(s->path);
}
