-- Add a local user; no row back when the name is taken.
WITH added AS (
	INSERT INTO app_user (username, password_hash, role)
	VALUES (:'name', :'hash', :'role')
	ON CONFLICT (username) DO NOTHING
	RETURNING username),
noted AS (
	INSERT INTO audit (who, what, thing)
	SELECT :'actor', 'addUser', username FROM added)
SELECT username FROM added;
