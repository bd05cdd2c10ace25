-- An attempt failed: 'retry', 'dead' or 'cancelled'.
SELECT job_fail(:'job'::bigint, :'token'::bigint, :'reason', :'error'::jsonb);
