-- Open a session, and write down who came from where.
WITH seen AS (
	UPDATE app_user SET last_login_at = now(), failures = 0
	WHERE username = :'user' RETURNING username),
noted AS (
	INSERT INTO audit (who, what, thing, request_id, detail)
	SELECT username, 'login', :'sid'::text, :'request_id', jsonb_build_object('addr', :'addr'::text) FROM seen)
INSERT INTO session (sid, username, client, expires_at)
SELECT :'sid', username, :'addr', now() + make_interval(secs => :'seconds'::double precision) FROM seen
RETURNING sid;
