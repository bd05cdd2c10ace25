\ir help.psql
SELECT no_plan();
CREATE TEMP TABLE b AS SELECT * FROM begun();

SELECT results_eq($$SELECT s.* FROM b, run_step_commit(job_id, token, run_id, 'one', 'tool', '{"x": 1.50}',
		'[{"type": "phase_started", "phase": "intake", "payload": {"a": 1}}, {"type": "decision", "agent": "trainer", "actor": "agent:trainer"}]',
		'[{"name": "plots/roc.svg", "kind": "plot", "media_type": "image/svg+xml", "bytes": 3, "sha256": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}]',
		'{"phase": "intake", "active_agent": "data-steward", "progress": {"done": 1, "total": 9}, "cost_add": {"wall_s": 1.5, "tokens": 7}}') s$$,
	$$VALUES (4::bigint, false, false, true)$$, 'a step is committed');
SELECT results_eq($$SELECT s.* FROM b, run_step_commit(job_id, token, run_id, 'one', 'tool', '{"x": 2}',
		'[{"type": "decision"}]', '[]', '{"phase": "other"}') s$$,
	$$VALUES (4::bigint, false, false, false)$$, 'a step that is there is not fresh');
SELECT results_eq('SELECT phase, active_agent, progress, steps, next_seq, cost FROM run JOIN b USING (run_id)',
	$$VALUES ('intake', 'data-steward', '{"done": 1, "total": 9}'::jsonb, 1::bigint, 5::bigint, '{"wall_s": 1.5, "cpu_s": 0, "tokens": 7, "usd": 0}'::jsonb)$$,
	'and writes nothing');
SELECT results_eq('SELECT e.seq, e.type::text, e.phase, e.agent, e.actor FROM run_event e JOIN b USING (run_id) WHERE seq > 2 ORDER BY seq',
	$$VALUES (3::bigint, 'phase_started', 'intake', 'data-steward', 'platform'), (4, 'decision', 'intake', 'trainer', 'agent:trainer')$$,
	'its events stand in the journal, with what they leave out filled in');
SELECT results_eq($$SELECT s.seq, s.fresh FROM b, run_step_commit(job_id, token, run_id, '', '', NULL, '[{"type": "message"}]', NULL, '{"active_agent": null, "best": {"metric": "roc_auc", "value": 0.8}, "cost_add": {"wall_s": 1}}') s$$,
	$$VALUES (5::bigint, true)$$, 'an empty key writes events and patch');
SELECT results_eq($$SELECT s.seq, s.fresh FROM b, run_step_commit(job_id, token, run_id, 'two', 'tool', NULL, NULL, NULL, NULL) s$$,
	$$VALUES (5::bigint, true)$$, 'a step needs neither events nor patch');
SELECT results_eq('SELECT active_agent, best, steps, (cost->>''wall_s'')::numeric FROM run JOIN b USING (run_id)',
	$$VALUES (NULL::text, '{"metric": "roc_auc", "value": 0.8}'::jsonb, 2::bigint, 2.5)$$, 'a null in the patch takes away');
SELECT results_eq('SELECT step_key COLLATE "default", s.kind, s.output FROM b, run_steps(run_id) s', $$VALUES ('one', 'tool', '{"x": 1.50}'::jsonb), ('two', 'tool', NULL)$$, 'the steps come back in order');
SELECT results_eq('SELECT name COLLATE "default", kind, bytes FROM artifact JOIN b USING (run_id)', $$VALUES ('plots/roc.svg', 'plot', 3::bigint)$$, 'artifacts are named');
SELECT results_eq($$SELECT s.fresh FROM b, run_step_commit(job_id, token, run_id, 'three', 'tool', '{}', '[]',
		'[{"name": "plots/roc.svg", "kind": "plot", "media_type": "image/svg+xml", "bytes": 4, "sha256": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"}]', '{}') s$$,
	'VALUES (true)', 'a later step may write an artifact again');
SELECT results_eq('SELECT bytes FROM artifact JOIN b USING (run_id)', 'VALUES (4::bigint)', 'the last one counts');

-- A step is all or nothing.
SELECT throws_ok($$SELECT run_step_commit(job_id, token, run_id, 'four', 'tool', '{}', '[{"type": "decision"}, {"type": "gossip"}]', NULL, NULL) FROM b$$,
	'23514', NULL, 'an event of no known type is refused');
SELECT throws_ok($$SELECT run_step_commit(job_id, token, run_id, 'four', 'tool', '{}', '[{"type": "decision", "payload": [1]}]', NULL, NULL) FROM b$$,
	'23514', NULL, 'so is a payload that is no object');
SELECT throws_ok($$SELECT run_step_commit(job_id, token, run_id, 'four', 'tool', '{}', '[]', '[{"name": "../x", "kind": "x", "media_type": "x", "bytes": 1, "sha256": "aa"}]', NULL) FROM b$$,
	'23514', NULL, 'and an artifact that leaves its place');
SELECT is((SELECT count(*) FROM run_step JOIN b USING (run_id) WHERE step_key = 'four'), 0::bigint, 'none of these left a step');
SELECT is((SELECT max(seq) FROM run_event JOIN b USING (run_id)), 5::bigint, 'nor an event');

-- The fence.
SELECT throws_ok($$SELECT run_step_commit(job_id, token + 1, run_id, 'x', 'tool', NULL, NULL, NULL, NULL) FROM b$$, 'APP42', NULL, 'another token writes nothing');
SELECT throws_ok($$SELECT run_step_commit(job_id + 1, token, run_id, 'x', 'tool', NULL, NULL, NULL, NULL) FROM b$$, 'APP42', NULL, 'nor another job');
SELECT throws_ok($$SELECT run_step_commit(job_id, NULL, run_id, 'x', 'tool', NULL, NULL, NULL, NULL) FROM b$$, 'APP42', NULL, 'nor no token');
SELECT lives_ok('SELECT job_release(job_id, token) FROM b', 'the claim is given back');
SELECT throws_ok($$SELECT run_step_commit(job_id, token, run_id, 'x', 'tool', NULL, NULL, NULL, NULL) FROM b$$, 'APP42', NULL, 'what was given back writes nothing');
SELECT throws_ok('SELECT run_begin(job_id, token) FROM b', 'APP42', NULL, 'nor begins');

-- What was asked is seen at the next step.
CREATE TEMP TABLE c AS SELECT * FROM begun();
SELECT run_pause(run_id, 'bob') IS NULL FROM c \g /dev/null
SELECT results_eq($$SELECT s.cancel, s.pause FROM c, run_step_commit(job_id, token, run_id, 'x', 'tool', NULL, NULL, NULL, NULL) s$$, 'VALUES (false, true)', 'a step sees the pause');
SELECT run_cancel(run_id, 'bob') IS NULL FROM c \g /dev/null
SELECT results_eq($$SELECT s.cancel, s.seq FROM c, run_step_commit(job_id, token, run_id, 'y', 'tool', NULL, NULL, NULL, NULL) s$$, 'VALUES (true, 4::bigint)', 'and the cancel');
SELECT results_eq($$SELECT s.cancel, s.fresh FROM c, run_step_commit(job_id, token, run_id, 'y', 'tool', NULL, NULL, NULL, NULL) s$$, 'VALUES (true, false)', 'a repeated step sees it too');
SELECT * FROM finish();
ROLLBACK;
