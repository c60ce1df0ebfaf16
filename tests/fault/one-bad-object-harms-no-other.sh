#!/bin/bash
# An object that the server cannot give, or that stalls, is no reason to fail others of the same remote.
. "$(dirname "$0")/../lib/lib.sh"

requires_lua
make_file "$ORIGIN_DIR/demo/good" 100000
make_file "$ORIGIN_DIR/demo/also" 100000
make_file "$ORIGIN_DIR/demo/stalls" 100000
start_nginx 'location = /demo/fails { return 503; }' \
	'location = /demo/stalls { content_by_lua_block { origin.serve{delay = 3600} } }'
demo_config 'stall_timeout = 1s' 'retries = 1'
assert_fails_with 'Input/output error' larder_preload cat "$MOUNT/fails"
assert_equal "$(digest "$ORIGIN_DIR/demo/good")" "$(read_object "$MOUNT/good")" 'after a 503'
assert_fails_with 'Input/output error' larder_preload cat "$MOUNT/stalls"
assert_equal "$(digest "$ORIGIN_DIR/demo/also")" "$(read_object "$MOUNT/also")" 'after a stall'
