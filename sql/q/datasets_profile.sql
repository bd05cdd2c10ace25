-- The profile of a data set; if nobody made it yet, a job that does.
SELECT CASE WHEN p.digest IS NOT NULL THEN p.profile
	ELSE json_build_object('name', d.name, 'digest', d.digest, 'status', 'profiling',
		'job_id', job_enqueue('pipelines', 'profile',
			jsonb_build_object('digest', d.digest, 'format', d.format, 'on_error', d.on_error),
			jsonb_build_object('unique_key', 'profile:' || d.digest, 'prio', -1))::text) END,
	CASE WHEN p.digest IS NULL THEN 202 END AS status,
	CASE WHEN p.digest IS NOT NULL THEN d.digest END AS etag,
	d.digest AS wait_id,
	CASE WHEN p.digest IS NULL THEN pg_notify('jobs', 'pipelines') IS NULL END AS told
FROM dataset d LEFT JOIN dataset_profile p USING (digest)
WHERE d.name = :'name';
