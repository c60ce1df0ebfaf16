#!/bin/bash
# An object that is larger than the whole cache is read, and not kept.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 5000000
start_nginx
demo_config 'size = 1M'
for _ in 1 2; do assert_equal "$(digest "$ORIGIN_DIR/demo/x")" "$(read_object "$MOUNT/x")"; done
assert_cached
assert_equal 0 "$(find "$CACHE/tmp" -type f | wc -l)" 'files in tmp/'
