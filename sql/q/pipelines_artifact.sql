-- Where one artifact is.
SELECT media_type, sha256 FROM artifact WHERE run_id = :'run_id' AND name = :'name';
