#include "config.h"

#include <stddef.h>

#include "lib/err.h"
#include "lib/ml/watch.h"

int
watch_tick(const struct watch *w, double fraction, struct err *err)
{
	if (w == NULL || w->tick == NULL || w->tick(w->arg, fraction) == 0)
		return 0;
	return err_set(err, ERR_CANCELLED, "asked to stop");
}
