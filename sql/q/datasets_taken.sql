-- Whether a name is taken.
SELECT digest FROM dataset WHERE name = :'name';
