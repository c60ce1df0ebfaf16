#!/bin/bash
# A cache that somebody emptied under a running agent keeps objects again.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 1000
make_file "$ORIGIN_DIR/demo/y" 1000 2
start_nginx
demo_config
read_object "$MOUNT/x" >/dev/null
is_kept() { [ -n "$(cached_objects)" ]; }
wait_until 5 is_kept
rm -rf "${CACHE:?}"/*
assert_equal "$(digest "$ORIGIN_DIR/demo/y")" "$(read_object "$MOUNT/y")"
assert_cached y
