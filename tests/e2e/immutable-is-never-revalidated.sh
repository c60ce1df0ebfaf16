#!/bin/bash
# An object of an immutable profile is trusted for ever, by a new agent too.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 100000
start_nginx
demo_config 'ttl = 0s' -- 'immutable = true'
wanted=$(digest "$ORIGIN_DIR/demo/x")
read_object "$MOUNT/x" >/dev/null
stop_nginx
assert_equal "$wanted" "$(read_object "$MOUNT/x")"
stop_agent
assert_equal "$wanted" "$(read_object "$MOUNT/x")" 'with a new agent'
