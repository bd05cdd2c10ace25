-- What the other rules stand on: times as text, identifiers, control changes.

-- RFC 3339 in UTC with microseconds, whatever the session's zone.
CREATE OR REPLACE FUNCTION utc_text(t timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
	SELECT to_char(t AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

-- A UUIDv7 (RFC 9562, 5.7) under a prefix: sorts by the millisecond.
CREATE OR REPLACE FUNCTION new_id(prefix text) RETURNS text
LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
	SELECT prefix || '_' || encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
		PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
		FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
$$;

-- Something that processes cache has changed: say so to all of them.
CREATE OR REPLACE FUNCTION control_changed(p_name text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	g bigint;
BEGIN
	INSERT INTO control AS c (name) VALUES (p_name)
	ON CONFLICT (name) DO UPDATE SET generation = c.generation + 1, at = clock_timestamp()
	RETURNING generation INTO g;
	PERFORM pg_notify('control', p_name);
	RETURN g;
END $$;

-- Partitions of the months around now, made ahead: a month missing at its
-- first second would stop every run.  Cheap when there is nothing to do.
CREATE OR REPLACE FUNCTION partitions_ahead(p_months integer DEFAULT 3) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	parent text;
	part text;
	month timestamp;
	made integer := 0;
BEGIN
	FOREACH parent IN ARRAY ARRAY['run_event', 'job_history'] LOOP
		FOR m IN -1 .. p_months LOOP
			month := date_trunc('month', now() AT TIME ZONE 'UTC') + m * interval '1 month';
			part := parent || to_char(month, '"_"YYYY"_"MM');
			CONTINUE WHEN to_regclass(part) IS NOT NULL;
			PERFORM pg_advisory_xact_lock(7000, 2);
			CONTINUE WHEN to_regclass(part) IS NOT NULL;
			-- Attached, not created in place: writers go on meanwhile.
			EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', part, parent);
			EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, part,
				month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
			made := made + 1;
		END LOOP;
	END LOOP;
	RETURN made;
END $$;

SELECT partitions_ahead();

REVOKE ALL ON FUNCTION control_changed(text), partitions_ahead(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION control_changed(text) TO modelwright_api, modelwright_worker;
GRANT EXECUTE ON FUNCTION partitions_ahead(integer) TO modelwright_worker;
