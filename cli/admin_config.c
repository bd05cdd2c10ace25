/*
 * modelwright-admin config: the settings as this host reads them.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "cli/admin.h"
#include "lib/err.h"

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

static int
explain(const struct cmd_line *l, void *arg, struct err *e)
{
	int found = 0;

	(void)arg;
	for (const struct conf_setting *s = conf_settings; s->name; s++) {
		if (l->nwords > 0 && strcmp(l->word[0], s->name) != 0)
			continue;
		found++;
		printf("%s = %s\n\t%s", s->name, s->absent, s->help);
		if (s->type == CONF_NUMBER)
			printf(" (%lld to %lld)", s->min, s->max);
		putchar('\n');
	}
	if (found == 0)
		return err_set(
		    e, ERR_NOT_FOUND, "there is no setting '%s'", l->word[0]);
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

const struct cmd admin_config_explain = {
	"config explain", "[NAME]", 0, 1, NULL,
	"Print what settings mean, their defaults and ranges", explain
};
/* clang-format on */
