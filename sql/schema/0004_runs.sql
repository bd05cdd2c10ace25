-- Runs, their finished steps, and what they made.
-- A domain and not a CHECK: that one would be looked at by every update of a
-- run, and each step is one.
CREATE DOMAIN run_state AS text CHECK (VALUE IN ('queued', 'running', 'waiting_approval', 'paused', 'cancelling',
	'succeeded', 'failed', 'cancelled', 'crashed'));

CREATE TABLE run (
	run_id		text COLLATE "C" PRIMARY KEY CHECK (run_id ~ '^run_[0-9a-f-]{36}$'),
	name		text NOT NULL,
	state		run_state NOT NULL DEFAULT 'queued',
	phase		text,
	active_agent	text,
	template	text COLLATE "C" NOT NULL,
	dataset_name	text COLLATE "C" NOT NULL,
	dataset_digest	text NOT NULL,
	target		text NOT NULL,
	positive	text,
	objective	text,
	protected	jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(protected) = 'array'),
	compliance	text COLLATE "C" NOT NULL DEFAULT 'base',
	seed		bigint NOT NULL DEFAULT 1,
	budget		jsonb NOT NULL DEFAULT '{}',
	params		jsonb NOT NULL DEFAULT '{}',
	chat		boolean NOT NULL DEFAULT false,
	progress	jsonb NOT NULL DEFAULT '{"done": 0, "total": null, "fraction": 0, "eta_s": null}',
	cost		jsonb NOT NULL DEFAULT '{"wall_s": 0, "cpu_s": 0, "tokens": 0, "usd": 0}',
	best		jsonb,
	steps		bigint NOT NULL DEFAULT 0,	-- finished ones
	next_seq	bigint NOT NULL DEFAULT 1,	-- of the next event
	last_hash	bytea NOT NULL DEFAULT '\x0000000000000000000000000000000000000000000000000000000000000000',
	cancel_requested boolean NOT NULL DEFAULT false,
	pause_requested	boolean NOT NULL DEFAULT false,
	begun		boolean NOT NULL DEFAULT false,	-- by the job that it has now
	job_id		bigint,
	token		bigint,		-- the job's, while a worker is at it: the fence of every step
	created_by	text NOT NULL,
	request_id	text,
	created_at	timestamptz NOT NULL DEFAULT clock_timestamp(),
	started_at	timestamptz,
	finished_at	timestamptz,
	error		jsonb)
	WITH (fillfactor = 50);
-- A run_id sorts by time, so that the primary key is the list's order; the
-- filters of the list each get an index that keeps that order.
CREATE INDEX run_state ON run (state, run_id);
CREATE INDEX run_template ON run (template, run_id);
CREATE INDEX run_compliance ON run (compliance, run_id);
CREATE INDEX run_dataset ON run (dataset_name, run_id);

-- No foreign key to run: run_step_commit(), the only one to write here and to
-- artifact, holds the run's row locked, and a key would lock it once more.
CREATE TABLE run_step (
	run_id		text COLLATE "C" NOT NULL,
	step_key	text COLLATE "C" NOT NULL CHECK (step_key <> '' AND length(step_key) <= 512),
	kind		text NOT NULL,
	output		jsonb,
	token		bigint NOT NULL,
	seq		bigint NOT NULL,	-- the run's last event once the step was done
	at		timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (run_id, step_key));

CREATE TABLE artifact (
	run_id		text COLLATE "C" NOT NULL,
	name		text COLLATE "C" NOT NULL CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._/-]{0,254}$' AND name !~ '(^|/)\.\.?(/|$)'),
	kind		text NOT NULL,
	media_type	text NOT NULL,
	bytes		bigint NOT NULL CHECK (bytes >= 0),
	sha256		text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
	created_at	timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (run_id, name));
CREATE INDEX artifact_sha256 ON artifact (sha256);

-- Models that an administrator put up for prediction.
CREATE TABLE served_model (
	model		text COLLATE "C" PRIMARY KEY CHECK (model ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$'),
	run_id		text COLLATE "C" NOT NULL REFERENCES run,
	version		integer NOT NULL DEFAULT 1,
	digest		text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),	-- of scorer.mws
	manifest	jsonb NOT NULL DEFAULT '{}',
	by		text NOT NULL,
	at		timestamptz NOT NULL DEFAULT clock_timestamp());
