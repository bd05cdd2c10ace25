-- A job that belongs to no run is finished.
SELECT job_done(:'job'::bigint, :'token'::bigint, :'result'::jsonb);
