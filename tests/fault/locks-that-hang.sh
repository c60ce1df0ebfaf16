#!/bin/bash
# A server that does not answer about a lock delays a reader for ten seconds, and those of objects that are in the cache not at all.
# timeout: 120
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/liars.sh"

make_objects 4
start_nginx
demo_config
start_agent_on one here network
read_by one "$MOUNT/0" >/dev/null
end_agent one
start_agent_on two there network locks=hang
start=$SECONDS
all_read 4 two &
readers=$!
sleep 1
assert_equal "$(digest "$ORIGIN_DIR/demo/0")" "$(read_by two "$MOUNT/0")" 'what is in the cache'
assert_at_most 8 $((SECONDS - start)) 'seconds until that was read'
wait $readers
assert_at_most 30 $((SECONDS - start)) 'seconds until all were read'
kill -9 "${AGENTS[two]}" # its workers hang
