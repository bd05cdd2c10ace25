-- What dead workers left is ready again: how many jobs, and how many other workers live.
SELECT reaped, others FROM job_reap(:'worker'::integer, 1000, :'hung_s'::float8);
