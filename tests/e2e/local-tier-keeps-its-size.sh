#!/bin/bash
# The local tier stays within its own size; what went from it comes from the shared cache again, and the remote is not asked.
. "$(dirname "$0")/../lib/lib.sh"

LOCAL=$T/local
for i in {1..8}; do make_file "$ORIGIN_DIR/demo/$i" 300000 "$i"; done
make_file "$ORIGIN_DIR/demo/large" 2000000 9
start_nginx
demo_config '[local]' "location = $LOCAL" 'size = 1M' -- 'mode = copy'
for i in {1..8} large; do assert_equal "$(digest "$ORIGIN_DIR/demo/$i")" "$(read_object "$MOUNT/$i")"; done
forget_requests
assert_equal "$(digest "$ORIGIN_DIR/demo/1")" "$(read_object "$MOUNT/1")"
# Larger than the tier: from the shared cache.
assert_equal "$(digest "$ORIGIN_DIR/demo/large")" "$(read_object "$MOUNT/large")"
assert_equal 0 "$(origin_requests /demo/)" requests
stop_agent
bytes=$(cd "$LOCAL" && find data tmp trash -type f -printf '%s\n' | awk '{ n += $1 } END { print n }')
assert_at_most 1048576 "$bytes" 'bytes in the local tier'
assert_equal $'1\n2\n3\n4\n5\n6\n7\n8\nlarge' "$(cached_objects)" 'the shared cache'
assert_contains "$(cd "$LOCAL/data" && find . -type f)" /1
