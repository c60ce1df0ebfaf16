#!/bin/bash
# eviction = random: some go, and not just those that were used longest ago.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/eviction.sh"

mkdir "$ORIGIN_DIR/demo"
for i in {01..24}; do head -c 40000 /dev/zero >"$ORIGIN_DIR/demo/$i"; done
eviction_config 'eviction = random'
larder_preload cat "$MOUNT"/{01..24} >/dev/null
stop_agent
assert_equal 24 "$(cached | wc -w)" 'objects that fit'
reads other
wait_until 30 test -e "$(echo "$CACHE"/data/*)/other"
stop_agent
left=$(cached)
assert_at_most 20 "$(wc -w <<<"$left")" 'objects that stay'
# One order of some 700,000 is that of lru.
n=$((25 - $(wc -w <<<"$left") + 1))
[ "$left" != "$(seq -s ' ' -f %02g $n 24) other" ] || fail "the oldest have gone: $left"
