-- Tell the workers of a queue that something is ready.
SELECT pg_notify('jobs', :'queue');
