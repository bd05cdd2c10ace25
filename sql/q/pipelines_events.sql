-- One page of a run's journal, the oldest first.
SELECT (SELECT json_build_object(
		'items', coalesce(json_agg(event_json(p.e) ORDER BY (p.e).seq) FILTER (WHERE n <= :'limit'::bigint), '[]'),
		'next_cursor', CASE WHEN count(*) > :'limit'::bigint
			THEN page_cursor((max((p.e).seq) FILTER (WHERE n <= :'limit'::bigint))::text) END)
	FROM (SELECT e, row_number() OVER (ORDER BY e.seq) AS n
		FROM run_event e
		WHERE e.run_id = r.run_id
		AND e.seq > greatest(:'after'::bigint, page_number(:'cursor'), 0)
		AND (:'type'::json IS NULL OR e.type = ANY (ARRAY(SELECT json_array_elements_text(:'type'::json))))
		AND (:'agent'::text IS NULL OR e.agent = :'agent')
		AND (:'phase'::text IS NULL OR e.phase = :'phase')
		AND (:'actor'::text IS NULL OR e.actor = :'actor')
		AND (:'since'::timestamptz IS NULL OR e.at >= :'since'::timestamptz)
		AND (:'until'::timestamptz IS NULL OR e.at < :'until'::timestamptz)
		AND (:'where'::text IS NULL
			OR jsonb_path_exists(event_json(e)::jsonb, filter_path(:'where'), '{}', true))
		ORDER BY e.seq LIMIT :'limit'::bigint + 1) p)
FROM run r WHERE r.run_id = :'run_id';
