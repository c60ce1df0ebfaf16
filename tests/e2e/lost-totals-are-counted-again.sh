#!/bin/bash
# Where the totals of all agents are lost while one runs, what is there is counted once: nothing goes for want of room.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/eviction.sh"
requires jq

demo_config 'size = 2M' 'min_free = 0'
reads 1 2 3
rm "$CACHE"/usage/base*
sleep 11 # it counts every ten seconds at most
reads 4
counted() { ls "$CACHE"/usage/base* >/dev/null 2>&1; }
wait_until 30 counted
reads 5
assert_equal '1 2 3 4 5' "$(cached)" 'what the cache holds'
