-- A profile once it is there.
SELECT profile, digest AS etag FROM dataset_profile WHERE digest = :'id';
