-- The stable views for people and their tools: fields are only ever added.
CREATE OR REPLACE VIEW runs AS
SELECT run_id, name, state, phase, active_agent, template, dataset_name, dataset_digest, target, positive, objective,
	protected, compliance, seed, budget, params, chat, progress, cost, best, created_by, created_at, started_at,
	finished_at, error, next_seq - 1 AS last_seq
FROM run;

CREATE OR REPLACE VIEW run_events AS
SELECT run_id, seq, at, type, phase, agent, actor, request_id, payload, prev_hash, hash
FROM run_event;

GRANT SELECT ON runs, run_events TO modelwright_reader, modelwright_api, modelwright_worker;
