-- Who may touch which table directly; whatever has rules is only read.
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, modelwright_api, modelwright_worker, modelwright_reader;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO modelwright_api, modelwright_worker, modelwright_reader;

GRANT SELECT ON app_user, session, audit, idempotency, control, dataset, dataset_profile, worker, job, job_history,
	job_redriven, job_limit, run, run_step, run_event, artifact, served_model TO modelwright_api;
GRANT UPDATE (password_hash, failures, locked_until, last_login_at) ON app_user TO modelwright_api;
GRANT INSERT, UPDATE ON session TO modelwright_api;
GRANT INSERT ON audit TO modelwright_api;
GRANT INSERT, UPDATE, DELETE ON idempotency TO modelwright_api;
GRANT INSERT, UPDATE ON dataset TO modelwright_api;
GRANT INSERT ON dataset_profile TO modelwright_api;

GRANT SELECT ON session, control, dataset, dataset_profile, worker, job, job_history, job_limit, run, run_step,
	run_event, artifact, served_model TO modelwright_worker;
GRANT SELECT (username, role, disabled) ON app_user TO modelwright_worker;
GRANT UPDATE (rows, columns, meta) ON dataset TO modelwright_worker;
GRANT INSERT, UPDATE ON dataset_profile TO modelwright_worker;
