#!/bin/bash
# If the agent is killed in the middle of a fill, readers fail or get the right bytes, and so does who comes later.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 6000000
start_nginx 'limit_rate 2m;'
demo_config 'object_connections = 1'
wanted=$(digest "$ORIGIN_DIR/demo/x")
read_object "$MOUNT/x" >reader.out 2>/dev/null &
reader=$!
has_begun() { [ -n "$(find "$CACHE/tmp" -type f -size +200k 2>/dev/null)" ]; }
wait_until 10 has_begun
kill -9 "$(agent_pids)"
assert_equal '' "$(cached_objects)" 'the cache after the kill'
if wait $reader; then assert_equal "$wanted" "$(cat reader.out)" 'the reader'; fi
assert_equal "$wanted" "$(read_object "$MOUNT/x")" 'a later reader'
