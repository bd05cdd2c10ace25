-- The next thousand events of a run, with all that their seals cover, as
-- columns and as one line of an export.
SELECT e.run_id, e.seq, utc_text(e.at), e.type, e.phase, e.agent, e.actor, e.request_id, e.payload::text,
	encode(e.prev_hash, 'hex'), encode(e.hash, 'hex'),
	json_build_object('run_id', e.run_id, 'seq', e.seq, 'at', utc_text(e.at), 'type', e.type, 'phase', e.phase,
		'agent', e.agent, 'actor', e.actor, 'request_id', e.request_id, 'payload', e.payload,
		'prev_hash', encode(e.prev_hash, 'hex'), 'hash', encode(e.hash, 'hex'))
FROM run_event e
WHERE e.run_id = :'run_id' AND e.seq > :'after'::bigint
ORDER BY e.seq
LIMIT 1000;
