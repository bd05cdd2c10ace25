-- A run as its job saw it, and the digest of the model that it made.
SELECT row_to_json(r), a.sha256
FROM run r JOIN artifact a ON a.run_id = r.run_id AND a.name = 'model/MANIFEST'
WHERE r.run_id = :'run_id'::text;
