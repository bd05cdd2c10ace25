-- Keep a data set's profile, and end the job that made it.
WITH kept AS (
	INSERT INTO dataset_profile (digest, profile)
	VALUES (:'digest'::text, :'profile'::json)
	ON CONFLICT (digest) DO NOTHING)
SELECT job_done(:'job'::bigint, :'token'::bigint, NULL);
