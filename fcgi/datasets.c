/*
 * Data sets: taken in, listed, and looked at.
 */
#include "config.h"

#include "fcgi/groups.h"
#include "sql/sql.h"

/* clang-format off */
static const struct field list_form[] = {
	{ "format", IN_QUERY, T_ENUM, .oneof = "csv arff jsonl" },
	{ "limit",  IN_QUERY, T_INT, .min = 1, .max = 500, .absent = "50" },
	{ "cursor", IN_QUERY, T_TEXT, .min = 1, .max = 200, .help = "next_cursor of the page before" },
	{ 0 }
};

static const struct field name_form[] = {
	{ "name", IN_PATH, T_NAME, .required = 1 },
	{ 0 }
};
/* clang-format on */

/* clang-format off */
const struct route datasets_routes[] = {
	{ GET,	"/api/v1/datasets", "listDatasets", VIEWER, list_form, &sql_datasets_list, .schema = "DatasetPage",
	  .help = "Data sets on hand" },
	{ GET,	"/api/v1/datasets/{name}/profile", "getProfile", VIEWER, name_form, &sql_datasets_profile, .also = 202, .wait = &sql_datasets_wait, .schema = "Profile",
	  .help = "Automatic profile: types, cardinality, distributions" },
	{ 0 }
};
/* clang-format on */
