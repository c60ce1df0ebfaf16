#!/bin/bash
# Keys that match bypass are read through and not kept; others are.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/a.log" 100000 1
make_file "$ORIGIN_DIR/demo/dir/b.log" 100000 2
make_file "$ORIGIN_DIR/demo/c" 100000 3
start_nginx
demo_config -- 'bypass = *.log tmp/*'
for key in a.log dir/b.log c; do assert_equal "$(digest "$ORIGIN_DIR/demo/$key")" "$(read_object "$MOUNT/$key")"; done
assert_cached c
