-- Journal one finished step, and what it learned about being stopped.
SELECT cancel, pause
FROM run_step_commit(:'job'::bigint, :'token'::bigint, :'run'::text,
	:'key'::text, :'kind'::text, :'output'::jsonb, :'events'::jsonb,
	:'artifacts'::jsonb, :'patch'::jsonb);
