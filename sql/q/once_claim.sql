-- Take an idempotency key for this request; no row if it was taken before.
INSERT INTO idempotency (username, op, key, body_digest)
VALUES (:'user', :'op', :'key', :'digest')
ON CONFLICT DO NOTHING
RETURNING key;
