-- Gauges that only the database can count: name, help, labels, value.
SELECT * FROM (
	SELECT 'modelwright_jobs' AS name, 'Unfinished jobs by queue, kind and state.' AS help,
		format('{queue="%s",kind="%s",state="%s"}', queue, kind,
			CASE state WHEN 0 THEN 'ready' WHEN 1 THEN 'running' ELSE 'due' END) AS labels,
		count(*)::text AS value
	FROM job GROUP BY queue, kind, state
	UNION ALL
	SELECT 'modelwright_job_age_seconds', 'Age of the oldest job that waits, by queue.',
		format('{queue="%s"}', queue), round(extract(epoch FROM now() - min(run_at)), 3)::text
	FROM job WHERE state = 0 GROUP BY queue
	UNION ALL
	SELECT 'modelwright_runs', 'Runs by state.', format('{state="%s"}', state), count(*)::text
	FROM run GROUP BY state
	UNION ALL
	SELECT 'modelwright_daemons', 'Daemons with a heartbeat in the last minute, by program.',
		format('{program="%s"}', program), count(*)::text
	FROM worker WHERE heartbeat_at > now() - interval '60 seconds' GROUP BY program) m
ORDER BY name, labels;
