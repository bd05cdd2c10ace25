-- Change what is given of a local user; no row back when there is none.
WITH changed AS (
	UPDATE app_user SET
		password_hash = coalesce(:'hash', password_hash),
		role = coalesce(:'role', role),
		disabled = coalesce(:'disabled'::boolean, disabled)
	WHERE username = :'name'
	RETURNING username),
noted AS (
	INSERT INTO audit (who, what, thing)
	SELECT :'actor', 'setUser', username FROM changed)
SELECT username FROM changed;
