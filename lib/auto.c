#include "config.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/auto.h"

void
auto_json_done(void *p)
{
	json_decref(*(json_t **)p);
}

void
auto_file_done(void *p)
{
	if (*(FILE **)p != NULL)
		fclose(*(FILE **)p);
}

void
auto_fd_done(void *p)
{
	if (*(int *)p >= 0)
		close(*(int *)p);
}

void
auto_str_done(void *p)
{
	free(*(char **)p);
}
