-- Every local user: name, role, whether disabled.
SELECT username, role, disabled FROM app_user ORDER BY username;
