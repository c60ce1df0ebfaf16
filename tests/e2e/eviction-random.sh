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
some_went() { [ "$(cached | xargs -n 1 | grep -c '^[0-9]')" -lt 20 ]; }
wait_until 30 some_went
stop_agent
left=$(cached | sed 's/ *other//')
n=$((25 - $(wc -w <<<"$left")))
# One order of some hundred thousand is that of lru.
[ "$left" != "$(seq -s ' ' -f %02g $n 24)" ] || fail "the oldest have gone: $left"
