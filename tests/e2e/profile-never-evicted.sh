#!/bin/bash
# evict = never: the objects of the profile stay, and what finds no room beside them is served without being kept.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/eviction.sh"

make_file "$ORIGIN_DIR/models/a" 300000 71
make_file "$ORIGIN_DIR/models/b" 300000 72
eviction_config -- '[profile models]' "remote = $ORIGIN/models" "path = $T/mnt/models" 'evict = never'
for i in a b; do read_object "$T/mnt/models/$i" >/dev/null; done
wait_until 30 is_settled
reads 1 2
by_now '2 a b'
make_file "$ORIGIN_DIR/demo/large" 600000 73
assert_equal "$(digest "$ORIGIN_DIR/demo/large")" "$(read_object "$MOUNT/large")" 'what finds no room'
stop_agent
assert_contains "$(cached)" 'a b'
