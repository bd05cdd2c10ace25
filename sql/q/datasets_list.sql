-- One page of data sets, by name.
SELECT json_build_object(
	'items', coalesce(json_agg(dataset_json(p.d) ORDER BY (p.d).name) FILTER (WHERE n <= :'limit'::bigint), '[]'),
	'next_cursor', CASE WHEN count(*) > :'limit'::bigint
		THEN page_cursor(max((p.d).name) FILTER (WHERE n <= :'limit'::bigint)) END)
FROM (SELECT d, row_number() OVER (ORDER BY d.name) AS n
	FROM dataset d
	WHERE (:'cursor'::text IS NULL OR d.name > page_key(:'cursor'))
	AND   (:'format'::text IS NULL OR d.format = :'format')
	ORDER BY d.name LIMIT :'limit'::bigint + 1) p;
