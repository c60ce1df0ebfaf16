#!/bin/bash
# A server that answers the later ranges with the whole object is read whole.
. "$(dirname "$0")/../lib/lib.sh"

requires_lua
make_file "$ORIGIN_DIR/demo/x" 3000001
start_nginx 'location / { content_by_lua_block { origin.serve{ranges = origin.first(1)} } }'
demo_config 'part_size = 1M'
assert_equal "$(digest "$ORIGIN_DIR/demo/x")" "$(read_object "$MOUNT/x")"
