#!/bin/sh
# keep SIGNAL PIDFILE LOG COMMAND...: run a command, start it again when it dies, and
# end it with SIGNAL when this process is told to stop.  What systemd does on an
# installed server.
signal=$1 pidfile=$2 log=$3
shift 3
# Our pid and our start time (field 22 of stat): together they name us alone.
echo $$ $(sed 's/.*) //' /proc/$$/stat | cut -d' ' -f20) >"$pidfile.new" &&
	mv "$pidfile.new" "$pidfile" || exit 1
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
