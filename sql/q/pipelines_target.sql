-- What is known of a data set's columns before a run starts: their names, and
-- all about the one to be learned.
SELECT CASE WHEN p.digest IS NOT NULL THEN
		(SELECT json_agg(c->>'name') FROM json_array_elements(p.profile->'columns') c) END,
	(SELECT c FROM json_array_elements(p.profile->'columns') c WHERE c->>'name' = :'target' LIMIT 1)
FROM dataset d LEFT JOIN dataset_profile p ON p.digest = d.digest
WHERE d.name = :'dataset';
