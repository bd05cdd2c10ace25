-- A daemon goes in good order.
SELECT worker_stop(:'worker'::integer);
