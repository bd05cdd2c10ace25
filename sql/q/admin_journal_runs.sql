-- The runs after one (or only one), with the place where their journals end.
SELECT run_id, next_seq - 1, encode(last_hash, 'hex')
FROM run
WHERE run_id > :'after' AND (:'only'::text IS NULL OR run_id = :'only')
ORDER BY run_id
LIMIT 500;
