-- The database roles, each with what it needs and no more.  Run by a superuser
-- (or one who may create roles), any number of times, before the database is
-- made with OWNER modelwright_owner.
DO $$
DECLARE
	r text;
BEGIN
	FOREACH r IN ARRAY ARRAY['modelwright_owner', 'modelwright_api',
		'modelwright_worker', 'modelwright_reader'] LOOP
		BEGIN
			EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB'
				' NOCREATEROLE', r);
		EXCEPTION WHEN duplicate_object OR unique_violation THEN
			NULL;
		END;
		-- Times leave the database in UTC, whoever asks.
		EXECUTE format('ALTER ROLE %I SET timezone = ''UTC''', r);
		EXECUTE format('ALTER ROLE %I SET search_path = public', r);
		EXECUTE format('ALTER ROLE %I SET'
			' idle_in_transaction_session_timeout = ''15s''', r);
	END LOOP;
END $$;

-- A request waits on no statement longer than nginx waits on a request; a
-- daemon's statements are short too, its long work is outside the database.
ALTER ROLE modelwright_api    SET statement_timeout = '10s';
ALTER ROLE modelwright_api    SET lock_timeout = '5s';
ALTER ROLE modelwright_worker SET statement_timeout = '30s';
ALTER ROLE modelwright_worker SET lock_timeout = '15s';
ALTER ROLE modelwright_reader SET statement_timeout = '60s';
ALTER ROLE modelwright_reader SET default_transaction_read_only = on;
