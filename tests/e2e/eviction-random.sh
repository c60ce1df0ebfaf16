#!/bin/bash
# eviction = random: some go, and not just those that were used longest ago.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/eviction.sh"

OBJECTS=20
mkdir "$ORIGIN_DIR/demo"
for i in {01..20}; do head -c 40000 /dev/zero >"$ORIGIN_DIR/demo/$i"; done
eviction_config 'eviction = random'
larder_preload cat "$MOUNT"/{01..20} >/dev/null
stop_agent
assert_equal $OBJECTS "$(cached | wc -w)" 'objects that fit'
left() { cached | xargs -n 1 | grep -v other | xargs; }
some_went() { [ "$(left | wc -w)" -le 16 ]; }
# What is new may be what goes.
for i in {1..20}; do
	reads "other$i"
	! some_went || break
done
wait_until 30 some_went
stop_agent
n=$((OBJECTS + 1 - $(left | wc -w)))
# One order of some thousand is that of lru.
[ "$(left)" != "$(seq -s ' ' -f %02g $n $OBJECTS)" ] || fail "the oldest have gone: $(left)"
