-- The queue: one hot table of unfinished jobs; what is finished moves to history.

-- A daemon, under a fresh id at each start.  It is alive as long as its session
-- holds advisory lock (7001, id); the heartbeat only serves for hung hosts.
CREATE TABLE worker (
	id		integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	program		text NOT NULL,
	host		text NOT NULL,
	pid		integer NOT NULL,
	slots		integer NOT NULL,
	started_at	timestamptz NOT NULL DEFAULT clock_timestamp(),
	heartbeat_at	timestamptz NOT NULL DEFAULT clock_timestamp())
	WITH (fillfactor = 50);

-- No column that a claim or a heartbeat changes stands in an index, but for
-- the state in the predicates: index pages then see each job twice, not at
-- each attempt.
CREATE TABLE job (
	id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	queue		text COLLATE "C" NOT NULL,
	kind		text COLLATE "C" NOT NULL,
	state		smallint NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 2),	-- 0 ready, 1 running, 2 due at run_at
	prio		smallint NOT NULL DEFAULT 0,	-- lower goes first
	vft		double precision NOT NULL DEFAULT 0,	-- virtual finish time: see job_enqueue()
	run_at		timestamptz NOT NULL DEFAULT now(),
	worker_id	integer,
	token		bigint NOT NULL DEFAULT 0,	-- raised by each claim and each reap
	attempt		smallint NOT NULL DEFAULT 0,	-- since the run last made progress
	max_attempts	smallint NOT NULL DEFAULT 5 CHECK (max_attempts > 0),
	reaped		smallint NOT NULL DEFAULT 0,	-- times its worker went away
	mark		bigint NOT NULL DEFAULT 0,	-- the run's steps at the last failure
	tenant		text,
	unique_key	text,
	run_id		text COLLATE "C",
	payload		jsonb NOT NULL DEFAULT '{}',
	last_error	text,
	created_at	timestamptz NOT NULL DEFAULT clock_timestamp(),
	started_at	timestamptz,
	parent		bigint)		-- the dead job that this one tries again
	WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
	      autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000);
CREATE INDEX job_ready ON job (queue, prio, vft, id) WHERE state = 0;	-- only what can run now: a claim reads O(limit)
CREATE INDEX job_due ON job (run_at) WHERE state = 2;
CREATE INDEX job_running ON job (worker_id) WHERE state = 1;		-- as many rows as busy slots
CREATE UNIQUE INDEX job_unique ON job (unique_key) WHERE unique_key IS NOT NULL;
CREATE TABLE job_history (
	id		bigint NOT NULL,
	queue		text COLLATE "C" NOT NULL,
	kind		text COLLATE "C" NOT NULL,
	outcome		text NOT NULL CHECK (outcome IN ('done', 'dead', 'cancelled')),
	attempt		smallint NOT NULL,
	reaped		smallint NOT NULL,
	tenant		text,
	run_id		text COLLATE "C",
	payload		jsonb NOT NULL,
	result		jsonb,
	error		text,
	created_at	timestamptz NOT NULL,
	started_at	timestamptz,
	finished_at	timestamptz NOT NULL DEFAULT clock_timestamp(),
	parent		bigint)
	PARTITION BY RANGE (finished_at);
CREATE INDEX job_history_id ON job_history (id);
CREATE INDEX job_history_run ON job_history (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX job_history_dead ON job_history (finished_at, id) WHERE outcome = 'dead';

-- Dead jobs that were put back: at most once each.
CREATE TABLE job_redriven (
	id		bigint PRIMARY KEY,
	job_id		bigint,
	by		text NOT NULL,
	at		timestamptz NOT NULL DEFAULT clock_timestamp());

-- How many jobs of a queue, or of a kind in it, may run at a time everywhere
-- together.  kind '' is the queue as a whole.
CREATE TABLE job_limit (
	queue		text COLLATE "C" NOT NULL,
	kind		text COLLATE "C" NOT NULL DEFAULT '',
	running_max	integer NOT NULL CHECK (running_max >= 0),
	PRIMARY KEY (queue, kind));

-- How far each tenant's virtual time has gone, by queue.
CREATE TABLE job_tenant (
	queue		text COLLATE "C" NOT NULL,
	tenant		text NOT NULL,
	vtime		double precision NOT NULL DEFAULT 0,
	weight		double precision NOT NULL DEFAULT 1 CHECK (weight > 0),
	PRIMARY KEY (queue, tenant))
	WITH (fillfactor = 50);
