-- What each agent did in the last hundred runs, as an object by its name.
WITH recent AS MATERIALIZED (
	SELECT run_id FROM run ORDER BY run_id DESC LIMIT 100),
did AS MATERIALIZED (
	SELECT e.agent, e.type, e.run_id, e.at, e.payload->>'tool' AS tool
	FROM recent JOIN run_event e USING (run_id)
	WHERE e.type IN ('agent_started', 'tool_called') AND e.agent IS NOT NULL),
calls AS (
	SELECT agent, json_object_agg(tool, n ORDER BY tool) AS tools
	FROM (SELECT agent, tool, count(*) AS n FROM did
		WHERE type = 'tool_called' AND tool IS NOT NULL GROUP BY agent, tool) t
	GROUP BY agent),
starts AS (
	SELECT agent, count(*) FILTER (WHERE type = 'agent_started') AS n, count(DISTINCT run_id) AS runs,
		max(at) AS last_at, max(run_id) AS last_run_id
	FROM did GROUP BY agent)
SELECT coalesce(json_object_agg(s.agent, json_build_object('count', s.n, 'runs', s.runs,
	'last_at', utc_text(s.last_at), 'last_run_id', s.last_run_id, 'tools', coalesce(c.tools, '{}'))), '{}')
FROM starts s LEFT JOIN calls c USING (agent);
