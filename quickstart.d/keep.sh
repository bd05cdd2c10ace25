#!/bin/sh
# keep SIGNAL LOG COMMAND...: run a command, start it again when it dies, and
# end it with SIGNAL when this process is told to stop.  What systemd does on an
# installed server.
signal=$1 log=$2
shift 2
exec >>"$log" 2>&1 </dev/null
child= stopping=
trap 'stopping=1; [ -z "$child" ] || kill -s "$signal" "$child" 2>/dev/null' TERM INT
while [ -z "$stopping" ]; do
	"$@" &
	child=$!
	# wait returns early when a signal is caught: wait until it is gone.
	while kill -0 "$child" 2>/dev/null; do wait "$child"; done
	child=
	[ -n "$stopping" ] || sleep 0.2
done
