-- Name a data set, and keep its profile; no row if another has the name.
WITH made AS (
	INSERT INTO dataset AS d (name, digest, format, bytes, rows, columns, on_error, created_by)
	VALUES (:'name', :'digest', :'format', :'bytes'::bigint, :'rows'::bigint, :'columns'::integer, :'on_error', :'user')
	ON CONFLICT (name) DO UPDATE SET name = d.name WHERE d.digest = excluded.digest
		AND d.format = excluded.format AND d.on_error = excluded.on_error
	RETURNING d, xmax = 0 AS fresh),
kept AS (
	INSERT INTO dataset_profile (digest, profile)
	SELECT :'digest', :'profile'::json FROM made
	ON CONFLICT DO NOTHING),
noted AS (
	INSERT INTO audit (who, what, thing, request_id, detail)
	SELECT :'user', 'createDataset', :'name', :'request_id', jsonb_build_object('digest', :'digest'::text)
	FROM made WHERE fresh)
SELECT dataset_json(d), CASE WHEN fresh THEN 201 ELSE 200 END AS status,
	'/api/v1/datasets/' || :'name' || '/profile' AS location
FROM made;
