-- A local account that may sign in.
SELECT password_hash, role FROM app_user
WHERE username = :'username' AND NOT disabled;
