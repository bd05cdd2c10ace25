/*
 * Runs: started, looked at, stopped, and what they made.
 */
#include "config.h"

#include "fcgi/groups.h"
#include "fcgi/object.h"
#include "fcgi/start.h"
#include "sql/sql.h"

#define STATES                                                                 \
	"queued running waiting_approval paused cancelling succeeded failed "  \
	"cancelled crashed"
#define EVENT_TYPES                                                            \
	"run_created run_started run_recovered run_resumed "                   \
	"run_pause_requested run_paused run_cancel_requested attempt_failed "  \
	"phase_started phase_finished agent_started agent_finished decision "  \
	"tool_called tool_denied trial_started trial_finished "                \
	"model_selected finding_raised finding_answered artifact_written "     \
	"holdout_scored message run_finished"

/* clang-format off */
static const struct field run_form[] = {
	{ "run_id",	IN_PATH, T_ID, .required = 1, .oneof = "run" },
	{ 0 }
};

static const struct field change_form[] = {
	{ "user",	IN_CALLER },
	{ "request_id", IN_CALLER },
	{ "run_id",	IN_PATH, T_ID, .required = 1, .oneof = "run" },
	{ 0 }
};

static const struct field list_form[] = {
	{ "state",	IN_QUERY, T_ENUM, .oneof = STATES },
	{ "template",	IN_QUERY, T_NAME },
	{ "compliance", IN_QUERY, T_NAME },
	{ "dataset",	IN_QUERY, T_NAME },
	{ "limit",	IN_QUERY, T_INT, .min = 1, .max = 500, .absent = "50" },
	{ "cursor",	IN_QUERY, T_TEXT, .min = 1, .max = 200, .help = "next_cursor of the page before" },
	{ 0 }
};

static const struct field budget_form[] = {
	{ "trials",	IN_BODY, T_INT, .min = 1, .max = 10000, .help = "Configurations to try" },
	{ "seconds",	IN_BODY, T_INT, .min = 1, .max = 604800, .help = "Wall time of the search" },
	{ "tokens",	IN_BODY, T_INT, .min = 0, .max = 1000000000, .help = "Of language models" },
	{ "usd",	IN_BODY, T_NUMBER, .min = 0, .max = 1000000 },
	{ 0 }
};

static const struct field create_form[] = {
	{ "user",	IN_CALLER },
	{ "request_id", IN_CALLER },
	{ "attempts",	IN_CALLER },
	{ "template",	IN_BODY, T_NAME, .required = 1, .help = "Which kind of model: binary_classification, multiclass_classification, regression, scorecard" },
	{ "dataset",	IN_BODY, T_NAME, .required = 1, .help = "The name of a data set on hand" },
	{ "target",	IN_BODY, T_TEXT, .required = 1, .min = 1, .max = 1024, .help = "The column to predict" },
	{ "name",	IN_BODY, T_TEXT, .min = 1, .max = 200, .help = "For people" },
	{ "positive",	IN_BODY, T_TEXT, .min = 1, .max = 1024, .help = "The label whose probability is predicted" },
	{ "objective",	IN_BODY, T_NAME, .help = "The metric that the search looks at" },
	{ "protected",	IN_BODY, T_TEXT, .min = 1, .max = 1024, .list = 32, .absent = "[]", .help = "Columns to judge fairness by" },
	{ "compliance", IN_BODY, T_ENUM, .oneof = "base", .absent = "base" },
	{ "seed",	IN_BODY, T_INT, .min = 0, .max = 9007199254740991, .absent = "1" },
	{ "budget",	IN_BODY, T_OBJECT, .form = budget_form, .absent = "{}" },
	{ "chat",	IN_BODY, T_BOOL, .absent = "false", .help = "Whether people may talk to the run" },
	{ "params",	IN_BODY, T_OBJECT, .absent = "{}", .help = "What the template lets a run set" },
	{ 0 }
};

static const struct field events_form[] = {
	{ "run_id",	IN_PATH, T_ID, .required = 1, .oneof = "run" },
	{ "type",	IN_QUERY, T_ENUM, .oneof = EVENT_TYPES, .list = 30 },
	{ "agent",	IN_QUERY, T_TEXT, .min = 1, .max = 128 },
	{ "phase",	IN_QUERY, T_TEXT, .min = 1, .max = 64 },
	{ "actor",	IN_QUERY, T_TEXT, .min = 1, .max = 128 },
	{ "since",	IN_QUERY, T_TIME, .help = "Not before" },
	{ "until",	IN_QUERY, T_TIME, .help = "Before" },
	{ "after",	IN_QUERY, T_INT, .min = 0, .max = 999999999999999, .help = "Events whose seq is larger" },
	{ "where",	IN_QUERY, T_TEXT, .min = 1, .max = 1000, .help = "An SQL/JSON path over the event: $.payload.auc ? (@ > 0.8)" },
	{ "limit",	IN_QUERY, T_INT, .min = 1, .max = 500, .absent = "50" },
	{ "cursor",	IN_QUERY, T_TEXT, .min = 1, .max = 200, .help = "next_cursor of the page before" },
	{ 0 }
};

static const struct field artifacts_form[] = {
	{ "run_id",	IN_PATH, T_ID, .required = 1, .oneof = "run" },
	{ "kind",	IN_QUERY, T_NAME },
	{ "limit",	IN_QUERY, T_INT, .min = 1, .max = 500, .absent = "500" },
	{ "cursor",	IN_QUERY, T_TEXT, .min = 1, .max = 400, .help = "next_cursor of the page before" },
	{ 0 }
};

