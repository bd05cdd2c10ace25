/*
 * Operations that the contract names and that do nothing yet: each has its
 * role, and answers 501.  Whoever builds one takes its row away from here.
 */
#include "config.h"

#include "fcgi/groups.h"

static int
unbuilt(struct req *req, struct res *res)
{
	(void)res;
	return err_set(
	    &req->err, ERR_UNBUILT, "%s is not built yet", req->route->op);
}

int
route_unbuilt(const struct route *r)
{
	return r->fn == unbuilt;
}

/* clang-format off */
const struct route unbuilt_routes[] = {
	{ POST,   "/api/v1/auth/refresh", "refreshToken", VIEWER, NULL, NULL, unbuilt,
	  .help = "Rotate the refresh token and hand out a new access token; reuse of a spent one revokes the family" },
	{ GET,    "/api/v1/auth/oidc/login", "startOidcLogin", ANYONE, NULL, NULL, unbuilt,
	  .help = "302 to the identity provider (authorization code, PKCE, state, nonce)" },
	{ GET,    "/api/v1/auth/oidc/callback", "finishOidcLogin", ANYONE, NULL, NULL, unbuilt,
	  .help = "Finish the code flow, verify the ID token, map claims to a role, issue our tokens" },
	{ PUT,    "/api/v1/auth/oidc/config", "setOidcConfig", ADMIN, NULL, NULL, unbuilt,
	  .help = "Set issuer, client_id, client_secret, scopes, role mapping; checked against the issuer's discovery document before it is kept" },
	{ POST,   "/api/v1/agents/{name}/invoke", "invokeAgent", OPERATOR, NULL, NULL, unbuilt,
	  .help = "Run one agent outside a pipeline" },
	{ GET,    "/api/v1/deployments", "listDeployments", VIEWER, NULL, NULL, unbuilt,
	  .help = "Models, their versions, each version's status" },
	{ POST,   "/api/v1/deployments/package", "packageModel", OPERATOR, NULL, NULL, unbuilt,
	  .help = "Build an OCI image from a run" },
	{ POST,   "/api/v1/deployments/shadow-start", "startShadow", OPERATOR, NULL, NULL, unbuilt,
	  .help = "Let a challenger score live traffic beside the champion" },
	{ GET,    "/api/v1/deployments/{model}/shadow-status", "getShadowStatus", VIEWER, NULL, NULL, unbuilt,
	  .help = "Shadow metrics so far" },
	{ POST,   "/api/v1/deployments/compare", "compareVersions", OPERATOR, NULL, NULL, unbuilt,
	  .help = "Champion against challenger, as a report" },
	{ POST,   "/api/v1/deployments/promote", "promoteVersion", OPERATOR, NULL, NULL, unbuilt,
	  .help = "Ask for promotion: raises a human approval gate" },
	{ POST,   "/api/v1/deployments/rollback", "rollbackModel", OPERATOR, NULL, NULL, unbuilt,
	  .help = "Put the previous champion back at once" },
	{ POST,   "/api/v1/deployments/retire", "retireVersion", OPERATOR, NULL, NULL, unbuilt,
	  .help = "Retire a version" },
	{ POST,   "/api/v1/deployments/audit", "auditDeployment", OPERATOR, NULL, NULL, unbuilt,
	  .help = "Promotion audit as a PDF" },
	{ GET,    "/api/v1/deployments/{model}/events", "streamDeployment", VIEWER, NULL, NULL, unbuilt,
	  .help = "Shadow results and drift alerts, live" },
	{ GET,    "/api/v1/plugins", "listPlugins", VIEWER, NULL, NULL, unbuilt,
	  .help = "Installed plugins" },
	{ GET,    "/api/v1/plugins/{name}", "getPlugin", VIEWER, NULL, NULL, unbuilt,
	  .help = "One plugin, with install_drops" },
	{ POST,   "/api/v1/plugins", "installPlugin", ADMIN, NULL, NULL, unbuilt,
	  .help = "Install from a path on the server" },
	{ POST,   "/api/v1/plugins/{name}/reload", "reloadPlugin", ADMIN, NULL, NULL, unbuilt,
	  .help = "Scan again and register again" },
	{ DELETE, "/api/v1/plugins/{name}", "deletePlugin", ADMIN, NULL, NULL, unbuilt,
	  .help = "Uninstall and clean up every surface it had" },
	{ GET,    "/api/v1/plugins/commands", "listPluginCommands", VIEWER, NULL, NULL, unbuilt,
	  .help = "Slash commands of all plugins" },
	{ POST,   "/api/v1/plugins/commands/{qname}/invoke", "invokePluginCommand", OPERATOR, NULL, NULL, unbuilt,
	  .help = "Render a command and run it" },
	{ GET,    "/api/v1/plugins/agents", "listPluginAgents", VIEWER, NULL, NULL, unbuilt,
	  .help = "Agents that plugins contribute" },
	{ GET,    "/api/v1/plugins/agents/{qname}", "getPluginAgent", VIEWER, NULL, NULL, unbuilt,
	  .help = "One such agent" },
	{ GET,    "/api/v1/permissions/denials", "listDenials", VIEWER, NULL, NULL, unbuilt,
	  .help = "Denial log; filter by agent, tool, source, since" },
	{ GET,    "/api/v1/permissions/rules", "listPermissionRules", VIEWER, NULL, NULL, unbuilt,
	  .help = "Active rules, by source" },
	{ GET,    "/api/v1/approvals", "listApprovals", VIEWER, NULL, NULL, unbuilt,
	  .help = "Human gates, pending and past" },
	{ POST,   "/api/v1/approvals/{gate_id}/approve", "approveGate", OPERATOR, NULL, NULL, unbuilt,
	  .help = "Approve, with an optional comment" },
	{ POST,   "/api/v1/approvals/{gate_id}/reject", "rejectGate", OPERATOR, NULL, NULL, unbuilt,
	  .help = "Reject, with a reason" },
	{ GET,    "/api/v1/cron/jobs", "listCronJobs", VIEWER, NULL, NULL, unbuilt,
	  .help = "List" },
	{ POST,   "/api/v1/cron/jobs", "createCronJob", ADMIN, NULL, NULL, unbuilt,
	  .help = "Create" },
	{ GET,    "/api/v1/cron/jobs/{id}", "getCronJob", VIEWER, NULL, NULL, unbuilt,
	  .help = "One job" },
	{ PUT,    "/api/v1/cron/jobs/{id}", "updateCronJob", ADMIN, NULL, NULL, unbuilt,
	  .help = "Update schedule, config, enabled" },
	{ DELETE, "/api/v1/cron/jobs/{id}", "deleteCronJob", ADMIN, NULL, NULL, unbuilt,
	  .help = "Delete" },
	{ POST,   "/api/v1/cron/jobs/{id}/run", "runCronJob", ADMIN, NULL, NULL, unbuilt,
	  .help = "Run now, whatever the schedule" },
	{ GET,    "/api/v1/cron/jobs/{id}/runs", "listCronRuns", VIEWER, NULL, NULL, unbuilt,
	  .help = "History" },
	{ GET,    "/api/v1/batch", "listBatches", VIEWER, NULL, NULL, unbuilt,
	  .help = "List batches" },
	{ POST,   "/api/v1/batch/{run_id}", "submitBatch", OPERATOR, NULL, NULL, unbuilt,
	  .help = "Submit a batch; the body is JSONL" },
	{ GET,    "/api/v1/batch/{run_id}/status", "getBatchStatus", VIEWER, NULL, NULL, unbuilt,
	  .help = "State and progress" },
	{ POST,   "/api/v1/batch/{run_id}/resume", "resumeBatch", OPERATOR, NULL, NULL, unbuilt,
	  .help = "Go on with a crashed batch" },
	{ GET,    "/api/v1/batch/{run_id}/results", "getBatchResults", VIEWER, NULL, NULL, unbuilt,
	  .help = "Results, streamed as JSONL" },
	{ GET,    "/api/v1/batch/{run_id}/stats", "getBatchStats", VIEWER, NULL, NULL, unbuilt,
	  .help = "Tool usage added up over the batch" },
	{ GET,    "/api/v1/batch/{run_id}/stream", "streamBatch", VIEWER, NULL, NULL, unbuilt,
	  .help = "Progress, live" },
	{ GET,    "/api/v1/features", "listFeatures", VIEWER, NULL, NULL, unbuilt,
	  .help = "All flags and their values" },
	{ GET,    "/api/v1/features/{name}", "getFeature", VIEWER, NULL, NULL, unbuilt,
	  .help = "One flag" },
	{ PUT,    "/api/v1/features/{name}", "setFeature", ADMIN, NULL, NULL, unbuilt,
	  .help = "Set its runtime value" },
	{ DELETE, "/api/v1/features/{name}", "resetFeature", ADMIN, NULL, NULL, unbuilt,
	  .help = "Back to its default" },
	{ POST,   "/api/v1/knowledge/search", "searchKnowledge", VIEWER, NULL, NULL, unbuilt,
	  .help = "Search the knowledge base (retrieval for agents and people)" },
	{ GET,    "/api/v1/evaluations", "listEvaluations", VIEWER, NULL, NULL, unbuilt,
	  .help = "Evaluation reports" },
	{ POST,   "/api/v1/evaluations", "createEvaluation", OPERATOR, NULL, NULL, unbuilt,
	  .help = "Evaluate a model on a data set" },
	{ POST,   "/api/v1/chat", "sendChat", OPERATOR, NULL, NULL, unbuilt,
	  .help = "A message to a running pipeline that has chat switched on" },
	{ GET,    "/docs", "getDocs", VIEWER, NULL, NULL, unbuilt,
	  .help = "Swagger UI" },
	{ GET,    "/redoc", "getRedoc", VIEWER, NULL, NULL, unbuilt,
	  .help = "ReDoc" },
	{ GET,    "/api/v1/mcp/servers", "listMcpServers", VIEWER, NULL, NULL, unbuilt,
	  .help = "Connected MCP servers" },
	{ GET,    "/api/v1/mcp/tools", "listMcpTools", VIEWER, NULL, NULL, unbuilt,
	  .help = "Tools that they expose" },
	{ 0 }
};
/* clang-format on */
