-- Write down a sign-in that failed.
INSERT INTO audit (who, what, request_id, detail)
VALUES (:'user', 'loginFailed', :'request_id', jsonb_build_object('addr', :'addr'::text))
RETURNING id;
