#!/bin/bash
# What was read once is read again with the remote gone, also by a new agent.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 3000001
start_nginx
demo_config
wanted=$(digest "$ORIGIN_DIR/demo/x")
assert_equal "$wanted" "$(read_object "$MOUNT/x")" cold
stop_nginx
assert_equal "$wanted" "$(read_object "$MOUNT/x")" warm
stop_agent
assert_equal "$wanted" "$(read_object "$MOUNT/x")" 'warm, with a new agent'
