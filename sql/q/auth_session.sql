-- Whether a session stands and is this user's, and the role that its user has now.
SELECT u.role
FROM session s JOIN app_user u USING (username)
WHERE s.sid = :'sid' AND s.username = :'sub' AND s.revoked_at IS NULL AND s.expires_at > now() AND NOT u.disabled;
