-- Whether a session stands, and whether there is such a run.
SELECT
	EXISTS (SELECT FROM session s JOIN app_user u USING (username)
		WHERE s.sid = :'sid' AND s.revoked_at IS NULL AND s.expires_at > now() AND NOT u.disabled),
	EXISTS (SELECT FROM run WHERE run_id = :'run_id');
