#!/bin/bash
# Two agents fill one cache beyond its limit: each reads what it asks for, one at a time evicts, and the cache stays within its size.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/eviction.sh"

eviction_config
for i in {1..16}; do make_file "$ORIGIN_DIR/demo/$i" 100000 "$i"; done
mkdir -m 0700 "$T/run2"
other() { XDG_RUNTIME_DIR=$T/run2 "$@"; }
read_all() { for i in $1; do [ "$(read_object "$MOUNT/$i")" = "$(digest "$ORIGIN_DIR/demo/$i")" ] || return 1; done; }
read_all "$(echo {1..16})" &
first=$!
other read_all "$(echo {16..1})"
wait $first
# Each has one of its own; who stays may take over that of one that has left.
two_journals() { [ "$(find "$CACHE/usage" -name '*.log' | wc -l)" = 2 ]; }
wait_until 20 two_journals
other "$LARDER" agent --stop >/dev/null
stop_agent
bytes=$(cd "$CACHE" && find data tmp trash -type f -printf '%b\n' | awk '{ n += 512 * $1 } END { print n }')
assert_at_most 1048576 "$bytes" 'bytes in the cache'
assert_contains "$(cat "$T"/run*/larder/*/agent.log)" 'evicted'
assert_contains "$(cat "$CACHE/usage/evict.lock")" idle
