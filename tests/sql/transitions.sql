\ir help.psql
SELECT no_plan();

-- Every state, and what each verb makes of it.
CREATE TEMP TABLE move (state text, cancel text, pause text, resume text);
INSERT INTO move VALUES
	('queued',			'cancelled',	'paused',			'APP49'),
	('running',			'cancelling',	'running, to be paused',	'APP49'),
	('running, to be paused',	'cancelling, to be paused',	'running, to be paused',	'running'),
	('running, between attempts',	'cancelled',	'paused',			'APP49'),
	('cancelling',			'cancelling',	'APP49',			'APP49'),
	('waiting_approval',		'cancelled',	'APP49',			'APP49'),
	('paused',			'cancelled',	'APP49',			'queued'),
	('crashed',			'APP49',	'APP49',			'queued'),
	('succeeded',			'APP49',	'APP49',			'APP49'),
	('failed',			'APP49',	'APP49',			'APP49'),
	('cancelled',			'APP49',	'APP49',			'APP49');
SELECT is(outcome('SELECT run_cancel(%L, ''bob'')', run_in(state)), cancel, 'cancel a run that is ' || state) FROM move;
SELECT is(outcome('SELECT run_pause(%L, ''bob'')', run_in(state)), pause, 'pause a run that is ' || state) FROM move;
SELECT is(outcome('SELECT run_resume(%L, ''bob'')', run_in(state)), resume, 'resume a run that is ' || state) FROM move;

SELECT is(outcome(format('SELECT run_%s(%%L, ''bob'')', verb), 'run_0'), 'APP44', 'an unknown run: ' || verb)
FROM unnest(ARRAY['cancel', 'pause', 'resume']) verb;
SELECT throws_ok($$SELECT run_cancel(run_in('succeeded'), 'bob')$$, 'APP49', 'a run that is succeeded cannot be cancelled',
	'a conflict names the state');
SELECT throws_ok($$SELECT run_create('{"template": "x", "dataset": "nothing", "target": "y"}', 'ann')$$, 'APP40',
	'there is no data set ''nothing''', 'an unknown data set is the caller''s mistake');

-- The end of a run, by its worker.
CREATE FUNCTION pg_temp.ends(p_state text, p_before text DEFAULT '') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	b record := tap.begun();
BEGIN
	IF p_before <> '' THEN
		EXECUTE format(p_before, b.run_id);
	END IF;
	PERFORM run_finish(b.job_id, b.token, b.run_id, p_state, CASE WHEN p_state = 'failed' THEN '{"code": "x"}'::jsonb END);
	RETURN (SELECT state FROM run WHERE run_id = b.run_id)
		|| ' ' || (SELECT type || coalesce(' ' || (payload->>'state'), '') FROM run_event WHERE run_id = b.run_id ORDER BY seq DESC LIMIT 1)
		|| ' ' || (SELECT outcome FROM job_history WHERE id = b.job_id)
		|| ' ' || (SELECT count(*) FROM job WHERE id = b.job_id);
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;
SELECT is(pg_temp.ends('succeeded'), 'succeeded run_finished succeeded done 0', 'a run succeeds');
SELECT is(pg_temp.ends('failed'), 'failed run_finished failed done 0', 'a run fails');
SELECT is(pg_temp.ends('cancelled'), 'cancelled run_finished cancelled done 0', 'a run is cancelled');
SELECT is(pg_temp.ends('paused'), 'paused run_paused done 0', 'a run comes to rest');
SELECT is(pg_temp.ends('cancelled', 'SELECT run_cancel(%L, ''bob'')'), 'cancelled run_finished cancelled done 0', 'a cancelled run ends');
SELECT is(pg_temp.ends('succeeded', 'SELECT run_cancel(%L, ''bob'')'), 'succeeded run_finished succeeded done 0', 'a run that was done before it saw the cancel is done');
SELECT is(pg_temp.ends('paused', 'SELECT run_cancel(%L, ''bob'')'), 'cancelled run_finished cancelled done 0', 'asked for both, a run is cancelled');
SELECT is(pg_temp.ends('paused', 'SELECT run_pause(%L, ''bob'')'), 'paused run_paused done 0', 'a pause takes effect');
SELECT is(pg_temp.ends(state), 'APP40', 'a worker cannot end a run as ' || state)
FROM unnest(ARRAY['queued', 'running', 'crashed', 'cancelling', 'waiting_approval', 'nonsense']) state;
SELECT is(pg_temp.ends(NULL), 'APP40', 'a worker cannot end a run as nothing');

