-- Ask a run to stop.
WITH done AS MATERIALIZED (
	SELECT run_json(run_cancel(:'run_id', :'user', :'request_id')) AS j),
noted AS (
	INSERT INTO audit (who, what, thing, request_id)
	SELECT :'user', 'cancelPipeline', :'run_id', :'request_id' FROM done)
SELECT j, j->>'run_id' AS wait_id FROM done;
