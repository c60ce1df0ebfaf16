#!/bin/bash
# A download that is slow but goes on is not ended by stall_timeout.
. "$(dirname "$0")/../lib/lib.sh"

requires_lua
make_file "$ORIGIN_DIR/demo/x" 400000
start_nginx 'location / { content_by_lua_block { origin.serve{pace=0.5, ranges=false, etag=""} } }'
demo_config 'stall_timeout = 1s' 'retries = 0'
assert_equal "$(digest "$ORIGIN_DIR/demo/x")" "$(read_object "$MOUNT/x")"
