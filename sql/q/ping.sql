-- Is the database there, and what time does it have?
SELECT json_build_object('now', now());
