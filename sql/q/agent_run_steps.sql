-- What a run has finished, in the order in which it did.
SELECT step_key, output::text FROM run_steps(:'run'::text);
