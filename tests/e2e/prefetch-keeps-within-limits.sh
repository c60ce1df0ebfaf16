#!/bin/bash
# What is fetched ahead has a share of the cache, makes nothing go that programs use, and comes for nobody who is offline.
. "$(dirname "$0")/../lib/lib.sh"

for i in {1..19}; do make_file "$ORIGIN_DIR/demo/used/$i" 95000 "$i"; done
for i in {100..119}; do
	make_file "$ORIGIN_DIR/demo/share/f$i" 100000 "$i"
	make_file "$ORIGIN_DIR/demo/offline/f$i" 100 "$i"
	make_file "$ORIGIN_DIR/demo/full/f$i" $((i < 102 ? 100 : 200000)) "$i"
done
write_manifest "$ORIGIN_DIR/demo"
start_nginx
# Half of it may be full: 2 MiB. A sixteenth, 256 KiB, may be ahead.
configure() { demo_config 'size = 4M' 'high_water = 50' 'low_water = 40' -- 'manifest = manifest.tsv' 'prefetch = 100'; }
configure
count_of() { "$LARDER" df --json | python3 -c 'import json, sys
print(next(p[sys.argv[1]] for p in json.load(sys.stdin)["profiles"] if p["name"] == "demo"))' "$1"; }
is_count() { [ "$(count_of "$1")" = "$2" ]; }
larder_preload find "$MOUNT" >/dev/null

# Nearly full of what is used: nothing goes for a guess, and so nothing comes.
larder_preload cat "$MOUNT"/used/{1..19} >/dev/null
larder_preload cat "$MOUNT"/full/f{100..101} >/dev/null
assert_equal 0 "$(origin_requests '^GET /demo/full/f102')" 'requests for what has no room'
assert_equal 0 "$(count_of evicted)" 'evicted for a guess'

# Two of 100 KB, and one more when one of them is opened.
stop_agent
CACHE=$T/another
configure
larder_preload find "$MOUNT" >/dev/null
larder_preload cat "$MOUNT"/share/f{100..101} >/dev/null
wait_until 20 is_count prefetched 2
larder_preload cat "$MOUNT"/share/f102 >/dev/null
wait_until 20 is_count prefetched 3
assert_equal 5 "$(origin_requests '^GET /demo/share/')" 'requests'

# Offline, what is cached is read in order, and nothing else comes.
larder_preload cat "$MOUNT"/offline/f100 >/dev/null
before=$(count_of prefetched)
LARDER_OFFLINE=1 larder_preload cat "$MOUNT"/offline/f100 >/dev/null
for i in {101..104}; do assert_fails_with 'Network is unreachable' env LARDER_OFFLINE=1 LD_PRELOAD="$SHIM" cat "$MOUNT/offline/f$i"; done
assert_equal "$before" "$(count_of prefetched)" 'fetched ahead offline'
assert_equal 1 "$(origin_requests '^GET /demo/offline/')" 'requests'

