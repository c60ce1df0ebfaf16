#!/bin/bash
# A server that is overloaded for a while is asked again, and then gives the object.
. "$(dirname "$0")/../lib/lib.sh"

requires_lua
make_file "$ORIGIN_DIR/demo/x" 100000
start_nginx 'location / { content_by_lua_block { origin.serve{status = origin.first(3) and 503 or nil} } }'
demo_config 'retries = 5'
assert_equal "$(digest "$ORIGIN_DIR/demo/x")" "$(read_object "$MOUNT/x")"
