-- Wake whoever follows a run.
SELECT pg_notify('run_events', :'run_id');
