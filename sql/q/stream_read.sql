-- The journal after each of these places, 64 events a place at most, with the
-- run's last event and, if it has ended, how.
SELECT p.n,
	CASE WHEN r.state IN ('succeeded', 'failed', 'cancelled', 'crashed') THEN r.state ELSE '' END AS ended,
	r.next_seq - 1 AS last, e.seq, e.event
FROM unnest(:'runs'::text[], :'afters'::bigint[]) WITH ORDINALITY AS p (run_id, after, n)
JOIN run r USING (run_id)
LEFT JOIN LATERAL (
	SELECT v.seq, event_json(v)::text AS event
	FROM run_event v
	WHERE v.run_id = p.run_id AND v.seq > p.after
	ORDER BY v.seq
	LIMIT 64) e ON true
ORDER BY p.n, e.seq;
