-- Who works on the database, what waits, and what is there: one line each.
SELECT 'worker', format('%s on %s, pid %s, %s slots, last heard of %s s ago', program, host, pid, slots,
	round(extract(epoch FROM clock_timestamp() - heartbeat_at)))
FROM worker
UNION ALL
SELECT 'queue', format('%s: %s ready, %s running, %s due later', queue,
	count(*) FILTER (WHERE state = 0), count(*) FILTER (WHERE state = 1), count(*) FILTER (WHERE state = 2))
FROM job GROUP BY queue
UNION ALL
SELECT 'runs', format('%s %s', count(*), state) FROM run GROUP BY state
UNION ALL
SELECT 'model', format('%s version %s from %s', model, version, run_id) FROM served_model
UNION ALL
SELECT 'users', format('%s %s%s', count(*), role, CASE WHEN disabled THEN ', disabled' ELSE '' END)
FROM app_user GROUP BY role, disabled;