-- Only under the claim.
CREATE TEMP TABLE b AS SELECT * FROM begun();
SELECT throws_ok('SELECT run_finish(job_id, token + 1, run_id, ''succeeded'') FROM b', 'APP42', NULL, 'another token ends no run');
SELECT throws_ok('SELECT run_finish(job_id, token, ''run_x'', ''succeeded'') FROM b', 'APP42', NULL, 'nor another run''s');
SELECT lives_ok('SELECT run_finish(job_id, token, run_id, ''succeeded'') FROM b', 'the claim does');
SELECT throws_ok('SELECT run_finish(job_id, token, run_id, ''succeeded'') FROM b', 'APP42', NULL, 'but once');
SELECT throws_ok('SELECT run_begin(job_id, token) FROM b', 'APP42', NULL, 'and begins nothing afterwards');
SELECT throws_ok('SELECT run_step_commit(job_id, token, run_id, ''late'', ''tool'', ''{}'', ''[]'', NULL, NULL) FROM b', 'APP42', NULL, 'and writes nothing afterwards');

-- The story of a run that crashes and goes on.
CREATE TEMP TABLE c AS SELECT run_in('crashed') AS run_id;
SELECT is((SELECT error->>'code' FROM run JOIN c USING (run_id)), 'attempts_used_up', 'a crashed run says why');
SELECT lives_ok('SELECT run_resume(run_id, ''bob'', ''req-9'') FROM c', 'a crashed run is resumed');
SELECT is((SELECT array_agg(type::text ORDER BY seq) FROM run_event JOIN c USING (run_id)),
	ARRAY['run_created', 'run_started', 'attempt_failed', 'run_finished', 'run_resumed'], 'its journal tells the story');
SELECT is((SELECT state || ' ' || (error IS NULL) || ' ' || (finished_at IS NULL) FROM run JOIN c USING (run_id)), 'queued true true', 'it is as new');
SELECT is((SELECT actor || ' ' || request_id FROM run_event JOIN c USING (run_id) WHERE type = 'run_resumed'), 'bob req-9', 'who asked stands in the event');
SELECT is((SELECT count(*) FROM job JOIN c USING (run_id)), 1::bigint, 'with one job');

-- A second begin of the same claim changes nothing; one after a failure is a recovery.
CREATE TEMP TABLE d AS SELECT * FROM begun();
SELECT run_begin(job_id, token) IS NULL FROM d \g /dev/null
SELECT is((SELECT count(*) FROM run_event JOIN d USING (run_id) WHERE type = 'run_started'), 1::bigint, 'asking twice starts once');
SELECT is(job_fail(job_id, token, 'why not'), 'retry', 'an attempt fails') FROM d;
UPDATE job SET run_at = clock_timestamp() FROM d WHERE id = d.job_id;
SELECT job_promote(100) IS NULL \g /dev/null
SELECT is(state, 0::smallint, 'it is due again') FROM job JOIN d ON job.id = d.job_id;
SELECT c.id IS NULL FROM job_claim(1, 'pipelines', 1000) c \g /dev/null
SELECT is((SELECT run_begin(j.id, j.token)->>'state' FROM job j JOIN d ON j.id = d.job_id), 'running', 'it is begun again');
SELECT is((SELECT array_agg(type::text ORDER BY seq) FROM run_event JOIN d USING (run_id)),
	ARRAY['run_created', 'run_started', 'attempt_failed', 'run_recovered'], 'as a recovery');
SELECT is((SELECT started_at IS NOT NULL FROM run JOIN d USING (run_id)), true, 'started once');

-- A cancel survives a failing attempt.
CREATE TEMP TABLE f AS SELECT * FROM begun();
SELECT run_cancel(run_id, 'bob') IS NULL FROM f \g /dev/null
SELECT is(job_fail(job_id, token, 'died meanwhile'), 'cancelled', 'an attempt that dies while cancelling is not tried again') FROM f;
SELECT is((SELECT state FROM run JOIN f USING (run_id)), 'cancelled', 'the run is cancelled');

-- What is asked twice is journaled once.
SELECT run_cancel(run_id, 'x'), run_cancel(run_id, 'x') FROM (SELECT run_in('running') AS run_id) x \g /dev/null
SELECT is((SELECT max(n) FROM (SELECT count(*) AS n FROM run_event WHERE type IN ('run_cancel_requested', 'run_pause_requested') GROUP BY run_id, type) x), 1::bigint,
	'a request that is repeated stands in the journal once');
SELECT is((SELECT count(*) FROM run WHERE state IN ('succeeded', 'failed', 'cancelled', 'crashed') AND
	(finished_at IS NULL OR token IS NOT NULL OR job_id IS NOT NULL)), 0::bigint, 'what has ended has an end, and no job');
SELECT * FROM finish();
ROLLBACK;