static const struct field artifact_form[] = {
	{ "run_id",	IN_PATH, T_ID, .required = 1, .oneof = "run" },
	{ "name",	IN_PATH, T_TEXT, .required = 1, .min = 1, .max = 255 },
	{ 0 }
};

static const struct field stream_form[] = {
	{ "run_id",	IN_PATH, T_ID, .required = 1, .oneof = "run" },
	{ "after",	IN_QUERY, T_INT, .min = 0, .max = 999999999999999, .help = "Events whose seq is larger" },
	{ 0 }
};
/* clang-format on */

static int
create(struct req *req, struct res *res)
{
	PGresult *r;

	if (start_check(req) == -1 ||
	    (r = req_query(req, &sql_pipelines_create)) == NULL)
		return -1;
	return res_row(req, res, r);
}

/* A filter that the caller wrote gets two seconds: it may be slow. */
static int
events(struct req *req, struct res *res)
{
	PGresult *r = NULL;
	struct err e;

	if (req_get(req, "where") == NULL)
		return (r = req_query(req, &sql_pipelines_events)) == NULL
		           ? -1
		           : res_row(req, res, r);
	if (db_exec(req->db, "BEGIN; SET LOCAL statement_timeout = '2s'",
		&req->err) == -1)
		return -1;
	r = req_query(req, &sql_pipelines_events);
	if (db_exec(req->db, "ROLLBACK", &e) == -1)
		return err_set(&req->err, ERR_BUSY, "%s", e.text);
	if (r != NULL)
		return res_row(req, res, r);
	if (req->err.code == ERR_BUSY)
		return err_ptr(&req->err, ERR_INVALID, "/where",
		    "where takes longer than two seconds; narrow the events "
		    "with the other filters");
	return -1;
}

static int
artifact(struct req *req, struct res *res)
{
	PGresult *r = req_query(req, &sql_pipelines_artifact);

	if (r == NULL)
		return -1;
	if (PQntuples(r) == 0)
		return err_set(&req->err, ERR_NOT_FOUND,
		    "the run has no artifact '%s'", req_get(req, "name"));
	return object_answer(req, res, PQgetvalue(r, 0, 1), PQgetvalue(r, 0, 0),
	    req_get(req, "name"));
}

/* nginx hands this path to modelwright-streamd. */
static int
stream(struct req *req, struct res *res)
{
	(void)res;
	return err_set(&req->err, ERR_INTERNAL,
	    "nginx must pass this path to modelwright-streamd");
}

/* clang-format off */
const struct route pipelines_routes[] = {
	{ GET,	"/api/v1/pipelines", "listPipelines", VIEWER, list_form, &sql_pipelines_list, .schema = "RunPage",
	  .help = "List runs, the newest first; filter by state, template, compliance; keyset pages" },
	{ POST, "/api/v1/pipelines", "createPipeline", OPERATOR, create_form, NULL, create, .ok = 202, .once = 1,
	  .wait = &sql_pipelines_wait, .schema = "Run",
	  .help = "Start a run" },
	{ GET,	"/api/v1/pipelines/{run_id}", "getPipeline", VIEWER, run_form, &sql_pipelines_get, .schema = "Run",
	  .help = "State, phase, active agent, progress, cost" },
	{ GET,	"/api/v1/pipelines/{run_id}/events", "listEvents", VIEWER, events_form, NULL, events, .schema = "EventPage",
	  .help = "The journal, filterable; the same rows are open to SQL in the view run_events" },
	{ GET,	"/api/v1/pipelines/{run_id}/artifacts", "listArtifacts", VIEWER, artifacts_form, &sql_pipelines_artifacts, .schema = "ArtifactPage",
	  .help = "What the run produced: models, reports, PDF, plots" },
	{ GET,	"/api/v1/pipelines/{run_id}/artifacts/{name...}", "getArtifact", VIEWER, artifact_form, NULL, artifact, .gives = "application/octet-stream", .also = 304,
	  .help = "Download one artifact; ranges and If-None-Match are honoured" },
	{ POST, "/api/v1/pipelines/{run_id}/cancel", "cancelPipeline", OPERATOR, change_form, &sql_pipelines_cancel, .ok = 202, .wait = &sql_pipelines_wait, .schema = "Run",
	  .help = "Soft cancel: stop at the next step boundary, keep all that is journaled" },
	{ POST, "/api/v1/pipelines/{run_id}/pause", "pausePipeline", OPERATOR, change_form, &sql_pipelines_pause, .ok = 202, .wait = &sql_pipelines_wait, .schema = "Run",
	  .help = "Rest at the next step boundary; no process waits meanwhile" },
	{ POST, "/api/v1/pipelines/{run_id}/resume", "resumePipeline", OPERATOR, change_form, &sql_pipelines_resume, .ok = 202, .schema = "Run",
	  .help = "Go on with a crashed or paused run from its last finished step" },
	{ GET,	"/api/v1/pipelines/{run_id}/stream", "streamPipeline", VIEWER, stream_form, NULL, stream, .ok = 101,
	  .help = "WebSocket: every event of the run, live, in order, replayed from any seq" },
	{ 0 }
};
/* clang-format on */
