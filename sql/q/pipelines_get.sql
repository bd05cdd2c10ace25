-- One run.
SELECT run_json(r) FROM run r WHERE run_id = :'run_id';
