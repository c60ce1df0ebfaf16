#!/bin/bash
# sha256sum of a key below a configured prefix gives the object's digest, and the object is then in the cache.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/a/big" 3000001
start_nginx
demo_config
assert_equal "$(digest "$ORIGIN_DIR/demo/a/big")" "$(read_object "$MOUNT/a/big")"
assert_cached a/big
assert_same_file "$ORIGIN_DIR/demo/a/big" "$(echo "$CACHE"/data/demo~*/a/big)"
