/*
 * A FastCGI worker that answers "hello": the limit of what a request through
 * nginx can cost.  hello SOCKET WORKERS
 */
#include "config.h"

#include <err.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fcgiapp.h>

static void
work(int fd)
{
	FCGX_Request r;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	FCGX_InitRequest(&r, fd, 0);
	while (FCGX_Accept_r(&r) == 0) {
		FCGX_PutS("Status: 200 OK\r\nContent-Type: application/json\r\n"
			  "Content-Length: 17\r\n\r\n{\"hello\":\"world\"}",
		    r.out);
		FCGX_Finish_r(&r);
	}
	_exit(0);
}

int
main(int argc, char **argv)
{
	int fd;

	if (argc != 3)
		errx(64, "usage: hello SOCKET WORKERS");
	if (FCGX_Init() != 0 || (fd = FCGX_OpenSocket(argv[1], 1024)) == -1)
		err(1, "%s", argv[1]);
	for (long n = strtol(argv[2], NULL, 10); n > 0; n--)
		if (fork() == 0)
			work(fd);
	while (wait(NULL) > 0)
		continue;
	return 0;
}
