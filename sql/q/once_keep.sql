-- Keep an answer under its idempotency key.
UPDATE idempotency SET status = :'status'::integer,
	answer = json_build_object('body', :'answer'::json, 'location', :'location'::text)
WHERE username = :'user' AND op = :'op' AND key = :'key'
RETURNING key;
