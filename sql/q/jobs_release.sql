-- A claim goes back unharmed; false when it was lost already.
SELECT job_release(:'job'::bigint, :'token'::bigint, :'delay_s'::float8);
