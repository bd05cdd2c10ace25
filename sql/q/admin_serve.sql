-- Put a finished run's scorer up as a model: its new version.
SELECT model_serve(:'run_id', :'model', :'digest', :'manifest'::jsonb, :'actor');
