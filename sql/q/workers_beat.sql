-- Still here; false when others have taken over.
SELECT worker_beat(:'worker'::integer);
