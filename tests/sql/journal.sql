\ir help.psql
SELECT no_plan();
CREATE TEMP TABLE b AS SELECT * FROM begun();
SELECT s.seq FROM b, generate_series(1, 20) n, run_step_commit(job_id, token, run_id, 'step ' || n, 'tool', '{}',
	jsonb_build_array(jsonb_build_object('type', 'message', 'payload', jsonb_build_object('n', n, 'text', E'é "quoted" \\ \n')),
		'{"type": "decision", "phase": null, "agent": "", "payload": {"x": 1.50, "y": 1e3}}'::jsonb), NULL, NULL) s \g /dev/null
SELECT run_finish(job_id, token, run_id, 'succeeded') FROM b \g /dev/null

SELECT is((SELECT array_agg(seq ORDER BY seq) FROM run_event JOIN b USING (run_id)), (SELECT array_agg(n::bigint) FROM generate_series(1, 43) n), 'numbers have no gap');
SELECT is((SELECT count(*) FROM run_event e JOIN b USING (run_id)
	WHERE hash <> journal_hash(prev_hash, e.run_id, seq, at, type, phase, agent, actor, request_id, payload)), 0::bigint, 'each hash is that of its row');
SELECT is((SELECT count(*) FROM (SELECT prev_hash, lag(hash, 1, decode(repeat('00', 32), 'hex')) OVER (ORDER BY seq) AS before
	FROM run_event JOIN b USING (run_id)) x WHERE prev_hash <> before), 0::bigint, 'and covers the one before');
SELECT is((SELECT last_hash FROM run JOIN b USING (run_id)), (SELECT hash FROM run_event JOIN b USING (run_id) ORDER BY seq DESC LIMIT 1), 'the run knows the last');
SELECT isnt(journal_hash('', 'r', 1, now(), 't', NULL, NULL, 'a', NULL, '{}'), journal_hash('', 'r', 1, now(), 't', '', NULL, 'a', NULL, '{}'), 'nothing and an empty text are sealed differently');
SELECT isnt(journal_hash('', 'r', 1, now(), 't', 'a', 'bc', 'a', NULL, '{}'), journal_hash('', 'r', 1, now(), 't', 'ab', 'c', 'a', NULL, '{}'), 'no text slips into the next');
SELECT is(encode(journal_hash(decode(repeat('00', 32), 'hex'), 'run_1', 7, '2026-11-24 08:15:13+00', 'message', NULL, '', E'"\\\n\x01\u00e9', NULL, '{"b": 1.50, "a": []}'), 'hex'),
	encode(sha256(decode(repeat('00', 32), 'hex') || convert_to('["run_1", 7, "2026-11-24T08:15:13.000000Z", "message", null, "", "\"\\\n\u0001é", null, {"a": [], "b": 1.50}]', 'UTF8')), 'hex'),
	'the seal covers the text that the schema describes');
SELECT is((SELECT request_id FROM run_event JOIN b USING (run_id) WHERE seq = 1), 'req-1', 'the request stands in what it caused');
SELECT is((SELECT event_json(e)::jsonb - 'at' FROM run_event e JOIN b USING (run_id) WHERE seq = 4),
	(SELECT jsonb_build_object('run_id', run_id, 'seq', 4, 'type', 'decision', 'phase', NULL, 'agent', '', 'actor', 'platform', 'request_id', 'req-1', 'payload', '{"x": 1.50, "y": 1e3}'::jsonb) FROM b),
	'an event as JSON');

-- What is written stays.
SELECT throws_ok(format('SET LOCAL ROLE %s; %s', r, s), CASE WHEN r IN ('postgres', 'modelwright_owner') THEN 'APP43' ELSE '42501' END, NULL, r || ' cannot: ' || s)
FROM unnest(ARRAY['modelwright_api', 'modelwright_worker', 'modelwright_reader', 'modelwright_owner', 'postgres']) r,
	unnest(ARRAY['UPDATE run_event SET actor = ''x''', 'DELETE FROM run_event', 'TRUNCATE run_event', 'TRUNCATE audit']) s
WHERE NOT (s LIKE '%audit' AND r = 'modelwright_reader');
RESET ROLE;
SET LOCAL search_path = public, tap;
SELECT throws_ok(format('DELETE FROM %I', c.relname), 'APP43', NULL, 'nor in the partition itself')
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'run_event'::regclass
	AND c.relname = 'run_event_' || to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM');
SELECT throws_ok(format('SET LOCAL ROLE %s; INSERT INTO run_event SELECT * FROM run_event', r), '42501', NULL, r || ' cannot write an event')
FROM unnest(ARRAY['modelwright_api', 'modelwright_worker', 'modelwright_reader']) r;
SELECT throws_ok(format('SET LOCAL ROLE %s; SELECT journal_note(''run_x'', ''message'', ''x'', NULL)', r), '42501', NULL, r || ' cannot use the pen')
FROM unnest(ARRAY['modelwright_api', 'modelwright_worker', 'modelwright_reader']) r;
RESET ROLE;
SET LOCAL search_path = public, tap;

-- Partitions.
SELECT is((SELECT count(*) FROM pg_inherits WHERE inhparent = 'run_event'::regclass), 5::bigint, 'last month, this one and three ahead');
SELECT is(partitions_ahead(), 0, 'made once');
SELECT is(partitions_ahead(5), 4, 'and further ahead on demand, for both tables');
SELECT * FROM finish();
ROLLBACK;
