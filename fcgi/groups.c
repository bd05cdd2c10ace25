#include "config.h"

#include "fcgi/groups.h"

/* clang-format off */
const struct route *const route_groups[] = {
	auth_routes,
	pipelines_routes,
	datasets_routes,
	agents_routes,
	inference_routes,
	ops_routes,
	unbuilt_routes,
	NULL
};
/* clang-format on */

int
route_index(const struct route *want)
{
	int n = 0;

	for (size_t g = 0; route_groups[g] != NULL; g++)
		for (const struct route *r = route_groups[g]; r->path; r++, n++)
			if (r == want)
				return n;
	return -1;
}

const struct route *
route_at(int want)
{
	int n = 0;

	for (size_t g = 0; route_groups[g] != NULL; g++)
		for (const struct route *r = route_groups[g]; r->path; r++, n++)
			if (n == want)
				return r;
	return NULL;
}

void
route_print(FILE *f)
{
	for (size_t g = 0; route_groups[g] != NULL; g++)
		for (const struct route *r = route_groups[g]; r->path; r++)
			fprintf(f, "%-8s %-7s %-48s %s%s\n",
			    role_names[r->role], method_name(r->method),
			    r->path, r->op,
			    route_unbuilt(r) ? " (not built)" : "");
}
