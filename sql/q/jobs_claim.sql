-- Up to :n jobs of a queue for a worker, each under a fresh token.
SELECT id, token, attempt, kind, payload, run_id
FROM job_claim(:'worker'::integer, :'queue', :'n'::integer);
