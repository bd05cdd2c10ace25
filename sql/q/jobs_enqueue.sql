-- Queue a job; its id, or that of the live one with the same unique key.
SELECT job_enqueue(:'queue', :'kind', :'payload'::jsonb, :'options'::jsonb);
