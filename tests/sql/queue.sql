\ir help.psql
SELECT no_plan();
SELECT is((SELECT next_s FROM job_promote(10)), NULL, 'where nothing is due, the promoter names no time');
SELECT worker_start('test', 'host', 1, 1) AS w \gset

-- Order and claims.
SELECT job_enqueue('q', 'k', jsonb_build_object('n', n), CASE WHEN n = 3 THEN '{"prio": -1}' ELSE '{}' END::jsonb) FROM generate_series(1, 5) n \g /dev/null
CREATE TEMP TABLE c1 AS SELECT * FROM job_claim(:w, 'q', 2);
SELECT is((SELECT array_agg((payload->>'n')::int ORDER BY id) FROM c1), ARRAY[1, 3], 'the urgent first, then the oldest');
SELECT is((SELECT array_agg(token || ' ' || attempt) FROM c1), ARRAY['1 1', '1 1'], 'a claim raises token and attempt');
SELECT is((SELECT count(*) FROM job_claim(:w, 'other', 9)), 0::bigint, 'another queue has none');
SELECT is((SELECT count(*) FROM job_claim(:w, 'q', 9)), 3::bigint, 'the rest');
SELECT is((SELECT count(*) FROM job_claim(:w, 'q', 9)), 0::bigint, 'and no more');

-- Done.
SELECT lives_ok('SELECT job_done(id, token, ''{"ok": true}'') FROM c1 LIMIT 1', 'a job is done');
SELECT throws_ok('SELECT job_done(id, token) FROM c1', 'APP42', NULL, 'once');
SELECT is(job_done_many(array_agg(id), array_agg(token + 5)), 0, 'not with another token') FROM c1;
SELECT is(job_done_many(array_agg(id), array_agg(token)), 1, 'many are done at once, those that are still ours') FROM c1;
SELECT is((SELECT count(*) FROM job_history WHERE queue = 'q' AND outcome = 'done'), 2::bigint, 'history has them');
SELECT is((SELECT count(*) FROM job WHERE queue = 'q'), 3::bigint, 'the hot table has not');

-- Release: no attempt is used up, the token moves on.
CREATE TEMP TABLE j AS SELECT id, token FROM job WHERE queue = 'q' AND state = 1 ORDER BY id LIMIT 1;
SELECT is(job_release(id, token), true, 'a claim is given back') FROM j;
SELECT is(job_release(id, token), false, 'once') FROM j;
SELECT results_eq('SELECT state, attempt, token, worker_id FROM job WHERE id = (SELECT id FROM j)', 'VALUES (0::smallint, 0::smallint, 2::bigint, NULL::integer)', 'as if never claimed, but for the token');
SELECT throws_ok('SELECT job_done(id, token) FROM j', 'APP42', NULL, 'the old claim is worth nothing');
SELECT is((SELECT token FROM job_claim(:w, 'q', 1)), 3::bigint, 'it can be claimed again');
SELECT is(job_release(id, 3, 60), true, 'or be given back for later') FROM j;
SELECT is((SELECT state FROM job WHERE id = (SELECT id FROM j)), 2::smallint, 'and is due then');
SELECT ok((SELECT next_s BETWEEN 50 AND 60 FROM job_promote(10)), 'which the promoter tells');

