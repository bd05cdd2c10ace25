-- The first answer under an idempotency key.
SELECT answer->'body', body_digest, status, answer->>'location' AS location
FROM idempotency
WHERE username = :'user' AND op = :'op' AND key = :'key';
