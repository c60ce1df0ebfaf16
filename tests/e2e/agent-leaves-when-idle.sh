#!/bin/bash
# The agent leaves after idle_exit without a request.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 1000
start_nginx
demo_config 'idle_exit = 1s'
read_object "$MOUNT/x" >/dev/null
no_agent() { [ -z "$(agent_pids)" ]; }
wait_until 10 no_agent
assert_equal "$(digest "$ORIGIN_DIR/demo/x")" "$(read_object "$MOUNT/x")"
