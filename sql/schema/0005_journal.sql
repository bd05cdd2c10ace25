-- The journal: what happened in each run, in order, each row sealed by the next.
--
-- hash = SHA-256 over prev_hash (32 bytes) followed by the UTF-8 text of the
-- JSON array
--	[run_id, seq, at, type, phase, agent, actor, request_id, payload]
-- as PostgreSQL prints it for a jsonb: ", " after each element and ": " in
-- objects, their keys by length and then by bytes, numbers as they were
-- written, only '"', '\' and control characters escaped, null where a field is
-- absent.  at is written 2026-11-24T08:15:13.000042Z, always with six digits.
-- The first event of a run has 32 zero bytes for prev_hash.  lib/journal.c
-- recomputes it offline.
CREATE DOMAIN event_type AS text CHECK (VALUE IN (
	'run_created', 'run_started', 'run_recovered', 'run_resumed', 'run_pause_requested', 'run_paused',
	'run_cancel_requested', 'attempt_failed', 'phase_started', 'phase_finished', 'agent_started', 'agent_finished',
	'decision', 'tool_called', 'tool_denied', 'trial_started', 'trial_finished', 'model_selected', 'finding_raised',
	'finding_answered', 'artifact_written', 'holdout_scored', 'message', 'run_finished'));

CREATE TABLE run_event (
	run_id		text COLLATE "C" NOT NULL,
	seq		bigint NOT NULL CHECK (seq > 0),
	at		timestamptz NOT NULL,
	type		event_type NOT NULL,
	phase		text,
	agent		text,
	actor		text NOT NULL,
	request_id	text,
	payload		jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(payload) = 'object'),
	prev_hash	bytea NOT NULL CHECK (length(prev_hash) = 32),
	hash		bytea NOT NULL CHECK (length(hash) = 32))
	PARTITION BY RANGE (at);
-- That (run_id, seq) is unique is the work of the run's row lock: PostgreSQL
-- would want the partition key in a unique index.
CREATE INDEX run_event_seq ON run_event (run_id, seq);
CREATE INDEX run_event_type ON run_event (run_id, type, seq);
