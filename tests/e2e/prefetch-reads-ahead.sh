#!/bin/bash
# A program that reads a folder in order has its next objects fetched ahead, each once; one that jumps about, or that is told not to, has
# none. What nobody opened is counted when it is evicted.
. "$(dirname "$0")/../lib/lib.sh"

for i in {100..219}; do make_file "$ORIGIN_DIR/demo/f$i" 3000 "$i"; done
write_manifest "$ORIGIN_DIR/demo"
start_nginx
write_config <<-END
	retries = 2
	[profile on]
	remote = $ORIGIN/demo
	path = $MOUNT/on
	manifest = manifest.tsv
	[profile few]
	remote = $ORIGIN/demo/
	path = $MOUNT/few
	manifest = manifest.tsv
	endpoint = http://few
	prefetch = 5
	[profile off]
	remote = $ORIGIN/./demo
	path = $MOUNT/off
	manifest = manifest.tsv
	prefetch = off
END
# of PROFILE NAME: a count of larder df.
count_of() { "$LARDER" df --json | python3 -c 'import json, sys
print(next(p[sys.argv[2]] for p in json.load(sys.stdin)["profiles"] if p["name"] == sys.argv[1]))' "$1" "$2"; }
is_count() { [ "$(count_of "$1" "$2")" = "$3" ]; }
read_all() { larder_preload cat "$@" >"$T/read"; }

for profile in on few off; do larder_preload ls "$MOUNT/$profile" >/dev/null; done

# In order, to the end: all but the first two, and each byte but once.
forget_requests
read_all "$MOUNT"/on/f{100..219}
cat "$ORIGIN_DIR"/demo/f* >"$T/wanted"
assert_same_file "$T/wanted" "$T/read"
assert_equal 120 "$(origin_requests 'GET /demo/f')" requests
wait_until 20 is_count on prefetched 118
assert_equal 0 "$(count_of on wasted)" wasted

# At most so many as are allowed, of which those that were not opened are waste once they are gone.
read_all "$MOUNT"/few/f{100..101}
wait_until 20 is_count few prefetched 4
# What has just come has its name a moment later.
are_evicted() { "$LARDER" evict "$MOUNT/few" >/dev/null && is_count few wasted 4; }
wait_until 20 are_evicted
assert_contains "$("$LARDER" df)" 'were fetched ahead, of which 11.7 KiB were wasted'
assert_equal 12000 "$(count_of few wasted_bytes)" 'bytes wasted'

# Backwards and far apart is no order; and in order, where it is not wanted.
before=$(count_of few prefetched)
read_all "$MOUNT"/few/f{219,180,140,200,160,120}
read_all "$MOUNT"/off/f{100..105}
assert_equal "$before" "$(count_of few prefetched)" 'fetched ahead at random'
assert_equal 0 "$(count_of off prefetched)" 'fetched ahead while off'
