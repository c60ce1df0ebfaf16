#!/bin/bash
# The agent leaves after idle_exit without a request, where an init reaps it; a host that knows nothing of it keeps it.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 1000
start_nginx
demo_config 'idle_exit = 1s'
adopted_by() { LD_PRELOAD=$SHIM python3 "$LIB/adopt.py" "$1" cat "$MOUNT/x" >/dev/null & }
some_agent() { ! no_agent; }
adopted_by tini
wait_until 5 some_agent
wait_until 10 no_agent
rm -r "$CACHE"
adopted_by stranger
wait_until 5 some_agent
sleep 3
some_agent || fail 'the agent ended under a host that does not expect it'
