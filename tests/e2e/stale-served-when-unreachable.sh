#!/bin/bash
# With the remote gone, a copy that is no longer fresh is served for max_stale, and then not any more.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 100000
start_nginx
demo_config 'ttl = 1s' 'max_stale = 1h' 'retries = 0'
wanted=$(digest "$ORIGIN_DIR/demo/x")
read_object "$MOUNT/x" >/dev/null
stop_nginx
sleep 1.5
assert_equal "$wanted" "$(read_object "$MOUNT/x")" stale
stop_agent
demo_config 'ttl = 1s' 'max_stale = 1s' 'retries = 0'
is_refused() { ! larder_preload cat "$MOUNT/x" >/dev/null 2>"$T/said"; }
wait_until 30 is_refused
assert_contains "$(cat "$T/said")" 'Input/output error'
