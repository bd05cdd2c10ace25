-- Which of these runs have events after the ones known (no notification told)?
SELECT r.run_id
FROM unnest(:'runs'::text[], :'lasts'::bigint[]) AS k (run_id, last)
JOIN run r USING (run_id)
WHERE r.next_seq - 1 > k.last;
