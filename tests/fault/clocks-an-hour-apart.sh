#!/bin/bash
# Hosts whose clocks are two hours apart trust what the other has cached for its ttl, serve it for max_stale, and keep what is in trash/ for
# its grace.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/liars.sh"

make_objects 3
start_nginx
demo_config 'ttl = 30m' 'max_stale = 10m' 'grace = 30m' 'retries = 0'
start_agent_on early here network clock=-3600
start_agent_on late there network clock=3600
for name in early late; do all_read 3 $name; done
assert_downloads 3 1
trash() { find "$CACHE/trash" -type f | wc -l; }
for file in "$CACHE"/data/*/0; do mv "$file" "$CACHE/trash/$(printf %010x "$(date +%s)").other.1-0123456789abcdef.1"; done
for name in early late; do end_agent $name; done
start_agent_on early here network clock=-3600
start_agent_on late there network clock=3600
stop_nginx
for name in early late; do
	assert_equal "$(digest "$ORIGIN_DIR/demo/1")" "$(read_by $name "$MOUNT/1")" "what $name has of it"
	end_agent $name
done
assert_equal 1 "$(trash)" 'files in trash/'