-- Failure: back-off with jitter, then dead.
SELECT job_enqueue('f', 'k', '{}', '{"max_attempts": 3}') AS f \gset
CREATE FUNCTION pg_temp.fail_once(p bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	c record;
	said text;
BEGIN
	UPDATE job SET run_at = clock_timestamp() WHERE id = p AND state = 2;
	PERFORM job_promote(100);
	SELECT * INTO c FROM job_claim((SELECT min(id) FROM worker), 'f', 1);
	said := job_fail(c.id, c.token, 'broke');
	RETURN said || coalesce((SELECT ' ' || CASE WHEN run_at - clock_timestamp() BETWEEN
		(0.5 * power(2, attempt) * 0.49) * interval '1 s' AND (0.5 * power(2, attempt)) * interval '1 s' THEN 'in time' ELSE 'out of time' END FROM job WHERE id = p), '');
END $$;
SELECT is(pg_temp.fail_once(:f), 'retry in time', 'the first failure is tried again after a second or less');
SELECT is(pg_temp.fail_once(:f), 'retry in time', 'the second after two');
SELECT is(pg_temp.fail_once(:f), 'dead', 'the third is the last');
SELECT is(job_fail(:f, 1, 'broke'), 'gone', 'a claim that is gone says so');
SELECT results_eq($$SELECT outcome, attempt, error FROM job_history WHERE queue = 'f'$$, $$VALUES ('dead', 3::smallint, 'broke')$$, 'the dead lie in history');
SELECT isnt(job_redrive(:f, 'ann'), NULL, 'and can be put back');
SELECT throws_ok(format('SELECT job_redrive(%s, ''ann'')', :f), 'APP49', NULL, 'once');
SELECT throws_ok('SELECT job_redrive(999999, ''ann'')', 'APP44', NULL, 'what is not dead cannot');
SELECT is((SELECT attempt || ' ' || parent FROM job WHERE queue = 'f'), '0 ' || :f, 'with its counters reset, and its parent named');

-- Attempts count from the last progress.
CREATE TEMP TABLE b AS SELECT * FROM begun();
UPDATE job SET attempt = 5 FROM b WHERE id = job_id;
SELECT s.seq FROM b, run_step_commit(job_id, token, run_id, 'one', 'tool', NULL, NULL, NULL, NULL) s \g /dev/null
SELECT is(job_fail(job_id, token, 'broke'), 'retry', 'a run that went on since is not given up') FROM b;
SELECT is((SELECT attempt FROM job JOIN b ON id = job_id), 1::smallint, 'its attempts start anew');
UPDATE job SET state = 1, worker_id = :w, attempt = 5, token = 77 FROM b WHERE id = job_id;
SELECT is(job_fail(job_id, 77, 'broke'), 'dead', 'one that did not is') FROM b;

-- Unique keys: one live job a key.
SELECT job_enqueue('u', 'k', '{"n": 1}', '{"unique_key": "a"}') AS u1 \gset
SELECT is(job_enqueue('u', 'k', '{"n": 2}', '{"unique_key": "a"}'), :u1::bigint, 'a second one with the key is the first');
SELECT is((SELECT count(*) FROM job WHERE queue = 'u'), 1::bigint, 'there is one');
SELECT job_done(id, token) FROM job_claim(:w, 'u', 1) \g /dev/null
SELECT isnt(job_enqueue('u', 'k', '{}', '{"unique_key": "a"}'), :u1::bigint, 'a finished one holds no key');

-- Due jobs.
SELECT job_enqueue('d', 'k', '{}', jsonb_build_object('run_at', clock_timestamp() + interval '1 hour')) AS d \gset
SELECT is((SELECT count(*) FROM job_claim(:w, 'd', 1)), 0::bigint, 'what is not due is not claimed');
UPDATE job SET run_at = clock_timestamp() - interval '1 s' WHERE id = :d;
SELECT ok((SELECT promoted >= 1 FROM job_promote(100)), 'what is due becomes ready');
SELECT is((SELECT count(*) FROM job_claim(:w, 'd', 1)), 1::bigint, 'and is claimed');

-- Limits.
INSERT INTO job_limit VALUES ('l', '', 3), ('l', 'heavy', 1);
SELECT job_enqueue('l', CASE WHEN n <= 3 THEN 'heavy' ELSE 'light' END, '{}') FROM generate_series(1, 6) n \g /dev/null
CREATE TEMP TABLE l AS SELECT * FROM job_claim(:w, 'l', 10);
SELECT is((SELECT array_agg(kind ORDER BY id) FROM l), ARRAY['heavy', 'light', 'light'], 'a kind and a queue keep their limits');
SELECT is((SELECT count(*) FROM job_claim(:w, 'l', 10)), 0::bigint, 'full is full');
SELECT job_done(id, token) FROM l WHERE kind = 'heavy' \g /dev/null
SELECT is((SELECT array_agg(kind) FROM job_claim(:w, 'l', 10)), ARRAY['heavy'], 'a place that is free is taken');

-- Fairness: a tenant with a thousand jobs does not make another wait for all of them.
SELECT count(job_enqueue('v', 'k', '{}', '{"tenant": "big"}')) FROM generate_series(1, 1000) \g /dev/null
SELECT count(c.id) FROM job_claim(:w, 'v', 10) c \g /dev/null
SELECT job_enqueue('v', 'k', '{}', '{"tenant": "small"}') AS small \gset
SELECT ok((SELECT array_position(array_agg(id ORDER BY vft, id), :small::bigint) <= 3 FROM job WHERE queue = 'v' AND state = 0), 'the other''s job is next or nearly so');
UPDATE job_tenant SET weight = 4 WHERE queue = 'v' AND tenant = 'small';
SELECT count(job_enqueue('v', 'k', '{}', '{"tenant": "small"}')) FROM generate_series(1, 100) \g /dev/null
SELECT ok((SELECT count(*) FILTER (WHERE tenant = 'small') BETWEEN 37 AND 41 FROM (SELECT tenant FROM job WHERE queue = 'v' AND state = 0 ORDER BY vft, id LIMIT 50) x), 'a weight of four takes four places of five');

-- The reaper: a worker without a lock is gone.  (Those with one need a second session: tests/jobs.)
INSERT INTO worker (program, host, pid, slots) VALUES ('test', 'gone', 1, 1) RETURNING id AS gone \gset
CREATE TEMP TABLE g AS SELECT * FROM begun();
UPDATE job SET worker_id = :gone FROM g WHERE id = job_id;
DELETE FROM worker WHERE id NOT IN (:w, :gone);
SELECT is((SELECT reaped FROM job_reap(:w, 100, 60)), 1, 'its job is taken over');
SELECT results_eq('SELECT state, attempt, j.token, reaped FROM job j JOIN g ON id = job_id', 'VALUES (0::smallint, 0::smallint, 2::bigint, 1::smallint)', 'and ready, with no attempt used up');
SELECT throws_ok($$SELECT run_step_commit(job_id, token, run_id, 'x', 'tool', NULL, NULL, NULL, NULL) FROM g$$, 'APP42', NULL, 'what it still writes is refused');
SELECT throws_ok($$SELECT run_finish(job_id, token, run_id, 'succeeded') FROM g$$, 'APP42', NULL, 'and what it still ends');
SELECT is(job_fail(job_id, token, 'x'), 'gone', 'and what it still fails') FROM g;
SELECT is((SELECT count(*) FROM worker WHERE id = :gone), 0::bigint, 'it is struck off');
INSERT INTO worker (program, host, pid, slots) VALUES ('test', 'gone', 1, 1) RETURNING id AS gone \gset
UPDATE job SET state = 1, worker_id = :gone, reaped = 100, token = 9 FROM g WHERE id = job_id;
UPDATE run SET token = 9 FROM g WHERE run.run_id = g.run_id;
SELECT is((SELECT reaped FROM job_reap(:w, 100, 60)), 0, 'a job that lost a hundred workers is not tried again');
SELECT is((SELECT state || ' ' || (error->>'code') FROM run JOIN g USING (run_id)), 'crashed worker_lost', 'its run is crashed');
INSERT INTO worker (program, host, pid, slots) VALUES ('test', 'gone', 1, 1) RETURNING id AS gone \gset
CREATE TEMP TABLE x AS SELECT * FROM begun();
SELECT run_cancel(run_id, 'bob') IS NULL FROM x \g /dev/null
UPDATE job SET worker_id = :gone FROM x WHERE id = job_id;
SELECT is((SELECT reaped FROM job_reap(:w, 100, 60)), 0, 'what was to be cancelled is not tried again');
SELECT is((SELECT state FROM run JOIN x USING (run_id)), 'cancelled', 'it is cancelled');
SELECT is(worker_beat(:w), true, 'the living beat');
SELECT is(worker_beat(:gone), false, 'the dead do not');

-- The indexes are there for these questions.
SET LOCAL enable_seqscan = off;
SET LOCAL enable_bitmapscan = off;
CREATE FUNCTION pg_temp.plan(q text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	l text;
	p text := '';
BEGIN
	FOR l IN EXECUTE 'EXPLAIN (COSTS off) ' || q LOOP
		p := p || l || E'\n';
	END LOOP;
	RETURN p;
END $$;
SELECT unalike(pg_temp.plan($$SELECT id FROM job WHERE queue = 'q' AND state = 0 ORDER BY prio, vft, id LIMIT 5 FOR UPDATE SKIP LOCKED$$), '%Sort%', 'a claim sorts nothing');
SELECT unalike(pg_temp.plan(q), '%Sort%', 'a page of runs sorts nothing: ' || q) FROM unnest(ARRAY[
	'SELECT run_id FROM run ORDER BY run_id DESC LIMIT 50',
	'SELECT run_id FROM run WHERE state = ''running'' AND run_id < ''run_x'' ORDER BY run_id DESC LIMIT 50',
	'SELECT run_id FROM run WHERE template = ''x'' ORDER BY run_id DESC LIMIT 50',
	'SELECT run_id FROM run WHERE compliance = ''x'' ORDER BY run_id DESC LIMIT 50']) q;
SELECT unalike(pg_temp.plan('SELECT seq FROM run_event WHERE run_id = ''x'' AND seq > 5 ORDER BY seq LIMIT 50'), '%->  Sort%', 'nor a page of events');
SELECT * FROM finish();
ROLLBACK;
