-- One page of runs, the newest first.
SELECT json_build_object(
	'items', coalesce(json_agg(run_json(p.r) ORDER BY (p.r).run_id DESC) FILTER (WHERE n <= :'limit'::bigint), '[]'),
	'next_cursor', CASE WHEN count(*) > :'limit'::bigint
		THEN page_cursor(min((p.r).run_id) FILTER (WHERE n <= :'limit'::bigint)) END)
FROM (SELECT r, row_number() OVER (ORDER BY r.run_id DESC) AS n
	FROM run r
	WHERE (:'state'::text IS NULL OR r.state = :'state')
	AND   (:'template'::text IS NULL OR r.template = :'template')
	AND   (:'compliance'::text IS NULL OR r.compliance = :'compliance')
	AND   (:'dataset'::text IS NULL OR r.dataset_name = :'dataset')
	AND   (:'cursor'::text IS NULL OR r.run_id < page_key(:'cursor'))
	ORDER BY r.run_id DESC LIMIT :'limit'::bigint + 1) p;
