-- What a run may become, decided here once:
--	queued -> running -> (paused | cancelling | waiting_approval) -> succeeded | failed | cancelled | crashed
-- crashed and paused runs go on by run_resume().

-- A run as the API shows it, everywhere.
CREATE OR REPLACE FUNCTION run_json(r run) RETURNS json
LANGUAGE sql STABLE PARALLEL SAFE AS $$
	SELECT json_build_object(
		'run_id', r.run_id, 'name', r.name, 'state', r.state, 'phase', r.phase, 'active_agent', r.active_agent,
		'progress', r.progress, 'template', r.template,
		'dataset', json_build_object('name', r.dataset_name, 'digest', r.dataset_digest),
		'target', r.target, 'positive', r.positive, 'objective', r.objective, 'protected', r.protected,
		'compliance', r.compliance, 'seed', r.seed, 'budget', r.budget, 'params', r.params, 'chat', r.chat,
		'cost', r.cost, 'best', r.best, 'cancel_requested', r.cancel_requested,
		'pause_requested', r.pause_requested, 'last_seq', r.next_seq - 1, 'created_by', r.created_by,
		'created_at', utc_text(r.created_at), 'started_at', utc_text(r.started_at),
		'finished_at', utc_text(r.finished_at), 'error', r.error)
$$;

-- Lock a run after the job that it has; an unknown run is an error.
CREATE OR REPLACE FUNCTION run_lock(p_run_id text) RETURNS run
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_job bigint;
	r run;
BEGIN
	LOOP
		BEGIN
			SELECT job_id INTO v_job FROM run WHERE run_id = p_run_id;
			IF NOT FOUND THEN
				RAISE EXCEPTION 'there is no run %', p_run_id USING ERRCODE = 'APP44';
			END IF;
			PERFORM FROM job WHERE id = v_job FOR UPDATE;
			SELECT * INTO r FROM run WHERE run_id = p_run_id FOR UPDATE;
			IF r.job_id IS NOT DISTINCT FROM v_job THEN
				RETURN r;
			END IF;
			-- It was resumed meanwhile.  The run is let go before its new job
			-- is asked for: whoever holds that one waits for the run.
			RAISE EXCEPTION USING ERRCODE = 'APPRT';
		EXCEPTION WHEN SQLSTATE 'APPRT' THEN
			NULL;
		END;
	END LOOP;
END $$;

