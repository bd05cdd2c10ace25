-- End a run, and the job that ran it.
SELECT run_finish(:'job'::bigint, :'token'::bigint, :'run'::text,
	:'state'::text, :'error'::jsonb);
