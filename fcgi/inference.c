/*
 * One prediction from a served model.
 */
#include "config.h"

#include <string.h>

#include "fcgi/groups.h"
#include "fcgi/page.h"
#include "fcgi/served.h"
#include "lib/score/answer.h"
#include "sql/sql.h"

/* clang-format off */
static const struct field predict_form[] = {
	{ "model",    IN_PATH, T_NAME, .required = 1 },
	{ "explain",  IN_QUERY, T_BOOL, .absent = "false", .help = "Say which fields moved the prediction" },
	{ "features", IN_BODY, T_OBJECT, .required = 1, .unbound = 1, .help = "The raw fields of one row: numbers, texts, true, false, null" },
	{ 0 }
};
/* clang-format on */

static int
predict(struct req *req, struct res *res)
{
	const struct served *s = served_find(req, req_get(req, "model"));
	json_t *answer;

	if (s == NULL ||
	    score_answer(s->scorer, json_object_get(req->body, "features"),
		strcmp(req_get(req, "explain"), "true") == 0, req->arena,
		&answer, &req->err) == -1)
		return -1;
	json_object_set_new(answer, "model", json_string(s->model));
	json_object_set_new(answer, "version", json_integer(s->version));
	json_object_set_new(answer, "digest", json_string(s->digest));
	json_object_set_new(answer, "request_id", json_string(req->id));
	atomic_fetch_add(&req->page->predictions, 1);
	return res_json(req, res, json_incref(answer));
}

/* clang-format off */
const struct route inference_routes[] = {
	{ POST, "/api/v1/inference/{model}", "predict", OPERATOR, predict_form, NULL, predict, .schema = "Prediction",
	  .help = "One prediction from a deployed model" },
	{ 0 }
};
/* clang-format on */