CREATE OR REPLACE FUNCTION run_forbid(r run, p_verb text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'a run that is % cannot be %', r.state, p_verb USING ERRCODE = 'APP49';
END $$;

-- Start a run.  p holds the body of POST /pipelines; run_id, max_attempts
-- and tenant may be in it too.
CREATE OR REPLACE FUNCTION run_create(p jsonb, p_actor text, p_request_id text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	d dataset;
	v_id text := coalesce(p->>'run_id', new_id('run'));
	v_job bigint;
BEGIN
	SELECT * INTO d FROM dataset WHERE name = p->>'dataset' FOR SHARE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no data set ''%''', p->>'dataset' USING ERRCODE = 'APP40', COLUMN = '/dataset';
	END IF;
	PERFORM partitions_ahead(0);
	INSERT INTO run (run_id, name, template, dataset_name, dataset_digest, target, positive, objective, protected,
		compliance, seed, budget, params, chat, created_by, request_id)
	VALUES (v_id, coalesce(p->>'name', d.name || ' ' || (p->>'target')), p->>'template', d.name, d.digest,
		p->>'target', p->>'positive', p->>'objective', coalesce(nullif(p->'protected', 'null'), '[]'),
		coalesce(p->>'compliance', 'base'), coalesce((p->>'seed')::bigint, 1),
		coalesce(nullif(p->'budget', 'null'), '{}'), coalesce(nullif(p->'params', 'null'), '{}'),
		coalesce((p->>'chat')::boolean, false), p_actor, p_request_id);
	PERFORM journal_note(v_id, 'run_created', p_actor, p_request_id, jsonb_build_object('template', p->>'template',
		'dataset', jsonb_build_object('name', d.name, 'digest', d.digest), 'target', p->>'target',
		'seed', coalesce((p->>'seed')::bigint, 1), 'compliance', coalesce(p->>'compliance', 'base')));
	v_job := run_enqueue(v_id, p_actor, coalesce((p->>'max_attempts')::integer, 5));
	PERFORM pg_notify('run_events', v_id);
	RETURN v_id;
END $$;

-- Give a run its job.
CREATE OR REPLACE FUNCTION run_enqueue(p_run_id text, p_tenant text, p_attempts integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_job bigint := job_enqueue('pipelines', 'pipeline', jsonb_build_object('run_id', p_run_id), jsonb_build_object(
		'run_id', p_run_id, 'tenant', p_tenant, 'max_attempts', p_attempts, 'unique_key', 'run:' || p_run_id));
BEGIN
	UPDATE run SET job_id = v_job, token = NULL, begun = false WHERE run_id = p_run_id;
	UPDATE job SET mark = (SELECT steps FROM run WHERE run_id = p_run_id) WHERE id = v_job;
	PERFORM pg_notify('jobs', 'pipelines');
	RETURN v_job;
END $$;

-- A run comes to an end, or to rest.  The caller has locked it and has seen
-- to its job.
CREATE OR REPLACE FUNCTION run_end(p_run_id text, p_state text, p_actor text, p_error jsonb,
	p_request_id text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_seq bigint;
BEGIN
	IF p_state = 'paused' THEN
		v_seq := journal_note(p_run_id, 'run_paused', p_actor, p_request_id);
	ELSE
		v_seq := journal_note(p_run_id, 'run_finished', p_actor, p_request_id,
			jsonb_strip_nulls(jsonb_build_object('state', p_state, 'error', p_error)));
	END IF;
	UPDATE run SET state = p_state, error = p_error, token = NULL, job_id = NULL, active_agent = NULL,
		pause_requested = false,
		progress = CASE WHEN p_state = 'paused' THEN progress ELSE progress || '{"eta_s": null}' END,
		finished_at = CASE WHEN p_state <> 'paused' THEN clock_timestamp() END
	WHERE run_id = p_run_id;
	PERFORM pg_notify('run_events', p_run_id);
	RETURN v_seq;
END $$;

-- Ask a run to stop.  At once where no process is at it; else it is seen at
-- the next step boundary.  Asking again changes nothing.
CREATE OR REPLACE FUNCTION run_cancel(p_run_id text, p_actor text, p_request_id text DEFAULT NULL) RETURNS run
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	r run := run_lock(p_run_id);
	j job;
BEGIN
	IF r.state IN ('succeeded', 'failed', 'cancelled', 'crashed') THEN
		PERFORM run_forbid(r, 'cancelled');
	END IF;
	IF r.state <> 'cancelling' THEN
		PERFORM journal_note(p_run_id, 'run_cancel_requested', p_actor, p_request_id);
		SELECT * INTO j FROM job WHERE id = r.job_id;
		IF j.state = 1 THEN
			UPDATE run SET state = 'cancelling', cancel_requested = true WHERE run_id = p_run_id;
			PERFORM pg_notify('run_control', p_run_id);
		ELSE
			IF j.id IS NOT NULL THEN
				PERFORM job_leave(j.id, j.token, 'cancelled', NULL, 'cancelled by ' || p_actor);
			END IF;
			UPDATE run SET cancel_requested = true WHERE run_id = p_run_id;
			PERFORM run_end(p_run_id, 'cancelled', p_actor, NULL, p_request_id);
		END IF;
		PERFORM pg_notify('run_events', p_run_id);
	END IF;
	SELECT * INTO r FROM run WHERE run_id = p_run_id;
	RETURN r;
END $$;

-- Ask a run to rest: it keeps what it has, and no process waits.
CREATE OR REPLACE FUNCTION run_pause(p_run_id text, p_actor text, p_request_id text DEFAULT NULL) RETURNS run
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	r run := run_lock(p_run_id);
	j job;
BEGIN
	IF r.state NOT IN ('queued', 'running') THEN
		PERFORM run_forbid(r, 'paused');
	END IF;
	IF NOT r.pause_requested THEN
		PERFORM journal_note(p_run_id, 'run_pause_requested', p_actor, p_request_id);
		SELECT * INTO j FROM job WHERE id = r.job_id;
		IF j.state = 1 THEN
			UPDATE run SET pause_requested = true WHERE run_id = p_run_id;
			PERFORM pg_notify('run_control', p_run_id);
		ELSE
			IF j.id IS NOT NULL THEN
				PERFORM job_leave(j.id, j.token, 'cancelled', NULL, 'paused by ' || p_actor);
			END IF;
			PERFORM run_end(p_run_id, 'paused', p_actor, NULL, p_request_id);
		END IF;
		PERFORM pg_notify('run_events', p_run_id);
	END IF;
	SELECT * INTO r FROM run WHERE run_id = p_run_id;
	RETURN r;
END $$;

-- Go on from the last finished step: a paused or crashed run gets a new job;
-- a pause that has not yet taken effect is withdrawn.
CREATE OR REPLACE FUNCTION run_resume(p_run_id text, p_actor text, p_request_id text DEFAULT NULL) RETURNS run
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	r run := run_lock(p_run_id);
BEGIN
	IF r.state IN ('paused', 'crashed') THEN
		PERFORM journal_note(p_run_id, 'run_resumed', p_actor, p_request_id, jsonb_build_object('from', r.state));
		UPDATE run SET state = 'queued', error = NULL, finished_at = NULL WHERE run_id = p_run_id;
		PERFORM run_enqueue(p_run_id, r.created_by, 5);
	ELSIF r.state = 'running' AND r.pause_requested THEN
		PERFORM journal_note(p_run_id, 'run_resumed', p_actor, p_request_id, jsonb_build_object('from', r.state));
		UPDATE run SET pause_requested = false WHERE run_id = p_run_id;
	ELSE
		PERFORM run_forbid(r, 'resumed');
	END IF;
	PERFORM pg_notify('run_events', p_run_id);
	SELECT * INTO r FROM run WHERE run_id = p_run_id;
	RETURN r;
END $$;

-- A worker sets to: from here on only its token writes to the run.  Returns
-- the run's row; cancel_requested and pause_requested in it are to be looked
-- at first.
CREATE OR REPLACE FUNCTION run_begin(p_job_id bigint, p_token bigint) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
	j job;
	r run;
BEGIN
	SELECT * INTO j FROM job WHERE id = p_job_id AND token = p_token AND worker_id IS NOT NULL FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'the claim on job % is lost', p_job_id USING ERRCODE = 'APP42';
	END IF;
	SELECT * INTO STRICT r FROM run WHERE run_id = j.run_id FOR UPDATE;
	IF r.token IS DISTINCT FROM p_token THEN -- else it asks twice
		PERFORM journal_note(r.run_id, CASE WHEN r.begun THEN 'run_recovered' ELSE 'run_started' END, 'platform',
			r.request_id, jsonb_build_object('attempt', j.attempt, 'worker', j.worker_id, 'job_id', j.id::text));
		UPDATE run SET token = p_token, begun = true, started_at = coalesce(started_at, clock_timestamp()),
			state = CASE WHEN cancel_requested THEN 'cancelling' ELSE 'running' END
		WHERE run_id = r.run_id RETURNING * INTO r;
	END IF;
	RETURN row_to_json(r);
END $$;

-- One durable step: fence, result, events, artifacts and checkpoint in one
-- commit.  p_events is an array of {type, phase, agent, actor, payload};
-- phase and agent default to the run's, actor to 'platform'.  An empty
-- p_step_key writes events and patch alone.  A step that is there already
-- writes nothing and comes back with fresh = false.
CREATE OR REPLACE FUNCTION run_step_commit(p_job_id bigint, p_token bigint, p_run_id text, p_step_key text, p_kind text,
	p_output jsonb, p_events jsonb, p_artifacts jsonb, p_patch jsonb,
	OUT seq bigint, OUT cancel boolean, OUT pause boolean, OUT fresh boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
	r record;
	v_seq bigint;
	v_hash bytea;
	v_add jsonb;
	n integer := coalesce(jsonb_array_length(p_events), 0);
BEGIN
	SELECT u.next_seq, u.last_hash, u.cancel_requested, u.pause_requested, u.phase, u.active_agent, u.request_id
	INTO r FROM run u
	WHERE u.run_id = p_run_id AND u.job_id = p_job_id AND u.token = p_token AND u.state IN ('running', 'cancelling')
	FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'the claim on job % is lost', p_job_id USING ERRCODE = 'APP42';
	END IF;
	cancel := r.cancel_requested;
	pause := r.pause_requested;
	fresh := true;
	seq := r.next_seq - 1;
	IF p_step_key <> '' THEN
		INSERT INTO run_step (run_id, step_key, kind, output, token, seq)
		VALUES (p_run_id, p_step_key, p_kind, p_output, p_token, r.next_seq - 1 + n)
		ON CONFLICT DO NOTHING;
		IF NOT FOUND THEN
			fresh := false;
			RETURN;
		END IF;
	END IF;
	v_seq := r.next_seq;
	v_hash := r.last_hash;
	FOR i IN 0 .. n - 1 LOOP
		-- journal_append() in line: steps are what the platform does most.
		INSERT INTO run_event (run_id, seq, at, type, phase, agent, actor, request_id, payload, prev_hash, hash)
		SELECT p_run_id, v_seq, x.at, x.type, x.phase, x.agent, x.actor, r.request_id, x.payload, v_hash,
			journal_hash(v_hash, p_run_id, v_seq, x.at, x.type, x.phase, x.agent, x.actor, r.request_id,
			x.payload)
		FROM (SELECT clock_timestamp() AS at, e.v->>'type' AS type,
			CASE WHEN e.v ? 'phase' THEN e.v->>'phase' ELSE coalesce(p_patch->>'phase', r.phase) END AS phase,
			CASE WHEN e.v ? 'agent' THEN e.v->>'agent'
				ELSE coalesce(p_patch->>'active_agent', r.active_agent) END AS agent,
			coalesce(e.v->>'actor', 'platform') AS actor,
			coalesce(nullif(e.v->'payload', 'null'), '{}') AS payload
			FROM (SELECT p_events->i AS v OFFSET 0) e OFFSET 0) x -- OFFSET: each is computed once
		RETURNING run_event.hash INTO v_hash;
		v_seq := v_seq + 1;
	END LOOP;
	seq := v_seq - 1;
	IF p_artifacts IS NOT NULL THEN
		INSERT INTO artifact AS a (run_id, name, kind, media_type, bytes, sha256)
		SELECT p_run_id, x.name, x.kind, x.media_type, x.bytes, x.sha256
		FROM jsonb_to_recordset(p_artifacts) AS x (name text, kind text, media_type text, bytes bigint, sha256 text)
		ON CONFLICT (run_id, name) DO UPDATE SET kind = excluded.kind, media_type = excluded.media_type,
			bytes = excluded.bytes, sha256 = excluded.sha256, created_at = excluded.created_at;
	END IF;
	IF p_patch IS NULL THEN
		UPDATE run u SET next_seq = v_seq, last_hash = v_hash, steps = u.steps + (p_step_key <> '')::integer
		WHERE u.run_id = p_run_id;
		RETURN;
	END IF;
	v_add := nullif(p_patch->'cost_add', 'null');
	UPDATE run u SET next_seq = v_seq, last_hash = v_hash, steps = u.steps + (p_step_key <> '')::integer,
		phase = CASE WHEN p_patch ? 'phase' THEN p_patch->>'phase' ELSE u.phase END,
		active_agent = CASE WHEN p_patch ? 'active_agent' THEN p_patch->>'active_agent' ELSE u.active_agent END,
		progress = coalesce(nullif(p_patch->'progress', 'null'), u.progress),
		best = coalesce(nullif(p_patch->'best', 'null'), u.best),
		cost = CASE WHEN v_add IS NULL THEN u.cost ELSE jsonb_build_object(
			'wall_s', (u.cost->>'wall_s')::numeric + coalesce((v_add->>'wall_s')::numeric, 0),
			'cpu_s', (u.cost->>'cpu_s')::numeric + coalesce((v_add->>'cpu_s')::numeric, 0),
			'tokens', (u.cost->>'tokens')::numeric + coalesce((v_add->>'tokens')::numeric, 0),
			'usd', (u.cost->>'usd')::numeric + coalesce((v_add->>'usd')::numeric, 0)) END
	WHERE u.run_id = p_run_id;
END $$;

-- What is done already, for a run that goes on.
CREATE OR REPLACE FUNCTION run_steps(p_run_id text) RETURNS TABLE (step_key text, kind text, output jsonb)
LANGUAGE sql STABLE AS $$
	SELECT s.step_key, s.kind, s.output FROM run_step s WHERE s.run_id = p_run_id ORDER BY s.seq, s.at
$$;

-- The run's job is over: succeeded, failed, cancelled, or paused (at rest).
-- Returns the last event's seq.
CREATE OR REPLACE FUNCTION run_finish(p_job_id bigint, p_token bigint, p_run_id text, p_state text,
	p_error jsonb DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
	r run;
BEGIN
	IF p_state IS NULL OR p_state NOT IN ('succeeded', 'failed', 'cancelled', 'paused') THEN
		RAISE EXCEPTION 'a run cannot finish as ''%''', p_state USING ERRCODE = 'APP40';
	END IF;
	PERFORM FROM job WHERE id = p_job_id AND token = p_token AND worker_id IS NOT NULL AND run_id = p_run_id
	FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'the claim on job % is lost', p_job_id USING ERRCODE = 'APP42';
	END IF;
	SELECT * INTO r FROM run WHERE run_id = p_run_id AND job_id = p_job_id AND token = p_token
		AND state IN ('running', 'cancelling') FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'the claim on job % is lost', p_job_id USING ERRCODE = 'APP42';
	END IF;
	IF p_state = 'paused' AND r.cancel_requested THEN
		p_state := 'cancelled'; -- asked for both: the end outweighs the rest
	END IF;
	PERFORM job_leave(p_job_id, p_token, 'done', jsonb_build_object('state', p_state), NULL);
	RETURN run_end(p_run_id, p_state, 'platform', p_error, r.request_id);
END $$;

-- An administrator puts a finished run's model up for prediction.
CREATE OR REPLACE FUNCTION model_serve(p_run_id text, p_model text, p_digest text, p_manifest jsonb, p_actor text)
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	r run := run_lock(p_run_id);
	v integer;
BEGIN
	IF r.state <> 'succeeded' THEN
		PERFORM run_forbid(r, 'served');
	END IF;
	INSERT INTO served_model AS m (model, run_id, digest, manifest, by)
	VALUES (p_model, p_run_id, p_digest, p_manifest, p_actor)
	ON CONFLICT (model) DO UPDATE SET run_id = excluded.run_id, digest = excluded.digest,
		manifest = excluded.manifest, by = excluded.by, at = excluded.at, version = m.version + 1
	RETURNING version INTO v;
	INSERT INTO audit (who, what, thing, detail)
	VALUES (p_actor, 'serveModel', p_model, jsonb_build_object('run_id', p_run_id, 'digest', p_digest, 'version', v));
	PERFORM control_changed('models');
	RETURN v;
END $$;

REVOKE ALL ON FUNCTION run_lock(text), run_create(jsonb, text, text), run_enqueue(text, text, integer),
	run_end(text, text, text, jsonb, text), run_cancel(text, text, text), run_pause(text, text, text),
	run_resume(text, text, text), run_begin(bigint, bigint),
	run_step_commit(bigint, bigint, text, text, text, jsonb, jsonb, jsonb, jsonb),
	run_finish(bigint, bigint, text, text, jsonb), model_serve(text, text, text, jsonb, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION run_create(jsonb, text, text), run_cancel(text, text, text), run_pause(text, text, text),
	run_resume(text, text, text) TO modelwright_api;
GRANT EXECUTE ON FUNCTION run_begin(bigint, bigint),
	run_step_commit(bigint, bigint, text, text, text, jsonb, jsonb, jsonb, jsonb),
	run_finish(bigint, bigint, text, text, jsonb) TO modelwright_worker;
