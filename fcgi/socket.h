/*
 * The listening sockets, one a pool of workers.
 */
#ifndef SOCKET_H
#define SOCKET_H

struct err;

struct socket_here {
	int fd;
	int ours;       /* made here, not handed over by systemd */
	char path[108]; /* ours */
	unsigned long long inode;
};

/* Make RUN_DIR/NAME, mode 0660, in one step: whoever had that name before
 * keeps what is in its backlog, and new connections come here. */
int socket_make(struct socket_here *, const char *run_dir, const char *name,
    struct err *) __attribute__((warn_unused_result));

/* Adopt a socket that was handed over. */
int socket_adopt(struct socket_here *, int fd, struct err *)
    __attribute__((warn_unused_result));

/* Take the name away, if it is still ours, so that nobody comes any more. */
void socket_unname(struct socket_here *);

#endif
