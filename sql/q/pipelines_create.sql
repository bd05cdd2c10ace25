-- Start a run.
WITH made AS MATERIALIZED (
	SELECT run_create(jsonb_build_object('template', :'template'::text, 'dataset', :'dataset'::text,
		'target', :'target'::text, 'name', :'name'::text, 'positive', :'positive'::text,
		'objective', :'objective'::text, 'protected', :'protected'::jsonb,
		'compliance', :'compliance'::text, 'seed', :'seed'::bigint, 'budget', :'budget'::jsonb,
		'params', :'params'::jsonb, 'chat', :'chat'::boolean, 'max_attempts', :'attempts'::integer),
		:'user', :'request_id') AS id),
noted AS (
	INSERT INTO audit (who, what, thing, request_id)
	SELECT :'user', 'createPipeline', id, :'request_id' FROM made)
SELECT run_now(id), '/api/v1/pipelines/' || id AS location, id AS wait_id FROM made;
