/*
 * modelwright-admin config: the settings as this host reads them.
 */
#include "config.h"

#include <stdio.h>

#include "cli/admin.h"

#include "lib/banned.h"

static int
show(const struct cmd_line *l, void *arg, struct err *e)
{
	struct admin *ad = arg;
	int origin = cmd_option(l, "origin") != NULL;

	(void)e;
	for (const struct conf_setting *s = conf_settings; s->name; s++) {
		const void *at = (const char *)&ad->conf + s->offset;

		if (s->type == CONF_TEXT)
			printf("%s = %s", s->name, *(const char *const *)at);
		else
			printf("%s = %lld", s->name, *(const long long *)at);
		if (origin)
			printf("\t# %s", conf_origin(s));
		putchar('\n');
	}
	return 0;
}

/* clang-format off */
static const struct cmd_option show_options[] = {
	{ 0, "origin", NULL, 0, "say beside each setting where it came from" },
	{ 0 }
};

const struct cmd admin_config_show = {
	"config show", "", 0, 0, show_options,
	"Print every setting with its value", show
};
/* clang-format on */
