-- A daemon's fresh id, and the lock on this session that says it lives.
SELECT worker_start(:'program', :'host', :'pid'::integer, :'slots'::integer);
