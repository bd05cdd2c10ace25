-- The queue's moves.  State codes of job: 0 ready, 1 running, 2 due at run_at.
-- Whoever locks a job and its run takes the job first.
--
-- The moves are planned once a session: the planner would make a plan for each
-- n of a claim anew, which costs more than the claim.  And they use the indexes
-- however small the table was at that time: it may have a million rows a
-- second later.  So each is written such that only one plan is possible: rows
-- by "id = ANY (array)" and not by a join, and a job that is claimed by its
-- worker_id and not by "state = 1", for which the index job_running would do
-- too, and be read from end to end.

-- A daemon starts: a fresh id, and the lock that says it lives, on the
-- session that it keeps.
CREATE OR REPLACE FUNCTION worker_start(p_program text, p_host text, p_pid integer, p_slots integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	w integer;
BEGIN
	INSERT INTO worker (program, host, pid, slots) VALUES (p_program, p_host, p_pid, p_slots) RETURNING id INTO w;
	PERFORM pg_advisory_lock(7001, w);
	RETURN w;
END $$;

-- False: others have taken this worker for dead, and it must start anew.
CREATE OR REPLACE FUNCTION worker_beat(p_worker integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	UPDATE worker SET heartbeat_at = clock_timestamp() WHERE id = p_worker;
	RETURN FOUND;
END $$;

CREATE OR REPLACE FUNCTION worker_stop(p_worker integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	DELETE FROM worker WHERE id = p_worker;
	PERFORM pg_advisory_unlock(7001, p_worker);
END $$;

-- Queue a job.  p_options may hold prio, run_at, max_attempts, unique_key,
-- run_id, tenant, cost, parent.  A live job with the same unique_key is the
-- answer in place of a second one.
--
-- Fairness: jobs that name a tenant are ordered by virtual finish time.  A
-- tenant's clock goes on by cost/weight with each job, and never stands
-- behind the front of the queue, so that a million jobs of one tenant leave
-- the next job of another only one place behind the front.  A job without a
-- tenant is not metered and goes before those that are.
CREATE OR REPLACE FUNCTION job_enqueue(p_queue text, p_kind text, p_payload jsonb, p_options jsonb DEFAULT '{}')
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_tenant text := p_options->>'tenant';
	v_at timestamptz := (p_options->>'run_at')::timestamptz;
	v_key text := p_options->>'unique_key';
	v_vft double precision := 0;
	v_id bigint;
BEGIN
	IF v_tenant IS NOT NULL THEN
		INSERT INTO job_tenant AS t (queue, tenant, vtime)
		VALUES (p_queue, v_tenant, job_front(p_queue) + coalesce((p_options->>'cost')::float8, 1))
		ON CONFLICT (queue, tenant) DO UPDATE SET vtime =
			greatest(t.vtime, job_front(p_queue)) + coalesce((p_options->>'cost')::float8, 1) / t.weight
		RETURNING vtime INTO v_vft;
	END IF;
	LOOP
		INSERT INTO job (queue, kind, payload, state, prio, vft, run_at, max_attempts, unique_key, run_id,
			tenant, parent)
		VALUES (p_queue, p_kind, p_payload, CASE WHEN v_at > clock_timestamp() THEN 2 ELSE 0 END,
			coalesce((p_options->>'prio')::smallint, 0), v_vft, coalesce(v_at, clock_timestamp()),
			coalesce((p_options->>'max_attempts')::smallint, 5), v_key, p_options->>'run_id', v_tenant,
			(p_options->>'parent')::bigint)
		ON CONFLICT (unique_key) WHERE unique_key IS NOT NULL DO NOTHING RETURNING id INTO v_id;
		EXIT WHEN v_id IS NOT NULL;
		SELECT id INTO v_id FROM job WHERE unique_key = v_key;
		EXIT WHEN v_id IS NOT NULL; -- else it ended in between: try again
	END LOOP;
	RETURN v_id;
END $$;

-- Where the queue's virtual time stands: at its first waiting job; when none
-- waits, at the tenant that has gone furthest, so that all start level.
CREATE OR REPLACE FUNCTION job_front(p_queue text) RETURNS double precision
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	RETURN coalesce(
		(SELECT j.vft FROM job j WHERE j.queue = p_queue AND j.state = 0 AND j.vft > 0
		ORDER BY j.prio, j.vft, j.id LIMIT 1),
		(SELECT max(t.vtime) FROM job_tenant t WHERE t.queue = p_queue),
		0);
END $$;

-- Claim up to n jobs.  MATERIALIZED: without the fence the planner may run
-- the LIMIT more than once and lock more rows than it returns.
CREATE OR REPLACE FUNCTION job_claim(p_worker integer, p_queue text, p_n integer)
RETURNS TABLE (id bigint, token bigint, attempt smallint, kind text, payload jsonb, run_id text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
	n integer := p_n;
	full_kinds text[] := '{}';
	got integer;
BEGIN
	RETURN QUERY
	WITH c AS MATERIALIZED (
		SELECT j.id FROM job j WHERE j.queue = p_queue AND j.state = 0
		AND NOT EXISTS (SELECT FROM job_limit l WHERE l.queue = p_queue)
		ORDER BY j.prio, j.vft, j.id LIMIT p_n FOR UPDATE SKIP LOCKED)
	UPDATE job j SET state = 1, worker_id = p_worker, token = j.token + 1, attempt = j.attempt + 1,
		started_at = clock_timestamp()
	WHERE j.id = ANY (ARRAY(SELECT c.id FROM c))
	RETURNING j.id, j.token, j.attempt, j.kind, j.payload, j.run_id;
	IF FOUND OR NOT EXISTS (SELECT FROM job_limit l WHERE l.queue = p_queue) THEN
		RETURN;
	END IF;
	-- Limits hold over all workers: claims on this queue take turns, and
	-- one job at a time, so that each sees what the one before filled.
	PERFORM pg_advisory_xact_lock(7002, hashtext(p_queue));
	WHILE n > 0 LOOP
		EXIT WHEN EXISTS (SELECT FROM job_limit l WHERE l.queue = p_queue AND l.kind = ''
			AND l.running_max <= (SELECT count(*) FROM job j WHERE j.queue = p_queue AND j.state = 1));
		SELECT coalesce(array_agg(l.kind), '{}') INTO full_kinds FROM job_limit l
		WHERE l.queue = p_queue AND l.kind <> '' AND l.running_max <=
			(SELECT count(*) FROM job j WHERE j.queue = p_queue AND j.kind = l.kind AND j.state = 1);
		RETURN QUERY
		WITH c AS MATERIALIZED (
			SELECT j.id FROM job j WHERE j.queue = p_queue AND j.state = 0 AND j.kind <> ALL (full_kinds)
			ORDER BY j.prio, j.vft, j.id LIMIT 1 FOR UPDATE SKIP LOCKED)
		UPDATE job j SET state = 1, worker_id = p_worker, token = j.token + 1, attempt = j.attempt + 1,
			started_at = clock_timestamp()
		WHERE j.id = ANY (ARRAY(SELECT c.id FROM c))
		RETURNING j.id, j.token, j.attempt, j.kind, j.payload, j.run_id;
		GET DIAGNOSTICS got = ROW_COUNT;
		EXIT WHEN got = 0;
		n := n - 1;
	END LOOP;
END $$;

-- Finished jobs leave the hot table, each only under its own claim; returns
-- how many did.
CREATE OR REPLACE FUNCTION job_done_many(p_ids bigint[], p_tokens bigint[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
	n integer;
BEGIN
	WITH d AS (
		DELETE FROM job j WHERE j.id = ANY (p_ids) AND j.worker_id IS NOT NULL
		AND ((j.id, j.token) IN (SELECT c.id, c.token FROM unnest(p_ids, p_tokens) AS c (id, token))) IS TRUE
		RETURNING j.*)
	INSERT INTO job_history (id, queue, kind, outcome, attempt, reaped, tenant, run_id, payload, created_at,
		started_at, finished_at, parent)
	SELECT d.id, d.queue, d.kind, 'done', d.attempt, d.reaped, d.tenant, d.run_id, d.payload, d.created_at,
		d.started_at, clock_timestamp(), d.parent FROM d;
	GET DIAGNOSTICS n = ROW_COUNT;
	RETURN n;
END $$;

-- One finished job with its result; a lost claim is an error.  A job that
-- belongs to a run ends with run_finish() instead.
CREATE OR REPLACE FUNCTION job_done(p_id bigint, p_token bigint, p_result jsonb DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
BEGIN
	-- job_leave() in line: this is what tiny jobs mostly cost.
	WITH d AS (
		DELETE FROM job j WHERE j.id = p_id AND j.token = p_token AND j.worker_id IS NOT NULL RETURNING j.*)
	INSERT INTO job_history (id, queue, kind, outcome, attempt, reaped, tenant, run_id, payload, result, error,
		created_at, started_at, finished_at, parent)
	SELECT d.id, d.queue, d.kind, 'done', d.attempt, d.reaped, d.tenant, d.run_id, d.payload, p_result,
		d.last_error, d.created_at, d.started_at, clock_timestamp(), d.parent FROM d;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'the claim on job % is lost', p_id USING ERRCODE = 'APP42';
	END IF;
END $$;

-- The one way of a single job into history.
CREATE OR REPLACE FUNCTION job_leave(p_id bigint, p_token bigint, p_outcome text, p_result jsonb, p_error text)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
BEGIN
	WITH d AS (
		DELETE FROM job j WHERE j.id = p_id AND j.token = p_token AND (j.worker_id IS NOT NULL OR p_outcome = 'cancelled')
		RETURNING j.*)
	INSERT INTO job_history (id, queue, kind, outcome, attempt, reaped, tenant, run_id, payload, result, error,
		created_at, started_at, finished_at, parent)
	SELECT d.id, d.queue, d.kind, p_outcome, d.attempt, d.reaped, d.tenant, d.run_id, d.payload, p_result,
		coalesce(p_error, d.last_error), d.created_at, d.started_at, clock_timestamp(), d.parent FROM d;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'the claim on job % is lost', p_id USING ERRCODE = 'APP42';
	END IF;
END $$;

-- A failed attempt: again after exponential back-off with jitter, or dead
-- once the attempts are used up.  Attempts count from the run's last progress:
-- a run of a thousand steps may be hit more often than one of ten.  Returns
-- 'retry', 'dead', 'cancelled', or 'gone' when the claim is no more.
CREATE OR REPLACE FUNCTION job_fail(p_id bigint, p_token bigint, p_reason text, p_error jsonb DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
	j job;
	r run;
	v_at timestamptz;
BEGIN
	SELECT * INTO j FROM job WHERE id = p_id AND token = p_token AND worker_id IS NOT NULL FOR UPDATE;
	IF NOT FOUND THEN
		RETURN 'gone';
	END IF;
	IF j.run_id IS NOT NULL THEN
		SELECT * INTO STRICT r FROM run WHERE run_id = j.run_id FOR UPDATE;
		IF r.steps > j.mark THEN
			j.attempt := 1;
		END IF;
		PERFORM journal_note(j.run_id, 'attempt_failed', 'platform', r.request_id, jsonb_build_object(
			'attempt', j.attempt, 'attempts_max', j.max_attempts, 'reason', p_reason, 'job_id', p_id::text));
		IF r.cancel_requested THEN
			PERFORM job_leave(p_id, p_token, 'cancelled', NULL, p_reason);
			PERFORM run_end(j.run_id, 'cancelled', 'platform', NULL);
			RETURN 'cancelled';
		END IF;
	END IF;
	IF j.attempt >= j.max_attempts THEN
		PERFORM job_leave(p_id, p_token, 'dead', NULL, p_reason);
		IF j.run_id IS NOT NULL THEN
			PERFORM run_end(j.run_id, 'crashed', 'platform', coalesce(p_error, jsonb_build_object(
				'code', 'attempts_used_up', 'detail', p_reason)));
		END IF;
		RETURN 'dead';
	END IF;
	v_at := clock_timestamp() +
		least(600, 0.5 * power(2, least(j.attempt, 16))) * (0.5 + random() / 2) * interval '1 second';
	UPDATE job SET state = 2, worker_id = NULL, token = token + 1, attempt = j.attempt, last_error = p_reason,
		mark = coalesce(r.steps, 0), run_at = v_at
	WHERE id = p_id;
	IF j.run_id IS NOT NULL THEN
		UPDATE run SET token = NULL WHERE run_id = j.run_id;
		PERFORM pg_notify('run_events', j.run_id);
	END IF;
	RETURN 'retry';
END $$;

-- Give a claim back unharmed, to be taken again after p_delay_s seconds: a
-- graceful stop uses up no attempt.
CREATE OR REPLACE FUNCTION job_release(p_id bigint, p_token bigint, p_delay_s double precision DEFAULT 0)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
	v_run text;
BEGIN
	UPDATE job SET state = CASE WHEN p_delay_s > 0 THEN 2 ELSE 0 END, worker_id = NULL, token = token + 1,
		attempt = attempt - 1, run_at = clock_timestamp() + p_delay_s * interval '1 second'
	WHERE id = p_id AND token = p_token AND worker_id IS NOT NULL RETURNING run_id INTO v_run;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	UPDATE run SET token = NULL WHERE run_id = v_run AND job_id = p_id;
	RETURN true;
END $$;

-- Jobs whose time has come, made ready by anybody.  Returns how many, and
-- the seconds until the next one is due (NULL: none waits).
CREATE OR REPLACE FUNCTION job_promote(p_n integer, OUT promoted integer, OUT next_s double precision)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
BEGIN
	WITH c AS MATERIALIZED (
		SELECT j.id FROM job j WHERE j.state = 2 AND j.run_at <= clock_timestamp()
		ORDER BY j.run_at LIMIT p_n FOR UPDATE SKIP LOCKED)
	UPDATE job j SET state = 0 WHERE j.id = ANY (ARRAY(SELECT c.id FROM c));
	GET DIAGNOSTICS promoted = ROW_COUNT;
	-- greatest() passes over NULL: with nothing due it would say "at once".
	SELECT CASE WHEN min(j.run_at) IS NOT NULL
		THEN greatest(0, extract(epoch FROM min(j.run_at) - clock_timestamp())) END
	INTO next_s FROM job j WHERE j.state = 2;
END $$;

-- Take over what belonged to workers that are gone: their lock can be had,
-- or they have not beaten for p_hung_s seconds.  Looks at state and owner
-- again under the row lock.  It is no failure of the job, and uses up no
-- attempt; a job that loses its worker over and over is dead all the same.
-- Returns the jobs that are ready again, and how many other workers live.
CREATE OR REPLACE FUNCTION job_reap(p_me integer, p_n integer, p_hung_s double precision,
	OUT reaped integer, OUT others integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
	w record;
	j job;
	n integer := 0;
	v_cancel boolean;
BEGIN
	others := 0;
	-- Whoever was struck off and claims all the same counts as hung.
	FOR w IN SELECT x.id, coalesce(k.heartbeat_at < clock_timestamp() - p_hung_s * interval '1 second', true) AS hung
		FROM (SELECT k.id FROM worker k UNION SELECT q.worker_id FROM job q WHERE q.state = 1) x (id)
		LEFT JOIN worker k ON k.id = x.id
		WHERE x.id <> p_me ORDER BY x.id
	LOOP
		IF NOT pg_try_advisory_xact_lock(7001, w.id) AND NOT w.hung THEN
			others := others + 1;
			CONTINUE;
		END IF;
		FOR j IN SELECT * FROM job q WHERE q.worker_id = w.id AND q.state = 1
			ORDER BY q.id LIMIT p_n - n FOR UPDATE SKIP LOCKED
		LOOP
			IF j.reaped >= 100 THEN
				PERFORM job_leave(j.id, j.token, 'dead', NULL, 'its worker went away 100 times');
				IF j.run_id IS NOT NULL THEN
					PERFORM run_end(j.run_id, 'crashed', 'platform', jsonb_build_object(
						'code', 'worker_lost', 'detail', 'its worker went away 100 times'));
				END IF;
				CONTINUE;
			END IF;
			UPDATE run SET token = NULL WHERE run_id = j.run_id AND job_id = j.id
			RETURNING cancel_requested INTO v_cancel;
			IF v_cancel THEN -- what was to stop has stopped
				PERFORM job_leave(j.id, j.token, 'cancelled', NULL, 'its worker went away');
				PERFORM run_end(j.run_id, 'cancelled', 'platform', NULL);
				CONTINUE;
			END IF;
			UPDATE job SET state = 0, worker_id = NULL, token = j.token + 1, attempt = j.attempt - 1,
				reaped = j.reaped + 1
			WHERE id = j.id;
			n := n + 1;
		END LOOP;
		DELETE FROM worker k WHERE k.id = w.id
			AND NOT EXISTS (SELECT FROM job q WHERE q.worker_id = w.id AND q.state = 1);
	END LOOP;
	reaped := n;
END $$;

-- Put a dead job back, with its counters reset; once.
CREATE OR REPLACE FUNCTION job_redrive(p_id bigint, p_actor text, p_request_id text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	h job_history;
	v_new bigint;
BEGIN
	SELECT * INTO h FROM job_history WHERE id = p_id AND outcome = 'dead';
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no dead job %', p_id USING ERRCODE = 'APP44';
	END IF;
	INSERT INTO job_redriven (id, by) VALUES (p_id, p_actor) ON CONFLICT DO NOTHING;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'job % was put back before', p_id USING ERRCODE = 'APP49';
	END IF;
	IF h.run_id IS NOT NULL THEN
		PERFORM run_resume(h.run_id, p_actor, p_request_id);
		SELECT job_id INTO v_new FROM run WHERE run_id = h.run_id;
	ELSE
		v_new := job_enqueue(h.queue, h.kind, h.payload, jsonb_strip_nulls(jsonb_build_object(
			'tenant', h.tenant, 'parent', h.id)));
		PERFORM pg_notify('jobs', h.queue);
	END IF;
	UPDATE job_redriven SET job_id = v_new WHERE id = p_id;
	RETURN v_new;
END $$;

REVOKE ALL ON FUNCTION worker_start(text, text, integer, integer), worker_beat(integer), worker_stop(integer),
	job_enqueue(text, text, jsonb, jsonb), job_front(text), job_claim(integer, text, integer),
	job_done_many(bigint[], bigint[]), job_done(bigint, bigint, jsonb),
	job_leave(bigint, bigint, text, jsonb, text), job_fail(bigint, bigint, text, jsonb),
	job_release(bigint, bigint, double precision), job_promote(integer), job_reap(integer, integer, double precision),
	job_redrive(bigint, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION job_enqueue(text, text, jsonb, jsonb) TO modelwright_api, modelwright_worker;
GRANT EXECUTE ON FUNCTION job_redrive(bigint, text, text) TO modelwright_api;
GRANT EXECUTE ON FUNCTION worker_start(text, text, integer, integer), worker_beat(integer), worker_stop(integer),
	job_claim(integer, text, integer), job_done_many(bigint[], bigint[]), job_done(bigint, bigint, jsonb),
	job_fail(bigint, bigint, text, jsonb), job_release(bigint, bigint, double precision), job_promote(integer),
	job_reap(integer, integer, double precision) TO modelwright_worker;
