-- What the API's queries stand on: cursors of pages, filters, and reading what
-- the same statement wrote.

-- A cursor is the last key of a page, made opaque, so that nobody builds one.
CREATE OR REPLACE FUNCTION page_cursor(p_key text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT translate(encode(convert_to('1' || p_key, 'UTF8'), 'base64'), E'+/=\n', '-_')
$$;

CREATE OR REPLACE FUNCTION page_key(p_cursor text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
	k text;
BEGIN
	IF p_cursor IS NULL THEN
		RETURN NULL;
	END IF;
	BEGIN
		k := convert_from(decode(rpad(translate(p_cursor, '-_', '+/'),
			(length(p_cursor) + 3) / 4 * 4, '='), 'base64'), 'UTF8');
	EXCEPTION WHEN OTHERS THEN
		k := NULL;
	END;
	IF k IS NULL OR left(k, 1) <> '1' OR page_cursor(substr(k, 2)) <> p_cursor THEN
		RAISE EXCEPTION 'cursor is not one that a page gave' USING ERRCODE = 'APP40', COLUMN = '/cursor';
	END IF;
	RETURN substr(k, 2);
END $$;

-- The same of a page whose key is a number.
CREATE OR REPLACE FUNCTION page_number(p_cursor text) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
	IF page_key(p_cursor) !~ '^[0-9]{1,18}$' THEN
		RAISE EXCEPTION 'cursor is not one that a page gave' USING ERRCODE = 'APP40', COLUMN = '/cursor';
	END IF;
	RETURN page_key(p_cursor)::bigint;
END $$;

-- A filter over events; what is wrong with it is the caller's to know.
CREATE OR REPLACE FUNCTION filter_path(p_where text) RETURNS jsonpath
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
	RETURN p_where::jsonpath;
EXCEPTION WHEN OTHERS THEN
	RAISE EXCEPTION 'where is no SQL/JSON path: %', SQLERRM USING ERRCODE = 'APP40', COLUMN = '/where';
END $$;

-- A run as it is now: also one that this very statement made.
CREATE OR REPLACE FUNCTION run_now(p_run_id text) RETURNS json
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	RETURN (SELECT run_json(r) FROM run r WHERE r.run_id = p_run_id);
END $$;

CREATE OR REPLACE FUNCTION artifact_json(a artifact) RETURNS json
LANGUAGE sql STABLE PARALLEL SAFE AS $$
	SELECT json_build_object('name', a.name, 'kind', a.kind, 'media_type', a.media_type, 'bytes', a.bytes,
		'sha256', a.sha256, 'created_at', utc_text(a.created_at),
		'href', '/api/v1/pipelines/' || a.run_id || '/artifacts/' || a.name)
$$;

CREATE OR REPLACE FUNCTION dataset_json(d dataset) RETURNS json
LANGUAGE sql STABLE PARALLEL SAFE AS $$
	SELECT json_build_object('name', d.name, 'digest', d.digest, 'format', d.format, 'bytes', d.bytes,
		'rows', d.rows, 'columns', d.columns, 'on_error', d.on_error, 'meta', d.meta,
		'created_by', d.created_by, 'created_at', utc_text(d.created_at))
$$;
