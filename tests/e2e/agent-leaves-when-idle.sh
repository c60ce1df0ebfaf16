#!/bin/bash
# The agent leaves after idle_exit without a request.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 1000
start_nginx
demo_config 'idle_exit = 1s'
some_agent() { ! no_agent; }
python3 "$LIB/adopt.py" env LD_PRELOAD="$SHIM" cat "$MOUNT/x" >/dev/null &
wait_until 5 some_agent
wait_until 10 no_agent
