#!/bin/bash
# A server that sends a byte now and then holds nobody for ever: less than min_rate over stall_timeout is a failure.
. "$(dirname "$0")/../lib/lib.sh"

requires_lua
make_file "$ORIGIN_DIR/demo/x" 100000
start_nginx 'location / { content_by_lua_block { origin.serve{piece = 1, pace = 0.2} } }'
demo_config 'stall_timeout = 2s' 'retries = 1'
SECONDS=0
assert_fails_with 'Input/output error' larder_preload cat "$MOUNT/x"
assert_at_most 100 $SECONDS seconds # two tries of the default would be 120
assert_contains "$(cat "$XDG_RUNTIME_DIR"/larder/*/agent.log)" 'bytes in 2 s (stall_timeout, min_rate)'
assert_cached

# Who wants it so gets it.
demo_config 'stall_timeout = 2s' 'retries = 1' 'min_rate = 0'
head -c 20 "$ORIGIN_DIR/demo/x" >"$ORIGIN_DIR/demo/small"
assert_equal "$(digest "$ORIGIN_DIR/demo/small")" "$(read_object "$MOUNT/small")"
