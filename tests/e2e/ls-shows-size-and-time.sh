#!/bin/bash
# ls -l shows the manifest's names, sizes and times, before any object is read.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/a" 1000
make_file "$ORIGIN_DIR/demo/sub/b" 2000
touch -d '2021-02-03 04:05:06' "$ORIGIN_DIR/demo/a"
write_manifest "$ORIGIN_DIR/demo"
start_nginx
demo_config -- 'manifest = manifest.tsv'
listing=$(larder_preload ls -l --time-style=full-iso "$MOUNT")
assert_contains "$listing" '-r--r--r-- 1'
assert_contains "$listing" '1000 2021-02-03 04:05:06.000000000 +0000 a'
assert_contains "$listing" ' sub'
assert_equal $'a\nsub' "$(larder_preload ls "$MOUNT")" names
assert_equal 2000 "$(larder_preload stat -c %s "$MOUNT/sub/b")"
assert_equal 0 "$(origin_requests '^GET /demo/(a|sub)')" 'downloads'
