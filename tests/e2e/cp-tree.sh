#!/bin/bash
# cp -a copies a tree with its times, without a word.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/a/b/x" 100000
make_file "$ORIGIN_DIR/demo/a/y" 200000
touch -d '2020-01-02 03:04:05' "$ORIGIN_DIR/demo/a/y"
write_manifest "$ORIGIN_DIR/demo"
start_nginx
demo_config -- 'manifest = manifest.tsv'
assert_equal '' "$(larder_preload cp -a "$MOUNT/a" copy 2>&1)"
diff -r "$ORIGIN_DIR/demo/a" copy || fail 'cp gives another tree'
assert_equal 1577934245 "$(stat -c %Y copy/y)" mtime
