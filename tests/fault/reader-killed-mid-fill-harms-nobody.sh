#!/bin/bash
# A reader that is killed while it waits leaves the fill and the other readers alone.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 3000000
requires_lua
start_nginx "location / { content_by_lua_block { origin.serve{stall = 1000000, till = '$T/go'} } }"
demo_config 'object_connections = 1'
LD_PRELOAD=$SHIM cat "$MOUNT/x" >/dev/null &
first=$!
has_begun() { [ -n "$(find "$CACHE/tmp" -type f -size +100k 2>/dev/null)" ]; }
wait_until 30 has_begun
read_object "$MOUNT/x" >second &
second=$!
sleep 0.5 # until it waits too
kill -9 $first
touch go
wait $second
assert_equal "$(digest "$ORIGIN_DIR/demo/x")" "$(cat second)"
assert_equal 3000000 "$(origin_bytes '^GET')" bytes
