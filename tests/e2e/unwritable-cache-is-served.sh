#!/bin/bash
# Where the cache cannot be written, objects are read all the same.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 3000001
start_nginx
CACHE=/proc/larder demo_config
assert_equal "$(digest "$ORIGIN_DIR/demo/x")" "$(read_object "$MOUNT/x")"
