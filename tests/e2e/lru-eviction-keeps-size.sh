#!/bin/bash
# The cache stays within its size; the objects that were used last stay.
. "$(dirname "$0")/../lib/lib.sh"

for i in {1..8}; do make_file "$ORIGIN_DIR/demo/$i" 300000 "$i"; done
start_nginx
demo_config 'size = 1M'
for i in {1..8}; do
	read_object "$MOUNT/$i" >/dev/null
done
stop_agent
bytes=$(cd "$CACHE" && find data tmp trash -type f -printf '%s\n' | awk '{ n += $1 } END { print n }')
assert_at_most 1048576 "$bytes" 'bytes in the cache'
assert_contains "$(cached_objects)" 8
assert_contains_not "$(cached_objects)" 1
forget_requests
for i in 1 8; do assert_equal "$(digest "$ORIGIN_DIR/demo/$i")" "$(read_object "$MOUNT/$i")"; done
assert_equal 0 "$(origin_requests '/demo/8')" 'requests for the last'
