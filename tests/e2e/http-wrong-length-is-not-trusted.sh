#!/bin/bash
# A server that ignores ranges and has no ETag still gives a whole object.
. "$(dirname "$0")/../lib/lib.sh"

requires_lua
make_file "$ORIGIN_DIR/demo/x" 20000001
start_nginx 'location / { content_by_lua_block { origin.serve{ranges=false, etag=""} } }'
demo_config 'part_size = 1M'
assert_equal "$(digest "$ORIGIN_DIR/demo/x")" "$(read_object "$MOUNT/x")"
assert_equal 1 "$(origin_requests '^GET')" GETs
