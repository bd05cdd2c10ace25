/*
 * modelwright-api: the FastCGI application behind nginx.
 */
#include "config.h"

#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>

#include "fcgi/groups.h"
#include "fcgi/master.h"
#include "fcgi/openapi.h"
#include "lib/conf.h"
#include "lib/err.h"
#include "lib/log.h"

#include "lib/banned.h"

static const char usage[] =
    "usage: modelwright-api [-c FILE]\n"
    "       modelwright-api --routes\n"
    "       modelwright-api --openapi SCHEMAS\n"
    "\n"
    "  -c FILE            read the settings from FILE\n"
    "  --routes           print every operation, and end\n"
    "  --openapi SCHEMAS  print the OpenAPI document, with the answers' "
    "schemas\n"
    "                     from the directory SCHEMAS, and end\n";

/* clang-format off */
static const struct option options[] = {
	{ "routes",  no_argument,	0, 'r' },
	{ "openapi", required_argument, 0, 'o' },
	{ "help",    no_argument,	0, 'h' },
	{ "version", no_argument,	0, 'v' },
	{ 0 }
};
/* clang-format on */

int
main(int argc, char **argv)
{
	const char *path = NULL;
	struct conf conf;
	struct err e;
	int c;

	while ((c = getopt_long(argc, argv, "c:h", options, NULL)) != -1)
		switch (c) {
		case 'c':
			path = optarg;
			break;
		case 'r':
			route_print(stdout);
			return 0;
		case 'o':
			if (openapi_print(optarg, stdout, &e) == -1)
				errx(err_kinds[e.code].sysexit, "%s", e.text);
			return 0;
		case 'h':
			fputs(usage, stdout);
			return 0;
		case 'v':
			puts(PACKAGE_STRING);
			return 0;
		default:
			fputs(usage, stderr);
			return EX_USAGE;
		}
	if (optind != argc) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	if (conf_load(&conf, path, &e) == -1)
		errx(EX_CONFIG, "%s", e.text);
	log_level((int)conf.log_level);
	if (master_run(&conf, path, &e) == -1)
		errx(err_kinds[e.code].sysexit, "%s", e.text);
	return 0;
}
