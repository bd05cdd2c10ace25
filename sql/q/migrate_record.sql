-- This migration is applied; in its own transaction.
INSERT INTO schema_migration (name, checksum) VALUES (:'name', :'checksum');
