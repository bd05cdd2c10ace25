-- What a claimed job is about.
SELECT payload::text FROM job
WHERE id = :'job'::bigint AND token = :'token'::bigint AND state = 1;
