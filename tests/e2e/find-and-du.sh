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
folders=$(larder_preload stat -c %s "$MOUNT/a" "$MOUNT/a/b" | awk '{ n += $1 } END { print n }')
assert_equal $((8000 + folders)) "$(larder_preload du -b -s "$MOUNT/a" | cut -f1)" 'bytes by du'
