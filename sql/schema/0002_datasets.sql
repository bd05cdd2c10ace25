-- Data sets: names for content-addressed files, and what was found in them.
CREATE TABLE dataset (
	name		text COLLATE "C" PRIMARY KEY CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$'),
	digest		text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
	format		text NOT NULL CHECK (format IN ('csv', 'arff', 'jsonl')),
	bytes		bigint NOT NULL CHECK (bytes >= 0),
	rows		bigint CHECK (rows >= 0),
	columns		integer CHECK (columns >= 0),
	on_error	text NOT NULL DEFAULT 'fail' CHECK (on_error IN ('fail', 'skip', 'null')),
	meta		jsonb NOT NULL DEFAULT '{}',
	created_by	text NOT NULL,
	created_at	timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE INDEX dataset_digest ON dataset (digest);

-- json and not jsonb: the profile goes out as it came in.
CREATE TABLE dataset_profile (
	digest		text PRIMARY KEY,
	profile		json NOT NULL,
	created_at	timestamptz NOT NULL DEFAULT clock_timestamp());
