-- The journal's only pen, and the lock on what is written.

-- The seal: see sql/schema/0005_journal.sql.  Plain enough to be put in line
-- where it is used, and few nodes on purpose: each is looked up anew in each
-- transaction.
CREATE OR REPLACE FUNCTION journal_hash(p_prev bytea, p_run_id text, p_seq bigint, p_at timestamptz, p_type text,
	p_phase text, p_agent text, p_actor text, p_request_id text, p_payload jsonb) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE AS $$
	SELECT sha256(p_prev || convert_to(jsonb_build_array(p_run_id, p_seq,
		to_char(p_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), p_type, p_phase, p_agent, p_actor,
		p_request_id, p_payload)::text, 'UTF8'))
$$;

-- Write one event with the sequence number and the previous hash that the
-- caller took from the run's row, which he holds locked; returns its hash.
CREATE OR REPLACE FUNCTION journal_append(p_run_id text, p_seq bigint, p_prev bytea, p_type text, p_phase text,
	p_agent text, p_actor text, p_request_id text, p_payload jsonb) RETURNS bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	t timestamptz := clock_timestamp();
	h bytea := journal_hash(p_prev, p_run_id, p_seq, t, p_type, p_phase, p_agent, p_actor, p_request_id, p_payload);
BEGIN
	INSERT INTO run_event (run_id, seq, at, type, phase, agent, actor, request_id, payload, prev_hash, hash)
	VALUES (p_run_id, p_seq, t, p_type, p_phase, p_agent, p_actor, p_request_id, p_payload, p_prev, h);
	RETURN h;
END $$;

-- One event of a run outside its steps; takes the run's row lock.
CREATE OR REPLACE FUNCTION journal_note(p_run_id text, p_type text, p_actor text, p_request_id text,
	p_payload jsonb DEFAULT '{}') RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	r run;
BEGIN
	SELECT * INTO STRICT r FROM run WHERE run_id = p_run_id FOR UPDATE;
	UPDATE run SET next_seq = r.next_seq + 1, last_hash = journal_append(p_run_id, r.next_seq, r.last_hash, p_type,
		r.phase, r.active_agent, p_actor, p_request_id, p_payload)
	WHERE run_id = p_run_id;
	RETURN r.next_seq;
END $$;

-- An event as the API lists it and the stream sends it.
CREATE OR REPLACE FUNCTION event_json(e run_event) RETURNS json
LANGUAGE sql STABLE PARALLEL SAFE AS $$
	SELECT json_build_object('run_id', e.run_id, 'seq', e.seq, 'at', utc_text(e.at), 'type', e.type,
		'phase', e.phase, 'agent', e.agent, 'actor', e.actor, 'request_id', e.request_id, 'payload', e.payload)
$$;

-- What is written stays: not even the owner changes it while this trigger
-- stands.  Retention drops whole partitions.
CREATE OR REPLACE FUNCTION journal_sealed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'APP43';
END $$;
CREATE OR REPLACE TRIGGER journal_sealed BEFORE UPDATE OR DELETE ON run_event
	FOR EACH ROW EXECUTE FUNCTION journal_sealed();
CREATE OR REPLACE TRIGGER journal_not_emptied BEFORE TRUNCATE ON run_event
	FOR EACH STATEMENT EXECUTE FUNCTION journal_sealed();
CREATE OR REPLACE TRIGGER audit_sealed BEFORE UPDATE OR DELETE ON audit
	FOR EACH ROW EXECUTE FUNCTION journal_sealed();
CREATE OR REPLACE TRIGGER audit_not_emptied BEFORE TRUNCATE ON audit
	FOR EACH STATEMENT EXECUTE FUNCTION journal_sealed();

REVOKE ALL ON FUNCTION journal_append(text, bigint, bytea, text, text, text, text, text, jsonb),
	journal_note(text, text, text, text, jsonb) FROM PUBLIC;
