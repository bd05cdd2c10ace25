-- Ask a run to rest.
WITH done AS MATERIALIZED (
	SELECT run_json(run_pause(:'run_id', :'user', :'request_id')) AS j),
noted AS (
	INSERT INTO audit (who, what, thing, request_id)
	SELECT :'user', 'pausePipeline', :'run_id', :'request_id' FROM done)
SELECT j, j->>'run_id' AS wait_id FROM done;
