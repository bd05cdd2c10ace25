-- An attempt failed: 'retry', 'dead', 'cancelled' or 'gone'.
SELECT job_fail(:'job'::bigint, :'token'::bigint, :'reason', :'error'::jsonb);
