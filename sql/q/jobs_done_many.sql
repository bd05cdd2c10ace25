-- Many tiny jobs are finished at once; how many still were ours.
SELECT job_done_many(:'jobs'::bigint[], :'tokens'::bigint[]);
