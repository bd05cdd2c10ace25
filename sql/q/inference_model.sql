-- Which file a served model is.
SELECT version, digest FROM served_model WHERE model = :'model';
