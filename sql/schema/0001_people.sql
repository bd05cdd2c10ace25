-- Who may come in, what they did, and the generations that tell caches to look again.
CREATE TABLE app_user (
	username	text PRIMARY KEY CHECK (username ~ '^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$'),
	password_hash	text,		-- yescrypt; NULL: no local login
	role		text NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
	disabled	boolean NOT NULL DEFAULT false,
	failures	integer NOT NULL DEFAULT 0,	-- wrong passwords since the last right one
	locked_until	timestamptz,
	last_login_at	timestamptz,
	created_at	timestamptz NOT NULL DEFAULT now());

CREATE TABLE session (
	sid		text PRIMARY KEY,
	username	text NOT NULL,
	refresh_hash	text UNIQUE,	-- SHA-256 of the opaque token, never the token
	client		text,		-- address and agent, for the list of sessions
	created_at	timestamptz NOT NULL DEFAULT now(),
	used_at		timestamptz NOT NULL DEFAULT now(),
	expires_at	timestamptz NOT NULL,
	revoked_at	timestamptz,
	revoked_why	text);
CREATE INDEX session_username ON session (username);
CREATE INDEX session_revoked ON session (revoked_at) WHERE revoked_at IS NOT NULL;

-- What people changed, beside the journals of the runs.
CREATE TABLE audit (
	id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at		timestamptz NOT NULL DEFAULT clock_timestamp(),
	who		text NOT NULL,
	what		text NOT NULL,	-- an operation id
	thing		text,
	request_id	text,
	detail		jsonb NOT NULL DEFAULT '{}');

-- The first answer to a POST, kept under the caller's Idempotency-Key.
CREATE TABLE idempotency (
	username	text NOT NULL,
	op		text NOT NULL,
	key		text NOT NULL CHECK (length(key) <= 255),
	body_digest	text NOT NULL,
	status		integer,	-- NULL: the first request is still at work
	answer		json,
	at		timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (username, op, key));
CREATE INDEX idempotency_at ON idempotency (at);

-- One row for each thing that processes cache; a change raises its generation.
CREATE TABLE control (
	name		text PRIMARY KEY,
	generation	bigint NOT NULL DEFAULT 1,
	at		timestamptz NOT NULL DEFAULT now());
