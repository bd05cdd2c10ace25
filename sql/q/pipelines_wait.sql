-- A run once nothing moves in it any more.
SELECT run_json(r) FROM run r
WHERE run_id = :'id' AND state IN ('succeeded', 'failed', 'cancelled', 'crashed', 'paused', 'waiting_approval');
