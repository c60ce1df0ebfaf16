#!/bin/bash
# find walks the whole tree, by type, size and name; du adds up the sizes.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/a/b/c" 5000
make_file "$ORIGIN_DIR/demo/a/d" 3000
write_manifest "$ORIGIN_DIR/demo"
start_nginx
demo_config -- 'manifest = manifest.tsv'
assert_equal "a a/b a/b/c a/d" "$(cd / && larder_preload find "$MOUNT/a" -printf 'a/%P\n' | sed 's,/$,,' | LC_ALL=C sort | xargs)"
assert_equal "$MOUNT/a/b/c" "$(larder_preload find "$MOUNT" -type f -size +4000c)"
assert_equal "$MOUNT/a $MOUNT/a/b" "$(larder_preload find "$MOUNT" -mindepth 1 -type d | LC_ALL=C sort | xargs)"
assert_equal 8000 "$(larder_preload du -b --apparent-size -s "$MOUNT/a" | awk '{ print $1 - $1 % 1000 }')" 'bytes by du'
