-- End a session on every host.
WITH gone AS (
	UPDATE session SET revoked_at = now(), revoked_why = 'logout'
	WHERE sid = :'sid' AND revoked_at IS NULL RETURNING sid),
noted AS (
	INSERT INTO audit (who, what, thing, request_id)
	SELECT :'user', 'logout', sid, :'request_id' FROM gone)
SELECT control_changed('sessions') FROM gone;
