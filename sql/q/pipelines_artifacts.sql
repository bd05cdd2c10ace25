-- One page of what a run made, by name.
SELECT (SELECT json_build_object(
		'items', coalesce(json_agg(artifact_json(p.a) ORDER BY (p.a).name) FILTER (WHERE n <= :'limit'::bigint), '[]'),
		'next_cursor', CASE WHEN count(*) > :'limit'::bigint
			THEN page_cursor(max((p.a).name) FILTER (WHERE n <= :'limit'::bigint)) END)
	FROM (SELECT a, row_number() OVER (ORDER BY a.name) AS n
		FROM artifact a
		WHERE a.run_id = r.run_id
		AND (:'kind'::text IS NULL OR a.kind = :'kind')
		AND (:'cursor'::text IS NULL OR a.name > page_key(:'cursor'))
		ORDER BY a.name LIMIT :'limit'::bigint + 1) p)
FROM run r WHERE r.run_id = :'run_id';
