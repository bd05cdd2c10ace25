-- How the data set of a run is to be read.
SELECT format, on_error FROM dataset
WHERE digest = :'digest'::text
ORDER BY name = :'name'::text DESC, created_at LIMIT 1;
