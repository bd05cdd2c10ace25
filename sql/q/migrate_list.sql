-- The migrations that this database has had.  Spells the time out itself: the
-- rules come after the migrations.
SELECT name, checksum, to_char(applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
FROM schema_migration ORDER BY name;
