\ir help.psql
SELECT no_plan();

-- The whole of what each role may do to each table: r(ead), w(rite: insert), u(pdate), d(elete).
CREATE TEMP TABLE allowed (tab text, api text, worker text);
INSERT INTO allowed VALUES
	('app_user', 'r', ''), ('session', 'rwu', 'r'), ('audit', 'rw', ''), ('idempotency', 'rwud', ''), ('control', 'r', 'r'),
	('dataset', 'rwu', 'r'), ('dataset_profile', 'rw', 'rwu'), ('worker', 'r', 'r'), ('job', 'r', 'r'), ('job_history', 'r', 'r'),
	('job_redriven', 'r', ''), ('job_limit', 'r', 'r'), ('job_tenant', '', ''), ('run', 'r', 'r'), ('run_step', 'r', 'r'),
	('run_event', 'r', 'r'), ('artifact', 'r', 'r'), ('served_model', 'r', 'r'), ('runs', 'r', 'r'), ('run_events', 'r', 'r');
CREATE FUNCTION pg_temp.may(r text, t text) RETURNS text LANGUAGE sql AS $$
	SELECT CASE WHEN has_table_privilege(r, t, 'SELECT') THEN 'r' ELSE '' END || CASE WHEN has_table_privilege(r, t, 'INSERT') THEN 'w' ELSE '' END
		|| CASE WHEN has_table_privilege(r, t, 'UPDATE') THEN 'u' ELSE '' END || CASE WHEN has_table_privilege(r, t, 'DELETE') THEN 'd' ELSE '' END
		|| CASE WHEN has_table_privilege(r, t, 'TRUNCATE') OR has_table_privilege(r, t, 'TRIGGER') OR has_table_privilege(r, t, 'REFERENCES') THEN '!' ELSE '' END
$$;
SELECT is(pg_temp.may('modelwright_api', tab), api, 'what the API may do to ' || tab) FROM allowed;
SELECT is(pg_temp.may('modelwright_worker', tab), worker, 'what a worker may do to ' || tab) FROM allowed;
SELECT is(pg_temp.may('modelwright_reader', tab), CASE WHEN tab IN ('runs', 'run_events') THEN 'r' ELSE '' END, 'what a reader may do to ' || tab) FROM allowed;
SELECT is((SELECT array_agg(c.relname::text ORDER BY c.relname::text COLLATE "C") FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
	AND c.relname NOT IN (SELECT tab FROM allowed) AND c.relname <> 'schema_migration'), NULL, 'no table is left out here');
SELECT is((SELECT count(*) FROM pg_class c, unnest(ARRAY['modelwright_api', 'modelwright_worker', 'modelwright_reader']) r
	WHERE c.relispartition AND c.relkind = 'r' AND pg_temp.may(r, c.oid::regclass::text) <> ''), 0::bigint, 'nobody reaches a partition past its table');

-- Functions.
SELECT is((SELECT array_agg(p.proname::text ORDER BY p.proname::text COLLATE "C") FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
	AND NOT coalesce(p.proconfig::text LIKE '%search_path=public, pg_temp%', false)), NULL, 'what runs as the owner has a fixed search path');
SELECT is((SELECT array_agg(p.proname::text ORDER BY p.proname::text COLLATE "C") FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
	AND has_function_privilege('modelwright_reader', p.oid, 'EXECUTE')), NULL, 'a reader calls nothing that runs as the owner');
SELECT is((SELECT array_agg(p.proname::text ORDER BY p.proname::text COLLATE "C") FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
	AND has_function_privilege('modelwright_api', p.oid, 'EXECUTE')),
	ARRAY['control_changed', 'job_enqueue', 'job_redrive', 'run_cancel', 'run_create', 'run_pause', 'run_resume'], 'what the API calls as the owner');
SELECT is((SELECT array_agg(p.proname::text ORDER BY p.proname::text COLLATE "C") FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
	AND has_function_privilege('modelwright_worker', p.oid, 'EXECUTE')),
	ARRAY['control_changed', 'job_claim', 'job_done', 'job_done_many', 'job_enqueue', 'job_fail', 'job_promote', 'job_reap', 'job_release',
		'partitions_ahead', 'run_begin', 'run_finish', 'run_step_commit', 'worker_beat', 'worker_start', 'worker_stop'], 'what a worker calls as the owner');
SELECT is((SELECT count(*) FROM pg_roles WHERE rolname LIKE 'modelwright\_%' AND (rolsuper OR rolcreatedb OR rolreplication OR rolbypassrls)), 0::bigint, 'no role of ours is more than that');
SELECT is((SELECT count(*) FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole WHERE rolname IN ('modelwright_api', 'modelwright_worker', 'modelwright_reader')
	AND s.setconfig::text LIKE '%statement_timeout%' AND s.setconfig::text LIKE '%idle_in_transaction_session_timeout%'), 3::bigint, 'each has its time limits');
SELECT is(has_schema_privilege('modelwright_api', 'public', 'CREATE'), false, 'the API creates nothing');
SELECT is(has_schema_privilege('modelwright_worker', 'public', 'CREATE'), false, 'nor does a worker');

-- The state machine has one door.
SELECT throws_ok('SET LOCAL ROLE modelwright_api; UPDATE run SET state = ''succeeded''', '42501', NULL, 'the API cannot set a state');
SELECT throws_ok('SET LOCAL ROLE modelwright_worker; UPDATE run SET state = ''succeeded''', '42501', NULL, 'nor can a worker');
SELECT throws_ok('SET LOCAL ROLE modelwright_worker; INSERT INTO artifact (run_id, name, kind, media_type, bytes, sha256) VALUES (''x'', ''x'', ''x'', ''x'', 1, ''x'')', '42501', NULL, 'nor name an artifact outside a step');
SELECT throws_ok('SET LOCAL ROLE modelwright_api; SELECT model_serve(''x'', ''x'', ''x'', NULL, ''x'')', '42501', NULL, 'the API cannot put a model up');
SELECT throws_ok('SET LOCAL ROLE modelwright_worker; SELECT password_hash FROM app_user', '42501', NULL, 'a worker sees no password');
SELECT throws_ok('SET LOCAL ROLE modelwright_reader; SELECT * FROM app_user', '42501', NULL, 'nor does a reader');
SELECT throws_ok('SET LOCAL ROLE modelwright_api; UPDATE app_user SET role = ''admin''', '42501', NULL, 'the API gives no roles');
RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
