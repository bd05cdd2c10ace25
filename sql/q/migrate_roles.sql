-- Whether we may make roles, and how many of ours are there.
SELECT rolsuper OR rolcreaterole, (SELECT count(*) FROM pg_roles WHERE rolname IN
	('modelwright_owner', 'modelwright_api', 'modelwright_worker', 'modelwright_reader'))
FROM pg_roles WHERE rolname = current_user;
