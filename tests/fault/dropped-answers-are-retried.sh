#!/bin/bash
# A server that closes the connection without an answer is asked again.
. "$(dirname "$0")/../lib/lib.sh"

requires_lua
make_file "$ORIGIN_DIR/demo/x" 100000
start_nginx 'location / { content_by_lua_block { origin.serve{drop = origin.first(2)} } }'
demo_config 'retries = 4'
assert_equal "$(digest "$ORIGIN_DIR/demo/x")" "$(read_object "$MOUNT/x")"
