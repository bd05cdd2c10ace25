-- What the database knows of the health of the rest.
SELECT json_build_object(
	'queue', (SELECT json_build_object('ok', coalesce(max(extract(epoch FROM now() - run_at)) < 300, true),
			'needed', false, 'ready', count(*),
			'oldest_s', round(coalesce(max(extract(epoch FROM now() - run_at)), 0)::numeric, 3))
		FROM job WHERE state = 0),
	'workers', (SELECT json_build_object('ok', count(*) > 0, 'needed', false, 'alive', count(*))
		FROM worker WHERE heartbeat_at > now() - interval '60 seconds'));
