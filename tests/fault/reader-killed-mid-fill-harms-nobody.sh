#!/bin/bash
# A reader that is killed while it waits leaves the fill and the other readers alone.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 3000000
start_nginx 'limit_rate 1500k;'
demo_config 'object_connections = 1'
LD_PRELOAD=$SHIM cat "$MOUNT/x" >/dev/null &
first=$!
has_begun() { [ -n "$(find "$CACHE/tmp" -type f -size +100k 2>/dev/null)" ]; }
wait_until 10 has_begun
read_object "$MOUNT/x" >second &
second=$!
sleep 0.5 # until it waits too
kill -9 $first
wait $second
assert_equal "$(digest "$ORIGIN_DIR/demo/x")" "$(cat second)"
assert_equal 3000000 "$(origin_bytes '^GET')" bytes
